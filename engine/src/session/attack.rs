//! Attacks as jobs: of the last input, and on a data set.

use serde::Serialize;

use super::input::values;
use super::job::{Job, JobFuture, Step};
use super::{Ended, Event, Failure, Message, Session};
use crate::attack::{Order, PictureAttack, SetAttack};

#[derive(Debug)]
struct OfPicture(Option<PictureAttack>, [u64; 2]);

impl OfPicture {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let network = session.network()?;
        let Some(attack) = &mut self.0 else {
            return Ok(Step::Finish(Message::new(Event::Done)));
        };
        let over = attack.advance(network).await?;
        self.1 = attack.progress();
        if !over {
            return Ok(Step::Continue);
        }
        let Some(attack) = self.0.take() else {
            return Ok(Step::Finish(Message::new(Event::Done)));
        };
        let (report, before, after) = attack.finish();
        finish(&report, &[before, after].concat())
    }
}

impl Job for OfPicture {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.1
    }
}

#[derive(Debug)]
struct OfSet {
    set: u32,
    attack: Option<SetAttack>,
    done: [u64; 2],
}

impl OfSet {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some(attack) = &mut self.attack else {
            return Ok(Step::Finish(Message::new(Event::Done)));
        };
        let over = attack.advance(network, &data).await?;
        self.done = attack.progress();
        if !over {
            return Ok(Step::Continue);
        }
        let Some(attack) = self.attack.take() else {
            return Ok(Step::Finish(Message::new(Event::Done)));
        };
        let (report, pictures) = attack.finish();
        finish(&report, &pictures)
    }
}

impl Job for OfSet {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.done
    }
}

fn finish(report: &impl Serialize, pictures: &[f32]) -> Result<Step, Ended> {
    let why = |error: serde_json::Error| Failure::Device {
        why: format!("the report cannot be written: {error}"),
    };
    let report = serde_json::to_string(report).map_err(why)?;
    let event = Event::Attacked { report };
    Ok(Step::Finish(Message::with_values(event, pictures)))
}

impl Session {
    pub(super) fn attack(&self, order: &str, payload: &[u8]) -> Result<Box<dyn Job>, Ended> {
        let network = self.network()?;
        let order = serde_json::from_str(order).map_err(|error| Failure::Unreadable {
            why: format!("the attack is not of the format: {error}"),
        })?;
        match order {
            Order::Picture(order) => {
                let attack = PictureAttack::new(network, &self.last_input()?, *order)?;
                let done = attack.progress();
                Ok(Box::new(OfPicture(Some(attack), done)))
            }
            Order::Set { set, order } => {
                let data = self.set(set)?;
                let attack = SetAttack::new(network, &data, *order, values(payload)?)?;
                let done = attack.progress();
                let attack = Some(attack);
                Ok(Box::new(OfSet { set, attack, done }))
            }
        }
    }
}
