//! The running side's only seam: commands down, events up. The words are in the pure half, so that
//! the page speaks them without a tensor library; the loop that answers is in the running half.

mod command;
#[cfg(feature = "run")]
mod compare;
mod device;
mod event;
mod inbox;
#[cfg(feature = "run")]
mod inspect;
#[cfg(feature = "run")]
mod maps;
#[cfg(feature = "run")]
mod run;
mod wire;
#[cfg(all(feature = "run", target_arch = "wasm32"))]
pub mod worker;

pub use command::{Command, Input, Pass, Unit, Wanted, Weights};
pub use device::{Adapter, Choice, DeviceKind, Preference, choose};
pub use event::{
    CommandKind, Difference, Event, InputStep, LayerTime, MOST_CLASSES, MapSlice, ParamSlice,
    StepPicture, answers,
};
pub use inbox::Inbox;
#[cfg(feature = "run")]
pub use run::Session;
pub use wire::{Message, WireError};
