//! The numbers of an attack as fields and sliders.

use engine::attack::{Method, Norm, PictureOrder};
use engine::format::number;

/// Places of the slider of ε.
pub const PLACES: u32 = 100;

/// The largest ε of the slider for a picture of so many values.
pub fn strongest(norm: Norm, values: u64) -> f32 {
    match norm {
        Norm::Linf => 0.5,
        // Each value by a quarter.
        Norm::L2 => ((values as f32).sqrt() / 4.0).clamp(1.0, 1000.0),
    }
}

/// ε at a place of the slider: finer for small ones, in two digits.
pub fn epsilon_at(place: u32, norm: Norm, values: u64) -> f32 {
    let share = f64::from(place.min(PLACES)) / f64::from(PLACES);
    let epsilon = f64::from(strongest(norm, values)) * share * share;
    let digits = if epsilon < 1.0 { 3 } else { 1 };
    let text = format!("{epsilon:.digits$}");
    text.parse().unwrap_or_default()
}

/// The place of an ε.
pub fn place_of(epsilon: f32, norm: Norm, values: u64) -> u32 {
    let share = (epsilon / strongest(norm, values)).clamp(0.0, 1.0).sqrt();
    (share * PLACES as f32).round() as u32
}

/// A number of the attack that has a field.
#[derive(Clone, Copy)]
pub struct Number {
    /// Its `data-testid`.
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    pub step: f64,
    range: [f64; 2],
    whole: bool,
    /// Whether the attack has it.
    pub there: fn(&PictureOrder) -> bool,
    get: fn(&PictureOrder) -> f64,
    set: fn(&mut PictureOrder, f64),
}

impl Number {
    pub const EPSILON: Self = Self {
        name: "epsilon-number",
        title: "ε",
        sentence: "The bound of the noise; a picture has values of 0 to 1.",
        step: 0.01,
        range: [0.0, 1000.0],
        whole: false,
        there: |order| order.settings.method.has_epsilon(),
        get: |order| order.settings.epsilon.into(),
        set: |order, value| order.settings.epsilon = value as f32,
    };

    /// Those that are folded away.
    pub const MORE: [Self; 9] = [
        Self {
            name: "attack-steps",
            title: "Steps",
            sentence: "Steps, iterations or generations at most.",
            step: 1.0,
            range: [1.0, 1000.0],
            whole: true,
            there: |order| order.settings.method.has_steps(),
            get: |order| order.settings.steps.into(),
            set: |order, value| order.settings.steps = value as u32,
        },
        Self {
            name: "attack-alpha",
            title: "Step length",
            sentence: "How far one step goes: 2.5 · ε / steps unless another is chosen.",
            step: 0.005,
            range: [1e-6, 1000.0],
            whole: false,
            there: |order| order.settings.method.has_alpha(),
            get: |order| order.settings.step().into(),
            set: |order, value| order.settings.alpha = Some(value as f32),
        },
        Self {
            name: "attack-overshoot",
            title: "Overshoot",
            sentence: "How far beyond the boundary, as a share of the way to it.",
            step: 0.01,
            range: [0.0, 1.0],
            whole: false,
            there: |order| order.settings.method == Method::DeepFool,
            get: |order| order.settings.overshoot.into(),
            set: |order, value| order.settings.overshoot = value as f32,
        },
        Self {
            name: "attack-c",
            title: "c",
            sentence: "The weight of the change of class against the distance.",
            step: 0.1,
            range: [1e-6, 1e6],
            whole: false,
            there: |order| order.settings.method == Method::CarliniWagner,
            get: |order| order.settings.c.into(),
            set: |order, value| order.settings.c = value as f32,
        },
        Self {
            name: "attack-kappa",
            title: "κ",
            sentence: "By how much the wrong class must win.",
            step: 1.0,
            range: [0.0, 100.0],
            whole: false,
            there: |order| order.settings.method == Method::CarliniWagner,
            get: |order| order.settings.kappa.into(),
            set: |order, value| order.settings.kappa = value as f32,
        },
        Self {
            name: "attack-rounds",
            title: "Weights tried",
            sentence: "How many values of c are tried, larger ones until one succeeds.",
            step: 1.0,
            range: [1.0, 20.0],
            whole: true,
            there: |order| order.settings.method == Method::CarliniWagner,
            get: |order| order.settings.rounds.into(),
            set: |order, value| order.settings.rounds = value as u32,
        },
        Self {
            name: "attack-pixels",
            title: "Pixels",
            sentence: "How many pixels may change.",
            step: 1.0,
            range: [1.0, 50.0],
            whole: true,
            there: |order| order.settings.method == Method::OnePixel,
            get: |order| order.settings.pixels.into(),
            set: |order, value| order.settings.pixels = value as u32,
        },
        Self {
            name: "attack-population",
            title: "Population",
            sentence: "Candidates of one generation of the evolution.",
            step: 10.0,
            range: [4.0, 1000.0],
            whole: true,
            there: |order| order.settings.method == Method::OnePixel,
            get: |order| order.settings.population.into(),
            set: |order, value| order.settings.population = value as u32,
        },
        Self {
            name: "attack-seed",
            title: "Seed",
            sentence: "Of the random start; the same seed gives the same noise.",
            step: 1.0,
            range: [0.0, 4_294_967_295.0],
            whole: true,
            there: |order| order.settings.method.is_random(),
            get: |order| order.settings.seed as f64,
            set: |order, value| order.settings.seed = value as u64,
        },
    ];

    /// As its field shows it.
    pub fn text(&self, order: &PictureOrder) -> String {
        let value = (self.get)(order);
        if self.whole {
            return format!("{value:.0}");
        }
        // 0.1 and not the nearest 32-bit float.
        (value as f32).to_string()
    }

    /// The order with what was typed.
    ///
    /// # Errors
    /// Why it cannot be, as a sentence.
    pub fn take(&self, order: &PictureOrder, text: &str) -> Result<PictureOrder, String> {
        let [least, mut most] = self.range;
        if self.name == Self::EPSILON.name && order.settings.norm == Norm::Linf {
            most = 1.0;
        }
        let title = self.title;
        let value = number::real(text).map_err(|_| format!("“{text}” is not a number."))?;
        if self.whole && value.fract() != 0.0 {
            return Err(format!("{title} is a whole number."));
        }
        if !(least..=most).contains(&value) {
            return Err(format!("{title} is from {least} to {most}."));
        }
        let mut changed = order.clone();
        (self.set)(&mut changed, value);
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_comes_back_to_its_place_and_ends_at_the_strongest() {
        for norm in Norm::ALL {
            for place in 0..=PLACES {
                let epsilon = epsilon_at(place, norm, 1024);
                let back = place_of(epsilon, norm, 1024);
                // Two digits of a small ε are coarser than the slider.
                assert!(
                    back.abs_diff(place) <= 3,
                    "{norm:?} {place}: {epsilon} {back}"
                );
            }
            assert_eq!(epsilon_at(0, norm, 1024), 0.0);
            assert_eq!(epsilon_at(PLACES, norm, 1024), strongest(norm, 1024));
        }
    }

    #[test]
    fn a_typed_number_is_taken_or_refused_with_its_range() {
        let order = PictureOrder::default();
        let taken = Number::EPSILON.take(&order, "0.25").unwrap();
        assert_eq!(taken.settings.epsilon, 0.25);
        assert_eq!(Number::EPSILON.text(&taken), "0.25");
        let error = Number::EPSILON.take(&order, "5").unwrap_err();
        assert_eq!(error, "ε is from 0 to 1.");
        let mut wide = order.clone();
        wide.settings.norm = Norm::L2;
        assert!(Number::EPSILON.take(&wide, "5").is_ok());
        let steps = Number::MORE[0];
        assert_eq!(steps.take(&order, "20").unwrap().settings.steps, 20);
        assert_eq!(
            steps.take(&order, "2.5").unwrap_err(),
            "Steps is a whole number."
        );
        let error = steps.take(&order, "0").unwrap_err();
        assert_eq!(error, "Steps is from 1 to 1000.");
        assert!(steps.take(&order, "many").is_err());
    }

    #[test]
    fn each_method_shows_the_numbers_that_it_has() {
        let shown = |method| {
            let mut order = PictureOrder::default();
            order.settings.method = method;
            let there = Number::MORE.iter().filter(|it| (it.there)(&order));
            there.map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(shown(Method::Fgsm), [""; 0]);
        assert_eq!(
            shown(Method::Pgd),
            ["attack-steps", "attack-alpha", "attack-seed"]
        );
        assert_eq!(
            shown(Method::DeepFool),
            ["attack-steps", "attack-overshoot"]
        );
        let one = [
            "attack-steps",
            "attack-pixels",
            "attack-population",
            "attack-seed",
        ];
        assert_eq!(shown(Method::OnePixel), one);
    }
}
