//! Jobs that look inside the current network: each moves one state machine of `explain` by a turn.

use super::{finish, of_projected};
use crate::NodeId;
use crate::explain::{
    Ablation, Checkup, Explaining, GoingBack, Operation, Patching, Projecting, Ranked, SanityCheck,
    Searching, Told, Wishing, operated,
};
use crate::session::job::{Job, JobFuture, Step};
use crate::session::{Ended, Session};

#[derive(Debug)]
pub(super) struct Explain(pub(super) Explaining);

impl Explain {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let Some(explained) = self.0.advance(session.network()?).await? else {
            return Ok(Step::Continue);
        };
        let told = Told::Explained(explained.about);
        Ok(finish(&told, &explained.values))
    }
}

impl Job for Explain {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.0.progress()
    }
}

#[derive(Debug)]
pub(super) struct Check(pub(super) SanityCheck);

impl Check {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let Some(sanity) = self.0.advance(session.network()?).await? else {
            return Ok(Step::Continue);
        };
        let mut values = sanity.original.values;
        let mut levels = Vec::with_capacity(sanity.levels.len());
        for (level, explained) in sanity.levels {
            levels.push(level);
            values.extend(explained.values);
        }
        let original = sanity.original.about;
        Ok(finish(&Told::Checked { original, levels }, &values))
    }
}

impl Job for Check {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.0.progress()
    }
}

#[derive(Debug)]
pub(super) struct Operate(pub(super) Operation);

impl Operate {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        let changed = operated(session.network()?, &self.0).await?;
        session.put_network(changed);
        // A training that is over goes on with its own weights, which these are not.
        session.training = None;
        session.forget_work();
        Ok(finish(&Told::Operated, &[]))
    }
}

impl Job for Operate {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        [0, 1]
    }
}

#[derive(Debug)]
pub(super) struct Rank {
    pub(super) set: u32,
    pub(super) ablation: Ablation,
}

impl Rank {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some(ranked) = self.ablation.advance(network, &data).await? else {
            return Ok(Step::Continue);
        };
        let Ranked {
            images,
            right,
            without,
        } = ranked;
        let told = Told::Ranked {
            images,
            right,
            without,
        };
        Ok(finish(&told, &[]))
    }
}

impl Job for Rank {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.ablation.progress()
    }
}

#[derive(Debug)]
pub(super) struct Project {
    pub(super) set: u32,
    pub(super) node: NodeId,
    pub(super) projecting: Projecting,
}

impl Project {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some(projected) = self.projecting.advance(network, &data).await? else {
            return Ok(Step::Continue);
        };
        Ok(Step::Finish(of_projected(self.node, projected)))
    }
}

impl Job for Project {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.projecting.progress()
    }
}

#[derive(Debug)]
pub(super) struct Health {
    pub(super) set: u32,
    pub(super) checkup: Checkup,
}

impl Health {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some(nodes) = self.checkup.advance(network, &data).await? else {
            return Ok(Step::Continue);
        };
        let images = self.checkup.images();
        Ok(finish(&Told::Health { images, nodes }, &[]))
    }
}

impl Job for Health {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.checkup.progress()
    }
}

#[derive(Debug)]
pub(super) struct Maximise(pub(super) Wishing);

impl Maximise {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let Some((input, steps)) = self.0.advance(session.network()?).await? else {
            return Ok(Step::Continue);
        };
        Ok(finish(&Told::Wished { steps }, &input))
    }
}

impl Job for Maximise {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.0.progress()
    }
}

#[derive(Debug)]
pub(super) struct Excite {
    pub(super) set: u32,
    pub(super) searching: Searching,
}

impl Excite {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some((best, inputs)) = self.searching.advance(network, &data).await? else {
            return Ok(Step::Continue);
        };
        Ok(finish(&Told::Exciting { best }, &inputs))
    }
}

impl Job for Excite {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.searching.progress()
    }
}

#[derive(Debug)]
pub(super) struct Patch {
    pub(super) set: u32,
    pub(super) patching: Patching,
}

impl Patch {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let (network, data) = (session.network()?, session.set(self.set)?);
        let Some(energy) = self.patching.advance(network, &data).await? else {
            return Ok(Step::Continue);
        };
        let ([row, column], [images, _]) = (self.patching.middle(), self.patching.progress());
        let told = Told::Patch {
            images,
            row,
            column,
        };
        Ok(finish(&told, &energy))
    }
}

impl Job for Patch {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.patching.progress()
    }
}

#[derive(Debug)]
pub(super) struct GoBack(pub(super) GoingBack);

impl GoBack {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let Some((told, values)) = self.0.advance(session.network()?).await? else {
            return Ok(Step::Continue);
        };
        Ok(finish(&Told::Backward(Box::new(told)), &values))
    }
}

impl Job for GoBack {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.0.progress()
    }
}
