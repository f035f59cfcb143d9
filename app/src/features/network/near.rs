//! Tracks which cards are in or near the viewport: only those show maps.

use std::collections::HashMap;

use leptos::html::Li;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// How far outside the viewport a card counts as near.
const MARGIN: &str = "25% 0px";

type Callback = Closure<dyn FnMut(js_sys::Array)>;

/// Watches cards.
#[derive(Clone, Copy)]
pub struct Near(StoredValue<Watch, LocalStorage>);

struct Watch {
    observer: Option<IntersectionObserver>,
    cards: HashMap<u32, RwSignal<bool>>,
    /// The callback must live as long as the observer.
    _callback: Callback,
}

impl Near {
    /// For cards that scroll within this element, where it scrolls by itself.
    pub fn new(scroller: Option<&Element>) -> Self {
        let watch: StoredValue<Option<Near>, LocalStorage> = StoredValue::new_local(None);
        let callback = Callback::new(move |entries: js_sys::Array| {
            let Some(Some(near)) = watch.try_get_value() else {
                return;
            };
            for entry in entries.iter() {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                let id = entry.target().get_attribute("data-id");
                let card = near
                    .0
                    .with_value(|it| it.cards.get(&id?.parse().ok()?).copied());
                if let Some(card) = card
                    && card.try_get_untracked() != Some(entry.is_intersecting())
                {
                    card.try_set(entry.is_intersecting());
                }
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(MARGIN);
        let scrolls = |element: &&Element| {
            let style = window().get_computed_style(element).ok().flatten();
            style
                .and_then(|style| style.get_property_value("overflow-y").ok())
                .as_deref()
                == Some("auto")
        };
        options.set_root(scroller.filter(scrolls));
        let function = callback.as_ref().unchecked_ref();
        let observer = IntersectionObserver::new_with_options(function, &options).ok();
        let (cards, _callback) = (HashMap::new(), callback);
        let near = Self(StoredValue::new_local(Watch {
            observer,
            cards,
            _callback,
        }));
        watch.set_value(Some(near));
        on_cleanup(move || {
            near.0
                .try_with_value(|it| it.observer.as_ref().map(IntersectionObserver::disconnect));
        });
        near
    }

    /// Whether this card is near. Where the browser cannot tell, every card is.
    pub fn watch(self, id: u32, card: NodeRef<Li>) -> RwSignal<bool> {
        let near = RwSignal::new(self.0.with_value(|it| it.observer.is_none()));
        self.0.update_value(|it| {
            it.cards.insert(id, near);
        });
        Effect::new(move |_| {
            if let Some(card) = card.get() {
                self.0
                    .try_with_value(|it| it.observer.as_ref().map(|it| it.observe(&card)));
            }
        });
        on_cleanup(move || {
            self.0.try_update_value(|it| {
                if let (Some(card), Some(observer)) = (card.get_untracked(), &it.observer) {
                    observer.unobserve(&card);
                }
                // A new card of the same node may be mounted before this one is removed.
                if it.cards.get(&id) == Some(&near) {
                    it.cards.remove(&id);
                }
            });
        });
        near
    }
}
