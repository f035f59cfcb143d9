//! Drives a session like the page: every request and every reply is encoded for the wire.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use engine::analysis::Budget;
use engine::data::{Means, Recipe};
use engine::run::YieldPoint;
use engine::session::{
    Command, Event, Inbox, Input, MapSlice, Message, ParamSlice, Reply, Request, RequestId,
    Session, Wanted, Weights, turn,
};
use engine::{Graph, NodeId, zoo};
use pollster::block_on;

/// Five nodes of LeNet-5 have weights: C1, C3, F5, F6 and the output.
pub const WEIGHTED: usize = 5;

pub struct Driven {
    session: Session,
    /// Shared with a yield point.
    pub inbox: Rc<RefCell<Inbox>>,
    last: RequestId,
    /// Unread replies in the order of arrival.
    pub replies: Vec<Message<Reply>>,
}

impl Driven {
    pub fn new() -> Self {
        Self::of(Session::on_cpu())
    }

    pub fn of(session: Session) -> Self {
        Self {
            session,
            inbox: Rc::default(),
            last: 0,
            replies: Vec::new(),
        }
    }

    pub fn within(memory_bytes: u64) -> Self {
        Self::of(Session::on_cpu().within(Budget {
            memory_bytes: Some(memory_bytes),
            buffer_bytes: None,
        }))
    }

    #[must_use]
    pub fn yielding(mut self, yield_point: YieldPoint) -> Self {
        self.session = self.session.yielding(yield_point);
        self
    }

    /// Sends a request and gives its number; [`Self::turn`] carries it out.
    pub fn send(&mut self, command: Command, payload: Vec<u8>) -> RequestId {
        self.last += 1;
        let request = sent(self.last, command, payload);
        let replies = self.inbox.borrow_mut().push(request);
        self.hear(replies);
        self.last
    }

    fn hear(&mut self, replies: Vec<Message<Reply>>) {
        for reply in replies {
            let reply = Message::decode(&reply.encode().unwrap()).unwrap();
            self.replies.push(reply);
        }
    }

    /// One turn of the worker's loop; `false` when there was nothing to do.
    pub fn turn(&mut self) -> bool {
        let replies = block_on(turn(&mut self.session, &self.inbox));
        let worked = replies.is_some();
        self.hear(replies.unwrap_or_default());
        worked
    }

    /// This session's state as another engine in the same worker takes it over.
    pub fn handed_over(mut self) -> Self {
        let handed = block_on(self.session.hand_over()).unwrap();
        let mut driven = Self::new();
        block_on(driven.session.take_over(&handed.encode().unwrap())).unwrap();
        driven
    }

    /// What this session sends to others, by their numbers.
    pub fn outgoing(&mut self) -> Vec<(u32, Vec<u8>)> {
        self.session.take_outgoing()
    }

    /// Another session has sent this.
    pub fn hear_peer(&self, peer: u32, message: Vec<u8>) {
        self.inbox.borrow_mut().hear(peer, message);
    }

    /// Turns until there is nothing to do; the replies since the last call, with their requests.
    pub fn finish(&mut self) -> Vec<(RequestId, Event)> {
        while self.turn() {}
        let replies = std::mem::take(&mut self.replies).into_iter();
        replies.map(|it| (it.header.id, it.header.event)).collect()
    }

    /// With this graph and seeded weights.
    pub fn seeded(graph: &Graph, seed: u64) -> Self {
        let mut driven = Self::new();
        let event = driven.load(graph, Weights::Seeded { seed }, Vec::new());
        assert!(
            matches!(event, Event::Loaded { trained: 0, .. }),
            "{event:?}"
        );
        driven
    }

    /// With LeNet-5 and its shipped weights.
    pub fn trained() -> Self {
        let mut driven = Self::new();
        let event = driven.load(&lenet5(), Weights::Payload, file());
        assert_eq!(event, loaded(WEIGHTED, WEIGHTED));
        driven
    }

    /// Sends a command and turns until its last reply, which it gives.
    pub fn ask(&mut self, command: Command, payload: Vec<u8>) -> Message<Event> {
        let id = self.send(command, payload);
        let last = |it: &Message<Reply>| it.header.id == id && it.header.event.is_last();
        loop {
            if let Some(place) = self.replies.iter().position(last) {
                let Message { header, payload } = self.replies.remove(place);
                let header = header.event;
                return Message { header, payload };
            }
            assert!(self.turn(), "no last reply to request {id}");
        }
    }

    /// As [`Self::ask`], for a job that tells more before it ends.
    pub fn ask_last(&mut self, command: Command, payload: Vec<u8>) -> Message<Event> {
        let answer = self.ask(command, payload);
        self.replies.clear();
        answer
    }

    /// What a command that must not succeed is answered with.
    pub fn refused(&mut self, header: Command, payload: Vec<u8>) -> String {
        let asked = format!("{header:?}");
        match self.ask(header, payload).header {
            Event::Failed { failure } => failure.decode().to_string(),
            event => panic!("{asked} was answered with {event:?}"),
        }
    }

    pub fn load(&mut self, graph: &Graph, weights: Weights, payload: Vec<u8>) -> Event {
        let graph = graph.clone();
        self.ask(Command::Load { graph, weights }, payload).header
    }

    /// After an edit, as the page loads it.
    pub fn edited(&mut self, graph: &Graph) -> Event {
        self.load(graph, Weights::Kept { seed: 1 }, Vec::new())
    }

    /// The answer's bits for these values.
    pub fn answer(&mut self, input: &[f32]) -> Vec<u32> {
        let run = Command::Run {
            input: Input::Values,
            maps: Vec::new(),
        };
        match self.ask(run, bytes(input)).header {
            Event::Traced { answer, .. } => answer.iter().map(|value| value.to_bits()).collect(),
            event => panic!("no answer but {event:?}"),
        }
    }

    /// The maps for these values, each with what is sent of it.
    pub fn maps(&mut self, input: &[f32], maps: Vec<Wanted>) -> Vec<(MapSlice, Vec<f32>)> {
        let command = Command::Maps {
            input: Input::Values,
            maps,
        };
        let message = self.ask(command, bytes(input));
        let values = message.values().unwrap();
        let Event::Mapped { maps } = message.header else {
            panic!("no maps but {:?}", message.header)
        };
        let of = |map: &MapSlice| values[map.offset..][..map.sent.elements() as usize].to_vec();
        maps.iter().map(|map| (*map, of(map))).collect()
    }

    /// A node's parameters as bits.
    pub fn params(&mut self, node: NodeId) -> Vec<(ParamSlice, Vec<u32>)> {
        let message = self.ask(Command::Params { node }, Vec::new());
        let values = message.values().unwrap();
        let Event::Params { params, .. } = message.header else {
            panic!("no parameters but {:?}", message.header)
        };
        let bits = |param: &ParamSlice| {
            let count = param.dims.iter().product();
            let values = values[param.offset..][..count].iter();
            values.map(|value| value.to_bits()).collect()
        };
        let params = params.into_iter().map(|param| {
            let bits = bits(&param);
            (param, bits)
        });
        params.collect()
    }

    /// The parameters of a node of this name, without what says where they lay.
    pub fn bits(&mut self, graph: &Graph, name: &str) -> Vec<(String, Vec<usize>, Vec<u32>)> {
        let params = self.params(id(graph, name)).into_iter();
        params.map(|(it, bits)| (it.role, it.dims, bits)).collect()
    }
}

/// A request as it arrives.
pub fn sent(id: RequestId, command: Command, payload: Vec<u8>) -> Message<Request> {
    let header = Request { id, command };
    let sent = Message { header, payload }.encode().unwrap();
    Message::decode(&sent).unwrap()
}

pub const fn loaded(trained: usize, weighted: usize) -> Event {
    Event::Loaded {
        trained,
        weighted,
        notes: Vec::new(),
    }
}

pub fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).unwrap().id
}

pub fn lenet5() -> Graph {
    zoo::lenet5().unwrap()
}

/// The shipped weights of LeNet-5.
pub fn file() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read(root.join("public/models/lenet-5.safetensors")).unwrap()
}

pub fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// As many values as one picture has, between -1 and 1.
pub fn picture(graph: &Graph) -> Vec<f32> {
    noise(graph.input().elements() as usize)
}

/// Numerical Recipes' linear congruential generator.
pub fn noise(count: usize) -> Vec<f32> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

pub fn drawing(width: u32, height: u32) -> Input {
    let recipe = Recipe::default();
    Input::Drawing {
        width,
        height,
        recipe,
    }
}

pub fn photo(width: u32, height: u32) -> Input {
    let means = Means::default();
    Input::Photo {
        width,
        height,
        means,
    }
}
