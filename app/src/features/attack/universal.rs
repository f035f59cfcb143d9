//! One noise for all pictures.

use std::cell::RefCell;

use engine::attack::SetReport;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::attack::{Choice, amplification, short};

use super::dock::begin;
use crate::lab::{AttackPart, Lab};
use crate::ui::format::percent;
use crate::ui::maps::Resizing;

pub fn universal(lab: Lab, part: AttackPart) -> AnyView {
    let result = part.attack.studies.universal();
    let measure = move || lab.study(Choice::universal(&part.attack.settings()));
    let epsilon = move || {
        let order = part.attack.order();
        let (epsilon, norm) = order.with(|it| (it.settings.epsilon, it.settings.norm));
        format!("within {} of {}", norm.name(), short(epsilon.into()))
    };
    let there = Memo::new(move |_| result.with(Option::is_some));
    let words = move || {
        let result = result.get()?;
        let SetReport::Universal {
            images,
            clean,
            accuracy,
            fooled,
            sizes,
        } = result.report
        else {
            return None;
        };
        let text = format!(
            "{images} images: {} without it, {} with it; it changes {} of the answers. L2 {}, L∞ {}.",
            percent(clean),
            percent(accuracy),
            percent(fooled),
            short(sizes.l2),
            short(sizes.linf)
        );
        Some(view! { <p data-testid="universal-result">{text}</p> })
    };
    view! {
        <div class="robustness-tools">
            {begin(part, "measure-universal", measure)}
            <span>"Found on training images, " {epsilon}</span>
        </div>
        <div class="robustness-universal">
            {move || there.get().then(|| noise(lab, part))}
            {words}
        </div>
    }
    .into_any()
}

fn noise(lab: Lab, part: AttackPart) -> AnyView {
    let result = part.attack.studies.universal();
    let place = NodeRef::<Canvas>::new();
    let work = RefCell::new(Resizing::default());
    Effect::new(move |_| {
        let (Some(canvas), Some(result)) = (place.get(), result.get()) else {
            return;
        };
        let SetReport::Universal { sizes, .. } = result.report else {
            return;
        };
        let order = untrack(|| lab.document.preparation().order);
        let pictures = &result.pictures;
        let rgba = pictures.rgba(&pictures.noise(amplification(sizes.linf)), order);
        let [width, height] = [pictures.shape.width, pictures.shape.height];
        if let Ok(painter) = work.borrow_mut().fit(&canvas, width, height) {
            painter.put(&rgba);
        }
    });
    let name = "The noise, enlarged; grey is no change";
    view! { <canvas node_ref=place class="pixels" role="img" aria-label=name width="32" height="32"></canvas> }
        .into_any()
}
