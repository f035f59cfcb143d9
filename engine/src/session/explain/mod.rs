//! Looking inside the current network: what is answered at once, and what is a job.

mod failures;
mod jobs;

use self::jobs::{Check, Excite, Explain, GoBack, Health, Maximise, Operate, Patch, Project, Rank};
use super::job::{Job, Step};
use super::{Encoded, Ended, Event, Failure, Message, Session};
use crate::data::DataSet;
use crate::explain::{
    Ablation, Ask, BackwardAsk, Checkup, Explaining, GoingBack, Method, Patching, Projected,
    Projecting, Projection, SanityCheck, Searching, Told, Wishing,
};
use crate::run::Network;
use crate::{Analysis, NodeId};

/// Multiply-adds of a network whose gradients are computed at once: some tens of milliseconds.
const AT_ONCE: u64 = 100_000_000;

fn of_projected(node: NodeId, projected: Projected) -> Message<Event> {
    let Projected {
        images,
        places,
        shares,
    } = projected;
    let both = images.iter().zip(places);
    let values = both.flat_map(|(image, place)| {
        let [number, label, answer] = image.map(|it| it as f32);
        [number, label, answer, place[0] as f32, place[1] as f32]
    });
    let values: Vec<f32> = values.collect();
    message(&Told::Projected { node, shares }, &values)
}

fn message(told: &Told, values: &[f32]) -> Message<Event> {
    let told = Encoded::new(told);
    Message::with_values(Event::Explained { told }, values)
}

fn finish(told: &Told, values: &[f32]) -> Step {
    Step::Finish(message(told, values))
}

async fn project_now(
    network: &Network,
    data: &DataSet,
    node: NodeId,
    mut projecting: Projecting,
) -> Result<Message<Event>, Ended> {
    loop {
        if let Some(projected) = projecting.advance(network, data).await? {
            return Ok(of_projected(node, projected));
        }
    }
}

impl Session {
    /// The answer to what does not take long; none for anything else.
    pub(super) async fn explain_at_once(
        &self,
        ask: &Encoded<Ask>,
    ) -> Option<Result<Message<Event>, Ended>> {
        let ask = ask.decode().ok()?;
        let graph = &self.model().ok()?.graph;
        let passes = match &ask {
            Ask::Explain { .. } | Ask::Backward(_) => 1,
            // Also while a training is under way, which jobs wait for.
            Ask::Project {
                images,
                projection: Projection::Principal,
                ..
            } => u64::from(*images),
            _ => return None,
        };
        if Analysis::of(graph).total.macs.saturating_mul(passes) > AT_ONCE {
            return None;
        }
        let network = match self.network() {
            Ok(network) => network,
            Err(ended) => return Some(Err(ended)),
        };
        Some(match ask {
            Ask::Explain { method, class } if method.is_cheap() => {
                self.explain_now(network, method, class).await
            }
            Ask::Backward(ask) => self.go_back_now(network, ask).await,
            Ask::Project {
                set,
                task,
                node,
                images,
                projection,
            } => {
                let data = match self.set(set) {
                    Ok(data) => data,
                    Err(ended) => return Some(Err(ended)),
                };
                let (images, budget) = (images as usize, self.budget);
                let project =
                    Projecting::new(network, &data, *task, node, projection, images, budget);
                match project {
                    Ok(projecting) => project_now(network, &data, node, projecting).await,
                    Err(failure) => Err(failure.into()),
                }
            }
            _ => return None,
        })
    }

    async fn go_back_now(
        &self,
        network: &Network,
        ask: BackwardAsk,
    ) -> Result<Message<Event>, Ended> {
        let (input, budget) = (self.last_input()?, self.budget);
        let mut going = GoingBack::new(network, ask, input, budget)?;
        loop {
            if let Some((told, values)) = going.advance(network).await? {
                return Ok(message(&Told::Backward(Box::new(told)), &values));
            }
        }
    }

    async fn explain_now(
        &self,
        network: &Network,
        method: Method,
        class: Option<u32>,
    ) -> Result<Message<Event>, Ended> {
        let (input, budget) = (self.last_input()?, self.budget);
        let mut explaining = Explaining::new(network, method, class, input, budget)?;
        loop {
            if let Some(explained) = explaining.advance(network).await? {
                return Ok(message(
                    &Told::Explained(explained.about),
                    &explained.values,
                ));
            }
        }
    }

    pub(super) fn explain(&self, ask: &Encoded<Ask>) -> Result<Box<dyn Job>, Ended> {
        let (network, budget) = (self.network()?, self.budget);
        Ok(match ask.decode()? {
            Ask::Explain { method, class } => {
                let input = self.last_input()?;
                let explaining = Explaining::new(network, method, class, input, budget)?;
                Box::new(Explain(explaining))
            }
            Ask::Check {
                method,
                class,
                seed,
            } => {
                let input = self.last_input()?;
                let check = SanityCheck::new(network, method, class, input, seed, budget)?;
                Box::new(Check(check))
            }
            Ask::Operate(operation) => {
                let checked = operation.check(network.graph());
                checked.map_err(|error| Failure::Explain(error.into()))?;
                Box::new(Operate(operation))
            }
            Ask::Rank {
                set,
                task,
                node,
                images,
            } => {
                let (data, images) = (self.set(set)?, images as usize);
                let ablation = Ablation::new(network, &data, *task, node, images)?;
                Box::new(Rank { set, ablation })
            }
            Ask::Project {
                set,
                task,
                node,
                images,
                projection,
            } => {
                let (data, images) = (self.set(set)?, images as usize);
                let projecting =
                    Projecting::new(network, &data, *task, node, projection, images, budget)?;
                Box::new(Project {
                    set,
                    node,
                    projecting,
                })
            }
            Ask::Maximise { wish, ascent } => {
                Box::new(Maximise(Wishing::new(network, wish, ascent, budget)?))
            }
            Ask::Excite {
                set,
                task,
                wish,
                images,
            } => {
                let (data, images) = (self.set(set)?, images as usize);
                let searching = Searching::new(network, &data, *task, wish, images, budget)?;
                Box::new(Excite { set, searching })
            }
            Ask::Patch {
                set,
                task,
                wish,
                images,
            } => {
                let (data, images) = (self.set(set)?, images as usize);
                let patching = Patching::new(network, &data, *task, wish, images, budget)?;
                Box::new(Patch { set, patching })
            }
            Ask::Backward(ask) => {
                let input = self.last_input()?;
                Box::new(GoBack(GoingBack::new(network, ask, input, budget)?))
            }
            Ask::Health { set, task, images } => {
                let (data, images) = (self.set(set)?, images as usize);
                let checkup = Checkup::new(network, &data, *task, images, budget)?;
                Box::new(Health { set, checkup })
            }
        })
    }
}
