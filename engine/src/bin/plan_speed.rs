//! How long the compiled plan takes on one thread, passes and steps: natively, and built for wasm
//! with `simd128` in node (`cargo xtask bench plan`). Of one network natively also
//! `cnnlab plan NETWORK --time`.

#[path = "clock/mod.rs"]
mod clock;

use clock::{now, print};
use engine::data::made_up;
use engine::plan::{Executor, Params, Plan, RunError};
use engine::zoo::{self, Options};

const PASSES: usize = 15;
/// Measurements of a network that takes microseconds: another program may have the core at any time.
const MANY: usize = 400;

/// With so many passes for a measurement.
const NETWORKS: [(&str, u32); 4] = [
    ("lenet-5", 20),
    ("mobilenet", 1),
    ("alexnet", 1),
    ("resnet-18", 1),
];

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    for (name, batch) in NETWORKS {
        let graph = zoo::build(name, &Options::default())?;
        let params = Params::made_up(&graph);
        let start = now();
        let plan = Plan::lower(&graph, &params)?;
        let lowered = now() - start;
        let (macs, count) = (plan.macs(), plan.input().elements());
        let mut run = Executor::new(plan);
        let input = made_up(count);
        let mut times = Vec::new();
        let rounds = if batch > 1 { MANY } else { PASSES };
        for _ in 0..rounds {
            let start = now();
            for _ in 0..batch {
                run.run(&input)?;
            }
            times.push((now() - start) / f64::from(batch));
        }
        let first = times[0];
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[rounds / 2]);
        let rate = 2.0 * macs as f64 / best / 1e6;
        let line = format!(
            "{name}: best {best:.3} ms ({rate:.1} GFLOP/s), median {median:.3}, first {first:.3}, \
             lowered in {lowered:.1}"
        );
        print(&line);
        steps(&mut run, &input, batch)?;
    }
    in_whole_numbers()
}

/// The best time of each step.
fn steps(run: &mut Executor, input: &[f32], batch: u32) -> Result<(), RunError> {
    let mut steps = vec![f64::INFINITY; run.plan().steps.len()];
    for _ in 0..if batch > 1 { MANY } else { PASSES } {
        run.put(input)?;
        for (place, best) in steps.iter_mut().enumerate() {
            let start = now();
            for _ in 0..batch {
                run.step(place);
            }
            *best = best.min((now() - start) / f64::from(batch));
        }
    }
    for (step, ms) in run.plan().steps.iter().zip(steps) {
        let rate = 2.0 * step.macs as f64 / ms / 1e6;
        let map = step.output;
        let line = format!(
            "  {:16} {:4}x{:3}x{:3} {ms:9.4} ms {rate:6.1} GFLOP/s",
            step.kernel.name(),
            map.channels,
            map.height,
            map.width
        );
        print(&line);
    }
    Ok(())
}

/// The same networks with convolutions and linear layers of 8 bits.
#[cfg(feature = "integer")]
fn in_whole_numbers() -> Result<(), Box<dyn std::error::Error>> {
    use engine::Layer;
    use engine::plan::{Integers, Options as Lowering, Packer, Steps};
    for (name, batch) in NETWORKS {
        let graph = zoo::build(name, &Options::default())?;
        let params = Params::made_up(&graph);
        let is_layer = |layer: &Layer| {
            matches!(
                layer,
                Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
            )
        };
        let nodes = graph.nodes().iter().filter(|node| is_layer(&node.layer));
        let steps_of = Steps {
            scale: 0.02,
            zero_point: 128,
        };
        let lowering = Lowering {
            integers: Integers {
                inputs: nodes.map(|node| (node.id, steps_of)).collect(),
                per_tensor: false,
            },
            ..Lowering::default()
        };
        let plan = Plan::lower_with(&graph, &params, &lowering, &mut Packer::default())?;
        let input = made_up(plan.input().elements());
        let mut run = Executor::new(plan);
        let mut times = Vec::new();
        let rounds = if batch > 1 { MANY } else { PASSES };
        for _ in 0..rounds {
            let start = now();
            for _ in 0..batch {
                run.run(&input)?;
            }
            times.push((now() - start) / f64::from(batch));
        }
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[rounds / 2]);
        print(&format!(
            "{name}, 8 bits: best {best:.3} ms, median {median:.3}"
        ));
        steps(&mut run, &input, batch)?;
    }
    Ok(())
}

#[cfg(not(feature = "integer"))]
fn in_whole_numbers() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

fn main() {
    if let Err(error) = measure() {
        print(&error.to_string());
        clock::fail();
    }
}
