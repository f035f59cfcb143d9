//! The screen: header, messages, three columns (the answer stands below the input), totals. On a phone the columns are tabs.

mod frame_header;
mod header;
mod messages;
mod totals;

use engine::format::Control;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use self::frame_header::FrameHead;
use self::header::Header;
use self::messages::Messages;
use self::totals::Totals;
use crate::features::answer::{Answer, Live};
use crate::features::input::Input;
use crate::lab::{Lab, Lazy};
use crate::later;
use crate::ui::growth::{at, steps};
use crate::ui::maps::{let_pass, when_shown};
use crate::ui::root::mark;
use crate::ui::{lock_note, narrow};
use state::screen::Part;

/// How many steps the page takes at its start.
const STEPS: u32 = 8;

/// What a phone shows one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Input,
    Network,
    Inspector,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Input, Self::Network, Self::Inspector];

    const fn title(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Network => "Network",
            Self::Inspector => "Inspector",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Network => "network",
            Self::Inspector => "inspector",
        }
    }

    /// The tab to the right, or to the left when `back`, round and round.
    fn next(self, back: bool) -> Self {
        let by = if back { Self::ALL.len() - 1 } else { 1 };
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

#[component]
pub fn App() -> impl IntoView {
    match engine::zoo::lenet5() {
        Ok(graph) => {
            let lazy = Lazy {
                keep: |lab, linked| {
                    let keep = async move {
                        if later::keep(lab).await.is_err() {
                            lab.keeping_failed(linked);
                        }
                    };
                    later::once_due(lab, linked, move || spawn_local(keep));
                },
                decode: later::decode,
                when_shown: |act| when_shown(act),
            };
            let lab = Lab::new(graph, lazy);
            Effect::new(move |_| {
                lab.document.graph().track();
                let_pass();
            });
            provide_context(lab);
            lab.start();
            mark("data-theme", move || Some(lab.screen.theme().get().name()));
            mark("data-view", move || {
                Some(if lab.screen.listed().get() {
                    "list"
                } else {
                    "graph"
                })
            });
            mark("data-framed", move || {
                lab.screen.embed.is_some().then_some("true")
            });
            at(steps(1), 1, || view! { <Screen /> })
        }
        Err(error) => view! {
            <p role="alert" data-testid="error">
                {format!("The lab cannot open its first network: {error}. Please report this.")}
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Screen() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let tab = RwSignal::new(Tab::Input);
    let shown = move |this: Tab| move || (tab.get() == this).then_some("true");
    // Side by side the parts are regions; behind tabs they are what the tabs show.
    let tabbed = narrow();
    let role = move || if tabbed.get() { "tabpanel" } else { "region" };
    let whole = lab.screen.embed.is_none();
    let part = move |part: Part| lab.screen.embed.is_none_or(|embed| embed.shows(part));
    let step = steps(STEPS);
    let begun = Memo::new(move |_| step.get() >= 1);
    Effect::new(move |_| {
        if begun.get() {
            untrack(|| lab.open());
        }
    });
    let head = move || {
        if whole {
            view! { <Header /> }.into_any()
        } else {
            view! { <FrameHead /> }.into_any()
        }
    };
    // Always there, because its pad is what the network is given.
    let input = move || {
        view! {
            <section
                id="input"
                class="column input"
                role=role
                aria-label="Input"
                data-shown=shown(Tab::Input)
                hidden=!part(Part::Input)
            >
                <Input />
            </section>
        }
        .into_any()
    };
    let answer = move || {
        part(Part::Answer).then(|| {
            view! {
                <div class="as-it-is" hidden=move || lab.document.hides(Control::Answer)>
                    <section
                        id="answer"
                        class="column answer"
                        role=role
                        aria-label="Answer"
                        // It scrolls where the comparison or a low window leaves it little room, and
                        // nothing in it takes the keyboard there.
                        tabindex="0"
                        data-shown=shown(Tab::Input)
                    >
                        <Answer />
                    </section>
                </div>
            }
            .into_any()
        })
    };
    let live = move || {
        part(Part::Answer).then(|| {
            view! {
                <div class="as-it-is" hidden=move || lab.document.hides(Control::Answer)>
                    <Live />
                </div>
            }
            .into_any()
        })
    };
    let network = move || {
        part(Part::Network).then(|| {
            view! {
                <section
                    id="network"
                    class="column network"
                    role=role
                    aria-label="Network"
                    tabindex="-1"
                    data-shown=shown(Tab::Network)
                >
                    {later::network_column(lab)}
                </section>
            }
            .into_any()
        })
    };
    let inspector = move || {
        part(Part::Inspector).then(|| {
            view! {
                <section
                    id="inspector"
                    class="column inspector"
                    role=role
                    aria-label="Inspector"
                    data-shown=shown(Tab::Inspector)
                    hidden=move || lab.document.hides(Control::Inspector)
                >
                    {later::inspector_column(lab)}
                </section>
            }
            .into_any()
        })
    };
    // Another experiment brings its locks: the open comparison stays as it is.
    let comparing =
        Memo::new(move |_| lab.compare.open().get() && !lab.document.hides(Control::Compare));
    let totals = move || {
        part(Part::Totals).then(|| {
            view! {
                <div class="as-it-is" hidden=move || lab.document.hides(Control::Totals)>
                    <Totals />
                </div>
            }
            .into_any()
        })
    };
    view! {
        <a class="skip" href="#network">"Skip to the network"</a>
        {at(step, 2, head)}
        <Messages />
        {lock_note(lab)}
        // What is above or below comes first: nothing that is seen already moves.
        <main
            class="lab"
            data-frame=(!whole).then_some("true")
            hidden=move || step.get() < 3
        >
            {at(step, 4, live)}
            {whole.then(|| view! { <Tabs tab /> })}
            {at(step, 5, input)}
            {at(step, 6, answer)}
            {at(step, 7, network)}
            {at(step, 8, inspector)}
        </main>
        {at(step, 3, totals)}
        {move || comparing.get().then(later::comparison)}
    }
}

#[component]
fn Tabs(tab: RwSignal<Tab>) -> impl IntoView {
    let turn = move |event: leptos::ev::KeyboardEvent| {
        let next = match event.key().as_str() {
            "ArrowRight" => tab.get_untracked().next(false),
            "ArrowLeft" => tab.get_untracked().next(true),
            "Home" => Tab::Input,
            "End" => Tab::Inspector,
            _ => return,
        };
        event.prevent_default();
        tab.set(next);
        let button = document().get_element_by_id(&format!("{}-tab", next.id()));
        if let Some(button) = button.and_then(|it| it.dyn_into().ok()) {
            let button: web_sys::HtmlElement = button;
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let one = move |this: Tab| {
        view! {
            <button
                type="button"
                role="tab"
                id=format!("{}-tab", this.id())
                aria-controls=if this == Tab::Input { "input answer" } else { this.id() }
                aria-selected=move || (tab.get() == this).to_string()
                tabindex=move || if tab.get() == this { "0" } else { "-1" }
                on:click=move |_| tab.set(this)
            >
                {this.title()}
            </button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="Parts of the lab" on:keydown=turn>
            {Tab::ALL.map(one)}
        </div>
    }
}
