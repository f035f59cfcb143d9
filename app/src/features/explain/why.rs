//! The dock: which methods and which class at the left, a picture for each method at the right.

use engine::explain::{Occlusion, Scope};
use engine::session::Wanted;
use engine::{Graph, NodeId, Shape};
use leptos::prelude::*;
use state::explain::{Chosen, Kind};

use super::chips::chips;
use super::class_choice::class_choice;
use super::figure::Figure;
use super::sanity::{Sanity, SanityRow};
use crate::lab::Lab;
use crate::lab::explain::{chosen, keep_chosen};

/// What all pictures share. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct Shared {
    pub lab: Lab,
    pub chosen: RwSignal<Chosen>,
    /// The input's shape.
    pub picture: Memo<Shape>,
    /// The class that is explained, if the person chose one that the network has.
    pub class: Memo<Option<u32>>,
    pub occlusion: Memo<Occlusion>,
    pub sanity: Sanity,
}

impl Shared {
    fn new(lab: Lab) -> Self {
        let chosen = RwSignal::new(chosen());
        Effect::new(move |_| chosen.with(keep_chosen));
        let running = lab.document.running();
        let picture = Memo::new(move |_| running.with(Graph::input));
        let classes = Memo::new(move |_| {
            let scope = running.with(Scope::of);
            scope.map_or(0, |scope| scope.classes)
        });
        let class = Memo::new(move |_| {
            let class = chosen.with(|it| it.class);
            class.filter(|&class| (class as usize) < classes.get())
        });
        let occlusion = Memo::new(move |_| {
            let picture = picture.get();
            let own = chosen.with(|it| it.occlusion);
            let own = own.filter(|it| it.check(picture).is_ok());
            own.unwrap_or_else(|| Occlusion::usual(picture))
        });
        Self {
            lab,
            chosen,
            picture,
            class,
            occlusion,
            sanity: Sanity::new(),
        }
    }

    /// The node that Grad-CAM is taken at, if the running network has it.
    pub fn node(self) -> Option<NodeId> {
        let node = self.chosen.with(|it| it.node)?;
        let running = self.lab.document.running();
        running.with(|graph| graph.node(node).map(|it| it.id))
    }
}

#[component]
pub fn Why() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let shared = Shared::new(lab);
    // The pictures below the maps.
    lab.show_parts(|| vec![Wanted::all(NodeId::INPUT)]);
    let refused = Memo::new(move |_| {
        let running = lab.document.running();
        running.with(|graph| Scope::of(graph).err().map(|error| error.to_string()))
    });
    let kinds = Memo::new(move |_| shared.chosen.with(|it| it.kinds.clone()));
    move || match refused.get() {
        Some(why) => {
            let why = format!("{}.", capital(&why));
            view! { <p class="say" role="alert" data-testid="cannot-explain">{why}</p> }.into_any()
        }
        None => view! {
            <div class="why-body">
                <div class="why-tools">
                    {classes(shared)}
                    {chips(shared)}
                </div>
                <div class="why-figures">
                    <For each=move || kinds.get() key=|kind| kind.name() let:kind>
                        <Figure shared kind />
                    </For>
                </div>
            </div>
            <SanityRow shared />
        }
        .into_any(),
    }
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// Which class is explained.
fn classes(shared: Shared) -> AnyView {
    let class = Signal::derive(move || shared.class.get());
    class_choice(shared.lab, "Class", "why-class", class, move |class| {
        shared.chosen.update(|it| it.class = class);
    })
}

/// Whether this method's picture follows the drawing on this network.
pub fn follows(lab: Lab, kind: Kind) -> bool {
    /// Multiply-adds up to which a gradient takes no more than a moment.
    const QUICK: u64 = 1_000_000_000;
    kind.is_cheap() && lab.document.analysis.with(|it| it.total.macs) <= QUICK
}
