//! Attacks of the network that runs. The code and the state come with the area.

mod export;
mod study;
mod transfer;

use engine::attack::Order;
use engine::data::Means;
use engine::session::{Command, Event};
use leptos::prelude::*;
use state::attack::{Attack, Attacked};

use super::{Answered, Job, Lab, Pace};
use crate::client::QueryError;

/// What the area has besides the page's state.
#[derive(Clone, Copy)]
pub struct Part {
    pub attack: Attack,
    /// The study on a data set that is under way.
    pub study: Job,
}

impl Lab {
    /// The state of the area, made when it is first shown. It lives as long as the page.
    pub fn attack(self) -> Part {
        if let Some(part) = self.core(|core| core.attack) {
            return part;
        }
        let made = || Part {
            attack: Attack::new(),
            study: Job::new(),
        };
        let part = self.for_life(made);
        self.core(|core| core.attack = Some(part));
        part
    }

    /// How pictures become the network's input.
    pub fn means(self) -> Means {
        Means {
            photo: self.document.preparation(),
            drawing: self.input.recipe().get(),
        }
    }

    /// The attack of the picture on the screen: again with each answer and each change of what is
    /// asked, for the life of the calling component and while `on`.
    pub fn keep_attacking(
        self,
        on: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Answered<Attacked> {
        let attack = self.attack().attack;
        let order = move || {
            let mut order = attack.order().get();
            order.means = self.means();
            on().then(|| command(&Order::Picture(Box::new(order))))
                .flatten()
        };
        self.keep_querying(Pace::Trace, order, move |message| {
            let values = message.values();
            match (message.header, values) {
                (Event::Attacked { report }, Ok(values)) => {
                    let shape = self.document.running().with_untracked(engine::Graph::input);
                    Attacked::read(&report, &values, shape)
                }
                _ => Err(QueryError::Unexpected.sentence()),
            }
        })
    }
}

/// The order as a command; `None` only where it has a number that JSON does not.
pub(super) fn command(order: &Order) -> Option<Command> {
    let order = serde_json::to_string(order).ok()?;
    Some(Command::Attack { order })
}
