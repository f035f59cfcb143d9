//! A network on several machines: layers split over workers (model parallel), micro-batches through
//! them (pipeline parallel), gradients summed (data parallel). Pure: where to cut, what a schedule
//! takes, what is sent. With the running half: the stages' forward and backward passes themselves.

mod collective;
#[cfg(feature = "run")]
mod one;
mod partition;
mod pipeline;
#[cfg(feature = "run")]
mod stages;

pub use collective::{Link, Reduction, Step, Transfer, all_reduce_bytes, piece, transfers};
#[cfg(feature = "run")]
pub use one::{Cut, OneStage};
pub use partition::{Partition, PartitionError, partition};
pub use pipeline::{Kind, Schedule, Span, Stage, Timeline, bubble, order, timeline};
#[cfg(feature = "run")]
pub use stages::{Piped, StageError, Staged};
