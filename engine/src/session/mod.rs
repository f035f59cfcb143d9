//! The interface of the running side: requests in, replies out. Their types are in the pure half,
//! so that the page has them without a tensor library; what carries them out is in the running half.

mod command;
#[cfg(feature = "run")]
mod compare;
#[cfg(feature = "run")]
mod data;
mod device;
mod event;
#[cfg(feature = "run")]
mod examine;
mod failure;
mod inbox;
#[cfg(feature = "run")]
mod input;
#[cfg(feature = "run")]
mod inspect;
#[cfg(feature = "run")]
mod job;
#[cfg(feature = "run")]
mod load;
#[cfg(feature = "run")]
mod maps;
#[cfg(feature = "run")]
mod measure;
mod non_finite;
#[cfg(feature = "run")]
mod outcome;
mod peer;
#[cfg(feature = "run")]
mod peers;
#[cfg(all(feature = "run", target_arch = "wasm32"))]
mod ports;
mod pushed;
mod request;
#[cfg(feature = "run")]
mod run;
mod sentence;
#[cfg(feature = "run")]
mod train;
#[cfg(feature = "run")]
mod turn;
mod wire;
#[cfg(all(feature = "run", target_arch = "wasm32"))]
pub mod worker;

pub use command::{Command, DataPart, Input, Pass, Snapshots, Unit, Wanted, Weights};
pub use device::{Adapter, Choice, DeviceKind, Preference, choose};
pub use event::{
    Difference, Event, InputStep, LayerTime, MOST_CLASSES, MapSlice, ParamSlice, StepPicture,
    answers,
};
pub use failure::{EncodedFailure, Failure};
pub use inbox::Inbox;
#[cfg(feature = "run")]
pub use job::{Job, JobFuture, Step};
pub use non_finite::{Cause, NonFinite};
#[cfg(feature = "run")]
pub use outcome::Ended;
pub use peer::{COORDINATOR, PeerMessage};
pub use pushed::{Peek, Pushed, PushedReply};
pub use request::{CancelReason, NO_REQUEST, Reply, Request, RequestId};
#[cfg(feature = "run")]
pub use run::Session;
#[cfg(feature = "run")]
pub use turn::turn;
pub use wire::{Message, WireError};
