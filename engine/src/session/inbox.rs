//! Commands waiting their turn: the latest drawing wins.

use std::collections::VecDeque;

use super::{Command, Message};

/// Commands in the order they came, with at most one `Run` among them.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Message<Command>>,
}

impl Inbox {
    /// Takes a command; a `Run` drops every older one that has not started.
    pub fn push(&mut self, message: Message<Command>) {
        if let Command::Run { .. } = message.header {
            self.waiting
                .retain(|older| !matches!(older.header, Command::Run { .. }));
        }
        self.waiting.push_back(message);
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
}
