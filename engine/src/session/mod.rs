//! The interface of the running side: requests in, replies out. Their types are in the pure half,
//! so that the page has them without a tensor library. What carries them out is in the session (feature
//! `plan`); what needs gradients or trains, in the running half (feature `run`).

#[cfg(feature = "run")]
mod apart;
#[cfg(feature = "run")]
mod attack;
#[cfg(feature = "plan")]
mod clock;
mod command;
#[cfg(feature = "run")]
mod compare;
#[cfg(feature = "run")]
mod data;
mod device;
#[cfg(feature = "plan-gpu")]
mod device_plan;
mod encoded;
mod event;
#[cfg(feature = "run")]
mod examine;
mod executor;
#[cfg(feature = "run")]
mod explain;
mod failure;
#[cfg(all(feature = "plan", target_arch = "wasm32"))]
mod first;
#[cfg(feature = "plan")]
mod hand_over;
mod inbox;
#[cfg(feature = "plan")]
mod input;
#[cfg(feature = "run")]
mod inspect;
#[cfg(feature = "plan")]
mod job;
#[cfg(feature = "run")]
mod latency;
#[cfg(feature = "plan")]
mod load;
#[cfg(feature = "plan")]
mod maps;
#[cfg(feature = "run")]
mod measure;
#[cfg(feature = "plan")]
mod model;
mod non_finite;
#[cfg(feature = "plan")]
mod outcome;
#[cfg(feature = "plan")]
mod parameters;
mod peer;
#[cfg(feature = "run")]
mod peers;
#[cfg(feature = "run")]
mod pipeline;
#[cfg(feature = "run")]
mod place;
#[cfg(feature = "plan")]
mod planned;
#[cfg(all(feature = "run", target_arch = "wasm32"))]
mod ports;
mod pushed;
mod request;
#[cfg(feature = "plan")]
mod run;
mod sentence;
#[cfg(feature = "run")]
mod shrink;
#[cfg(feature = "plan")]
mod trace;
#[cfg(feature = "run")]
mod train;
#[cfg(feature = "plan")]
mod turn;
mod wire;
#[cfg(all(feature = "plan", target_arch = "wasm32"))]
pub mod worker;
#[cfg(feature = "plan")]
mod yield_point;

#[cfg(feature = "plan")]
pub use clock::Repeats;
#[cfg(feature = "plan")]
pub(crate) use clock::milliseconds;
pub use command::{Command, DataPart, Input, Pass, Snapshots, StagePass, Unit, Wanted, Weights};
pub use device::{Adapter, Choice, DeviceKind, Preference, choose};
pub use encoded::Encoded;
pub use event::{
    Difference, Event, InputStep, LayerTime, MOST_CLASSES, MapSlice, ParamSlice, StepPicture,
    answers,
};
pub use executor::{BurnReason, Executor};
pub use failure::{EncodedFailure, Failure};
#[cfg(feature = "plan")]
pub use hand_over::HandOver;
pub use inbox::Inbox;
#[cfg(feature = "plan")]
pub use job::{Job, JobFuture, Step};
#[cfg(all(feature = "cli", feature = "run"))]
pub(crate) use measure::of_layers;
pub use non_finite::{Cause, NonFinite};
#[cfg(feature = "plan")]
pub use outcome::Ended;
pub use peer::{COORDINATOR, PeerMessage};
#[cfg(feature = "run")]
pub(crate) use planned::cut;
pub use pushed::{Peek, Pushed, PushedReply};
pub use request::{CancelReason, NO_REQUEST, Reply, Request, RequestId};
#[cfg(feature = "plan")]
pub use run::Session;
#[cfg(feature = "plan")]
pub use trace::Check;
#[cfg(feature = "plan")]
pub use turn::turn;
pub use wire::{Message, WireError};
#[cfg(feature = "plan")]
pub use yield_point::{Verdict, YieldPoint};
