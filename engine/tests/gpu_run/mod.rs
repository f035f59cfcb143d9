//! Plans on a device, and how far their values are off.
#![allow(dead_code, reason = "shared by several tests")]

use std::rc::Rc;

use engine::plan::gpu::{Gpu, GpuExecutor};
use engine::plan::wgsl::Program;
use engine::plan::{LowerError, Packer, Params};
use engine::{Graph, NodeId, Shape};
use pollster::block_on;

pub fn all(graph: &Graph) -> Vec<NodeId> {
    graph.nodes().iter().map(|node| node.id).collect()
}

pub fn picture(shape: Shape) -> Vec<f32> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    (0..shape.elements()).map(value).collect()
}

pub fn executor(
    gpu: &Rc<Gpu>,
    graph: &Graph,
    params: &Params,
    watched: Vec<NodeId>,
    looking: bool,
) -> Result<GpuExecutor, LowerError> {
    let program = Program::lower(graph, params, watched, &mut Packer::default())?;
    Ok(block_on(GpuExecutor::new(Rc::clone(gpu), program, looking)).unwrap())
}

/// With packed weights that are kept.
pub fn lowered(
    gpu: &Rc<Gpu>,
    graph: &Graph,
    params: &Params,
    packer: &mut Packer,
) -> Result<GpuExecutor, LowerError> {
    let program = Program::lower(graph, params, vec![], packer)?;
    Ok(block_on(GpuExecutor::new(Rc::clone(gpu), program, false)).unwrap())
}

pub fn run(executor: &mut GpuExecutor, input: &[f32]) -> Vec<f32> {
    block_on(executor.run(input, &[])).unwrap();
    executor.values().output().to_vec()
}
