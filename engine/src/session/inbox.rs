//! Commands waiting their turn: the latest drawing wins.

use std::collections::VecDeque;

use super::{Command, Message};

/// Commands in the order they came, with at most one `Run` among them.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Message<Command>>,
    /// `Stop` came, and no `Run` since.
    stopped: bool,
}

impl Inbox {
    /// Takes a command; a `Run` drops every older one that has not started.
    pub fn push(&mut self, message: Message<Command>) {
        match message.header {
            Command::Stop => {
                self.stopped = true;
                return;
            }
            Command::Run { .. } => {
                self.stopped = false;
                self.waiting
                    .retain(|older| !matches!(older.header, Command::Run { .. }));
            }
            _ => {}
        }
        self.waiting.push_back(message);
    }

    /// Whether the `Run` under way is of no use any more: the page has said so, or another network
    /// waits.
    pub fn stops_run(&self) -> bool {
        let loads = |message: &Message<Command>| matches!(message.header, Command::Load { .. });
        self.stopped || self.waiting.iter().any(loads)
    }

    /// The next command to carry out.
    pub fn pop(&mut self) -> Option<Message<Command>> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Recipe;
    use crate::session::{Input, Weights};

    fn run(generation: u64) -> Message<Command> {
        let input = Input::Drawing {
            width: 1,
            height: 1,
            recipe: Recipe::default(),
        };
        Message::new(Command::Run {
            generation,
            input,
            maps: Vec::new(),
        })
    }

    #[test]
    fn the_latest_drawing_wins_and_everything_else_keeps_its_turn() {
        let graph = crate::zoo::lenet5().unwrap();
        let load = Message::new(Command::Load {
            graph,
            weights: Weights::Seeded { seed: 1 },
        });
        let mut inbox = Inbox::default();
        for message in [run(1), load.clone(), run(2), run(3)] {
            inbox.push(message);
        }
        assert_eq!(inbox.pop(), Some(load));
        assert_eq!(inbox.pop(), Some(run(3)));
        assert_eq!(inbox.pop(), None);
    }

    #[test]
    fn a_run_is_stopped_by_the_page_s_word_or_another_network() {
        let graph = crate::zoo::lenet5().unwrap();
        let weights = Weights::Seeded { seed: 1 };
        let mut inbox = Inbox::default();
        inbox.push(run(1));
        assert_eq!(inbox.pop(), Some(run(1)));
        assert!(!inbox.stops_run());
        inbox.push(Message::new(Command::Stop));
        assert!(inbox.stops_run());
        assert_eq!(inbox.pop(), None);
        inbox.push(run(2));
        assert!(!inbox.stops_run(), "the newer one is wanted");
        assert_eq!(inbox.pop(), Some(run(2)));
        inbox.push(Message::new(Command::Load { graph, weights }));
        assert!(inbox.stops_run());
        inbox.pop();
        assert!(!inbox.stops_run());
    }
}
