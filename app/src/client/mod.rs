//! The engines' workers. Knows nothing of the lab's state.

pub mod worker;
