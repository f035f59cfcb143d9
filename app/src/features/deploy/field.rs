//! A number that is typed, in a row with its sentence.

use engine::format::number;
use leptos::prelude::*;

use crate::ui::fields::{Extra, Input, Take, form_field, row};

/// One number of the area.
#[derive(Clone, Copy)]
pub struct Number {
    /// The `data-testid`, and the key of its sentence.
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    pub step: f64,
    /// Empty text stands for no number.
    pub optional: bool,
}

/// The row; `take` gets the number, `None` for none.
pub fn field(
    of: Number,
    value: Signal<Option<f64>>,
    take: impl Fn(Option<f64>) + Send + Sync + 'static,
) -> AnyView {
    let error = RwSignal::new(None::<String>);
    let text = Memo::new(move |_| value.get().map(|it| it.to_string()).unwrap_or_default());
    let taken = Take::new(move |text: String| {
        if of.optional && text.trim().is_empty() {
            take(None);
            return Ok(());
        }
        let number = number::real(&text)?;
        if number <= 0.0 {
            return Err(format!("{} must be above 0.", of.title));
        }
        take(Some(number));
        Ok(())
    });
    let input = Input {
        step: Some(of.step),
        least: of.step,
        field: of.name,
    };
    let extra = Extra {
        buttons: false,
        labelled: true,
        testid: Some(of.name),
    };
    let control = form_field(of.title.into(), text.into(), error, (input, extra), taken);
    row(
        of.name,
        of.title,
        move || of.sentence,
        control,
        move || error.with(Option::is_some),
        move || error.get(),
    )
}
