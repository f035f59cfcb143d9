//! Queries that a view repeats while it is shown: one at a time, the latest next.

use std::cell::Cell;
use std::rc::Rc;

use engine::session::{Command, Event, Message};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Lab;

/// The latest result of a repeated query; `None` until its first.
pub type Answered<T> = RwSignal<Option<Result<T, String>>>;

/// How often a query is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// For each network and weights.
    Network,
    /// For each answer of the network, too.
    Trace,
}

struct Pending {
    under_way: Cell<bool>,
    due: Cell<bool>,
    /// The querying component is still mounted.
    alive: Cell<bool>,
}

impl Lab {
    /// Sends `query` whenever it changes and at this pace, for the life of the calling component
    /// and while it is not `None`; at most one is under way. The signal holds what `read` makes of
    /// the result of the current query.
    pub fn keep_querying<T: Send + Sync + 'static>(
        self,
        pace: Pace,
        query: impl Fn() -> Option<Command> + Send + Sync + 'static,
        read: impl Fn(Message<Event>) -> Result<T, String> + 'static,
    ) -> Answered<T> {
        let answered = RwSignal::new(None);
        let query = Memo::new(move |_| query());
        let pending = Rc::new(Pending {
            under_way: Cell::new(false),
            due: Cell::new(false),
            alive: Cell::new(true),
        });
        let alive = StoredValue::new_local(Rc::clone(&pending));
        on_cleanup(move || {
            alive.try_with_value(|pending| pending.alive.set(false));
        });
        let read = Rc::new(read);
        // Before the first answer there is no input, and perhaps no network.
        let ready = Memo::new(move |_| self.answer.latest().with(Option::is_some));
        Effect::new(move |_| {
            // A changed network is queried once an engine has loaded it, which sets the weights,
            // and then after its answer.
            match pace {
                Pace::Network => self.engine.weights().track(),
                Pace::Trace => self.answer.latest().track(),
            }
            if query.with(Option::is_some) && ready.get() {
                pending.due.set(true);
                self.query_next(&pending, query, answered, &read);
            }
        });
        answered
    }

    /// Calls `make` now and after each change of what `due` reads, while it is true, one at a time and
    /// the latest next, for the life of the calling component. The signal holds its last result.
    pub fn keep_making<T, F>(
        self,
        due: impl Fn() -> bool + 'static,
        make: impl Fn() -> F + 'static,
    ) -> Answered<T>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, String>> + 'static,
    {
        let answered = RwSignal::new(None);
        let pending = Rc::new(Pending {
            under_way: Cell::new(false),
            due: Cell::new(false),
            alive: Cell::new(true),
        });
        let alive = StoredValue::new_local(Rc::clone(&pending));
        on_cleanup(move || {
            alive.try_with_value(|pending| pending.alive.set(false));
        });
        let make = Rc::new(make);
        Effect::new(move |_| {
            if due() {
                pending.due.set(true);
                make_next(&pending, answered, &make);
            }
        });
        answered
    }

    fn query_next<T: Send + Sync + 'static>(
        self,
        pending: &Rc<Pending>,
        query: Memo<Option<Command>>,
        answered: Answered<T>,
        read: &Rc<impl Fn(Message<Event>) -> Result<T, String> + 'static>,
    ) {
        if pending.under_way.get() || !pending.due.get() {
            return;
        }
        pending.due.set(false);
        let Some(command) = query.get_untracked() else {
            return;
        };
        pending.under_way.set(true);
        let (pending, read) = (Rc::clone(pending), Rc::clone(read));
        spawn_local(async move {
            let answer = self
                .request(self.answer.device(), command.clone(), Vec::new())
                .await;
            pending.under_way.set(false);
            if !pending.alive.get() {
                return;
            }
            // The query may have changed meanwhile.
            if query.with_untracked(|now| now.as_ref() == Some(&command)) {
                let answer = answer.map_err(|error| error.sentence());
                answered.set(Some(answer.and_then(|message| read(message))));
            }
            self.query_next(&pending, query, answered, &read);
        });
    }
}

fn make_next<T, F>(
    pending: &Rc<Pending>,
    answered: Answered<T>,
    make: &Rc<impl Fn() -> F + 'static>,
) where
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, String>> + 'static,
{
    if pending.under_way.get() || !pending.due.replace(false) {
        return;
    }
    pending.under_way.set(true);
    let (pending, make) = (Rc::clone(pending), Rc::clone(make));
    spawn_local(async move {
        let made = untrack(|| make()).await;
        pending.under_way.set(false);
        if !pending.alive.get() {
            return;
        }
        answered.set(Some(made));
        make_next(&pending, answered, &make);
    });
}
