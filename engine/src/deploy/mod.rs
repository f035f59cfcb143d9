//! What a network would cost where it runs for others: latencies, machines for a load, energy, other
//! devices, budgets. Pure: measured times come in as numbers.

mod budget;
mod device;
mod energy;
mod latency;
mod queue;

pub use budget::{Budgets, Facts, Over};
pub use device::{DEVICES, Device, Fit};
pub use energy::{DRAM_BYTE_PJ, Energy, MAC_PJ, SRAM_BYTE_PJ, SRAM_BYTES};
pub use latency::Latencies;
pub use queue::{Capacity, MOST_MACHINES, Queue, QueueError, Simulation};
