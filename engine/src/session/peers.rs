//! Other sessions that compute shards of a training for this one, or for which this one does.

use web_time::Instant;

use super::peer::PeerMessage;
use super::{EncodedFailure, Ended, Failure, Message, Session, milliseconds};
use crate::run::Network;
use crate::train::{Order, Share, Task, Team, Work, Worker};

/// The channels to other sessions.
#[derive(Debug, Default)]
pub(super) struct Peers {
    pub team: Team,
    /// Encoded messages by the peer that they are for.
    outgoing: Vec<(u32, Vec<u8>)>,
    /// Who computes no more for this session, and why.
    pub refused: Vec<(u32, EncodedFailure)>,
    /// What this session computes for another.
    worker: Option<Working>,
}

/// What a session computes for another: the values of frozen nodes, which it keeps, hold for one set
/// and as long as the weights of these nodes are the same bits.
#[derive(Debug)]
struct Working {
    set: u32,
    frozen: Vec<u32>,
    worker: Worker,
}

/// The bits of the weights of frozen nodes.
fn frozen(network: &Network, task: &Task, weights: &[f32]) -> Vec<u32> {
    let (mut rest, mut bits) = (weights, Vec::new());
    for param in network.params() {
        let count: usize = param.dims.iter().product();
        let (own, after) = rest.split_at_checked(count).unwrap_or_default();
        rest = after;
        if task.settings.frozen.contains(&param.node) {
            bits.extend(own.iter().map(|value| value.to_bits()));
        }
    }
    bits
}

impl Session {
    /// Takes the messages to other sessions.
    pub fn take_outgoing(&mut self) -> Vec<(u32, Vec<u8>)> {
        std::mem::take(&mut self.peers.outgoing)
    }

    /// Takes a message of another session.
    pub async fn hear(&mut self, peer: u32, bytes: &[u8]) {
        self.waiting = false;
        self.peers.team.count(bytes.len() as u64);
        let refused = match Message::<PeerMessage>::decode(bytes) {
            Ok(message) => self.heard(peer, message).await,
            Err(error) => Some((0, Failure::from(error).into())),
        };
        if let Some((ticket, failure)) = refused {
            self.post(
                peer,
                &Message::new(PeerMessage::Refused { ticket, failure }),
            );
        }
    }

    /// Gives the number of a work that cannot be computed, and why.
    async fn heard(
        &mut self,
        peer: u32,
        message: Message<PeerMessage>,
    ) -> Option<(u64, EncodedFailure)> {
        let values = message.values();
        match message.header {
            PeerMessage::Work { set, work } => {
                let ticket = work.ticket;
                let computed = match values {
                    Ok(weights) => self.compute(set, *work, &weights).await,
                    Err(error) => Err(error.into()),
                };
                match computed {
                    Ok(answer) => self.post(peer, &answer),
                    Err(Ended::Failed(failure)) => return Some((ticket, failure.into())),
                    Err(Ended::Cancelled(reason)) => {
                        let why = reason.to_string();
                        return Some((ticket, Failure::Device { why }.into()));
                    }
                }
            }
            PeerMessage::Share(share) => match values {
                Ok(values) => self.peers.team.arrive(peer, share, values),
                Err(error) => self.refuse(peer, Failure::from(error).into()),
            },
            PeerMessage::Refused { failure, .. } => self.refuse(peer, failure),
        }
        None
    }

    /// The peer computes nothing more; what it has under way is computed here.
    fn refuse(&mut self, peer: u32, failure: EncodedFailure) {
        if self.peers.team.has(peer) {
            self.peers.team.leave(peer);
            self.peers.refused.push((peer, failure));
        }
    }

    async fn compute(
        &mut self,
        set: u32,
        work: Work,
        weights: &[f32],
    ) -> Result<Message<PeerMessage>, Ended> {
        let started = Instant::now();
        let data = self.set(set)?;
        let mut network = self.take_network(&self.device.clone())?;
        let set_values = network.set_values(weights);
        self.put_network(network);
        set_values.map_err(|wanted| {
            let bytes = 4 * wanted;
            Failure::Device {
                why: format!("the weights of the training are not {bytes} bytes"),
            }
        })?;
        let known = self.peers.worker.take();
        let network = self.network()?;
        let frozen = frozen(network, &work.task, weights);
        let known = known.filter(|known| {
            (known.set, known.worker.task(), &known.frozen) == (set, &work.task, &frozen)
        });
        let mut working = known.unwrap_or_else(|| Working {
            set,
            frozen,
            worker: Worker::new(network, &work.task),
        });
        let sum = working.worker.compute(network, &data, &work).await?;
        self.peers.worker = Some(working);
        let share = Share {
            ticket: work.ticket,
            first: work.first,
            shards: work.shards.len() as u32,
            loss: sum.loss,
            right: sum.right,
            compute_ms: milliseconds(started),
        };
        Ok(Message::with_values(PeerMessage::Share(share), &sum.values))
    }

    /// Sends the team what it is to compute.
    pub(super) fn post_orders(&mut self, set: u32) {
        for order in self.peers.team.take_orders() {
            let Order {
                worker,
                work,
                weights,
            } = order;
            let work = Box::new(work);
            let message = Message::with_values(PeerMessage::Work { set, work }, &weights);
            self.post(worker, &message);
        }
    }

    fn post(&mut self, peer: u32, message: &Message<PeerMessage>) {
        match message.encode() {
            Ok(bytes) => {
                self.peers.team.count(bytes.len() as u64);
                self.peers.outgoing.push((peer, bytes));
            }
            Err(error) => self.refuse(peer, Failure::from(error).into()),
        }
    }

    /// What another session computes with is not as it was.
    pub(super) fn forget_work(&mut self) {
        self.peers.worker = None;
    }
}
