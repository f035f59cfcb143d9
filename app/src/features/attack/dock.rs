//! What is measured on a data set: the robustness curve, natural corruptions, universal
//! noise, transfer, certified accuracy.

use leptos::prelude::*;

use super::{certified, corruptions, curve, transfer, universal};
use crate::lab::{AttackPart, Lab};
use crate::ui::JobProgress;
use crate::ui::icon::{Icon, icon};
use crate::ui::tabs::{Tab, tabs};

/// The numbers of images that are offered.
const IMAGES: [u32; 3] = [100, 500, 1000];

const TABS: [Tab; 5] = [
    Tab {
        title: "Robustness",
        id: "robustness-tab",
    },
    Tab {
        title: "Corruptions",
        id: "corruptions-tab",
    },
    Tab {
        title: "Universal noise",
        id: "universal-tab",
    },
    Tab {
        title: "Transfer",
        id: "transfer-tab",
    },
    Tab {
        title: "Certified",
        id: "certified-tab",
    },
];

#[component]
pub fn Dock() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let part = lab.attack();
    let chosen = RwSignal::new(0);
    let studies = part.attack.studies;
    // What was measured is of the weights of then.
    Effect::new(move |before: Option<()>| {
        lab.document.running().track();
        lab.engine.weights().track();
        if before.is_some() {
            studies.forget();
        }
    });
    let failed = move || {
        let why = studies.failure().get()?;
        Some(view! { <p class="attack-note" role="alert" data-testid="study-failure">{why}</p> })
    };
    let body = move || match chosen.get() {
        0 => curve::curve(lab, part),
        1 => corruptions::corruptions(lab, part),
        2 => universal::universal(lab, part),
        3 => transfer::transfer(lab, part),
        _ => certified::certified(lab, part),
    };
    view! {
        <div class="robustness" data-testid="robustness">
            <header class="dock-head">
                {tabs("Robustness", TABS, chosen.into(), move |place| chosen.set(place))}
                <span class="spring"></span>
                {images(lab, part)}
                {move || progress(part)}
                <button
                    type="button"
                    class="icon"
                    aria-label="Close the robustness panel"
                    title="Close"
                    on:click=move |_| lab.screen.open_dock(false)
                >
                    {icon(Icon::Down)}
                </button>
            </header>
            <div
                class="robustness-body"
                role="tabpanel"
                aria-labelledby=move || TABS[chosen.get()].id
            >
                {failed}
                {body}
            </div>
        </div>
    }
}

fn progress(part: AttackPart) -> Option<AnyView> {
    let job = part.study;
    job.under_way()
        .get()
        .then(|| view! { <JobProgress job label="The study" done=job.progress() /> }.into_any())
}

/// The data set and how many of its images.
fn images(lab: Lab, part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let name = move || {
        lab.data
            .chosen()
            .map_or_else(|| "no data".to_owned(), |it| it.name)
    };
    let now = move || studies.choice().with(|it| it.images);
    let choose = move |text: String| {
        if let Ok(images) = text.parse() {
            studies.edit(|choice| choice.images = images);
        }
    };
    let one = |count: u32| {
        view! {
            <option value=count.to_string() prop:selected=move || now() == count>{count}</option>
        }
    };
    view! {
        <label class="robustness-images">
            <select
                aria-label="Test images"
                data-testid="study-images"
                on:change=move |event| choose(event_target_value(&event))
            >
                {IMAGES.map(one).collect_view()}
            </select>
            <span>"test images of " {name}</span>
        </label>
    }
    .into_any()
}

/// The button that begins a study.
pub fn begin(part: AttackPart, testid: &'static str, act: impl Fn() + 'static) -> AnyView {
    let busy = part.study.under_way();
    view! {
        <button
            type="button"
            class="primary"
            data-testid=testid
            disabled=move || busy.get()
            on:click=move |_| act()
        >
            {icon(Icon::Play)}
            "Measure"
        </button>
    }
    .into_any()
}

/// The button that saves a table.
pub fn save(act: impl Fn() + 'static) -> AnyView {
    view! { <button type="button" data-testid="save-study" on:click=move |_| act()>"Save CSV"</button> }
        .into_any()
}
