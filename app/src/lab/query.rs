//! Questions that a view asks as long as it is looked at, one at a time, the latest next.

use std::cell::Cell;
use std::rc::Rc;

use engine::session::{Command, Event, Message};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Lab;

/// What a kept question has come to; `None` until its first answer.
pub type Answered<T> = RwSignal<Option<Result<T, String>>>;

/// How often a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// For each network and weights.
    Network,
    /// For each answer of the network besides.
    Trace,
}

struct Inquiry {
    asking: Cell<bool>,
    due: Cell<bool>,
    /// The component that asks is still there.
    alive: Cell<bool>,
}

impl Lab {
    /// Asks `question`, for the life of the calling component and while it is not `None`, whenever
    /// it changes and at this pace; never twice at once. What `read` makes of an answer that is
    /// still asked for is kept in the signal.
    pub fn keep_asking<T: Send + Sync + 'static>(
        self,
        pace: Pace,
        question: impl Fn() -> Option<Command> + Send + Sync + 'static,
        read: impl Fn(Message<Event>) -> Result<T, String> + 'static,
    ) -> Answered<T> {
        let answered = RwSignal::new(None);
        let question = Memo::new(move |_| question());
        let inquiry = Rc::new(Inquiry {
            asking: Cell::new(false),
            due: Cell::new(false),
            alive: Cell::new(true),
        });
        let alive = StoredValue::new_local(Rc::clone(&inquiry));
        on_cleanup(move || {
            alive.try_with_value(|inquiry| inquiry.alive.set(false));
        });
        let read = Rc::new(read);
        // Before the first answer there is no input, and perhaps no network.
        let ready = Memo::new(move |_| self.answer.latest().with(Option::is_some));
        Effect::new(move |_| {
            // A changed network is asked when an engine has it, which it tells by its weights, and
            // then by an answer.
            match pace {
                Pace::Network => self.engine.weights().track(),
                Pace::Trace => self.answer.latest().track(),
            }
            if question.with(Option::is_some) && ready.get() {
                inquiry.due.set(true);
                self.ask_next(&inquiry, question, answered, &read);
            }
        });
        answered
    }

    fn ask_next<T: Send + Sync + 'static>(
        self,
        inquiry: &Rc<Inquiry>,
        question: Memo<Option<Command>>,
        answered: Answered<T>,
        read: &Rc<impl Fn(Message<Event>) -> Result<T, String> + 'static>,
    ) {
        if inquiry.asking.get() || !inquiry.due.get() {
            return;
        }
        inquiry.due.set(false);
        let Some(command) = question.get_untracked() else {
            return;
        };
        inquiry.asking.set(true);
        let (inquiry, read) = (Rc::clone(inquiry), Rc::clone(read));
        spawn_local(async move {
            let answer = self
                .ask(self.answer.device(), command.clone(), Vec::new())
                .await;
            inquiry.asking.set(false);
            if !inquiry.alive.get() {
                return;
            }
            // Another question may be the one that matters by now.
            if question.with_untracked(|now| now.as_ref() == Some(&command)) {
                answered.set(Some(answer.and_then(|message| read(message))));
            }
            self.ask_next(&inquiry, question, answered, &read);
        });
    }
}
