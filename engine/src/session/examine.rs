//! Jobs on a data set that leave the network as it is: its answers to one part, and the rate finder.

use super::job::{Job, JobFuture, Step};
use super::{Ended, Event, Message, NonFinite, Session};
use crate::data::Part;
use crate::train::{Examination, Found, RateFinder, RateRange, Task, Turn};

#[derive(Debug)]
struct Evaluate {
    set: u32,
    examination: Examination,
}

impl Evaluate {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        match self.examination.advance(network, &data).await? {
            Turn::More => Ok(Step::Continue),
            Turn::Finished(evaluation, answers) => {
                let event = Event::Evaluated { evaluation };
                Ok(Step::Finish(Message::with_values(event, &answers)))
            }
            Turn::NotFinite(found) => Err(Ended::from(found)),
        }
    }
}

impl Job for Evaluate {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.examination.progress()
    }
}

#[derive(Debug)]
struct FindRate {
    set: u32,
    finder: RateFinder,
}

impl FindRate {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let data = session.set(self.set)?;
        let Some(found) = self.finder.advance(&data).await? else {
            return Ok(Step::Continue);
        };
        let Found {
            rates,
            losses,
            proposed,
        } = found;
        Ok(Step::Finish(Message::new(Event::RateFound {
            rates,
            losses,
            proposed,
        })))
    }
}

impl Job for FindRate {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.finder.progress()
    }
}

impl Session {
    pub(super) fn evaluate(
        &self,
        set: u32,
        task: Task,
        part: Part,
        images: Option<u32>,
    ) -> Result<Box<dyn Job>, Ended> {
        let (network, data) = (self.network()?, self.set(set)?);
        let mut examination = Examination::new(network, &data, task, part)?;
        if let Some(images) = images {
            examination = examination.limited(images as usize);
        }
        Ok(Box::new(Evaluate { set, examination }))
    }

    pub(super) async fn find_rate(
        &mut self,
        set: u32,
        task: Task,
        range: RateRange,
    ) -> Result<Box<dyn Job>, Ended> {
        let data = self.set(set)?;
        let batch = task.settings.batch as u64;
        self.budget.check_gradients(self.graph()?, batch)?;
        self.settle().await?;
        let place = self.place(&task)?;
        let network = self.model()?.copied_to(&place.home)?;
        let mut finder = RateFinder::new(task, range, network, &data)?;
        place.equip(finder.course_mut());
        Ok(Box::new(FindRate { set, finder }))
    }
}

impl From<NonFinite> for Ended {
    fn from(found: NonFinite) -> Self {
        super::Failure::NotFinite(found).into()
    }
}
