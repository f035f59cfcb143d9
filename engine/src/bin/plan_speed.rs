//! How long the compiled plan takes on one thread, passes, steps and LeNet-5's training step:
//! natively, and built for wasm with `simd128` in node. Of one network natively also
//! `cnnlab plan NETWORK --time`.

use engine::data::made_up;
use engine::plan::{Executor, Params, Plan, Rule, Trainer};
use engine::zoo::{self, Options};

const PASSES: usize = 15;

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    for (name, batch) in [
        ("lenet-5", 500),
        ("mobilenet", 1),
        ("alexnet", 1),
        ("resnet-18", 1),
    ] {
        let graph = zoo::build(name, &Options::default())?;
        let params = Params::made_up(&graph);
        let start = now();
        let plan = Plan::lower(&graph, &params)?;
        let lowered = now() - start;
        let (macs, count) = (plan.macs(), plan.input().elements());
        let mut run = Executor::new(plan);
        let input = made_up(count);
        let mut times = Vec::new();
        for _ in 0..PASSES {
            let start = now();
            for _ in 0..batch {
                run.run(&input)?;
            }
            times.push((now() - start) / f64::from(batch));
        }
        let first = times[0];
        times.sort_by(f64::total_cmp);
        let (best, median) = (times[0], times[PASSES / 2]);
        let rate = 2.0 * macs as f64 / best / 1e6;
        let line = format!(
            "{name}: best {best:.3} ms ({rate:.1} GFLOP/s), median {median:.3}, first {first:.3}, \
             lowered in {lowered:.1}"
        );
        print(&line);
        let mut steps = vec![f64::INFINITY; run.plan().steps.len()];
        for _ in 0..PASSES {
            run.put(&input)?;
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
                "  {:14} {:4}x{:3}x{:3} {ms:9.4} ms {rate:6.1} GFLOP/s",
                step.kernel.name(),
                map.channels,
                map.height,
                map.width
            );
            print(&line);
        }
    }
    train()
}

/// The step of 64 pictures that the bench of the running half times.
fn train() -> Result<(), Box<dyn std::error::Error>> {
    const BATCH: usize = 64;
    let graph = zoo::lenet5()?;
    let mut trainer = Trainer::new(&graph, &Params::made_up(&graph))?;
    let count = graph.input().elements() as usize * BATCH;
    let pictures = made_up(count);
    let labels: Vec<usize> = (0..BATCH).map(|at| at % 10).collect();
    let rule = Rule::Sgd {
        momentum: 0.9,
        weight_decay: 0.0,
    };
    let mut times = Vec::new();
    for _ in 0..10 * PASSES {
        let start = now();
        trainer.step(&pictures, &labels, rule, 1e-3)?;
        times.push(now() - start);
    }
    times.sort_by(f64::total_cmp);
    let (best, median) = (times[0], times[5 * PASSES]);
    print(&format!(
        "lenet-5, training step of {BATCH}: best {best:.3} ms, median {median:.3}"
    ));
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn print(line: &str) {
    web_sys::console::log_1(&line.into());
}

#[cfg(not(target_arch = "wasm32"))]
fn print(line: &str) {
    println!("{line}");
}

/// Milliseconds, with fractions.
#[cfg(target_arch = "wasm32")]
fn now() -> f64 {
    let global = js_sys::global();
    let read = || {
        let clock = js_sys::Reflect::get(&global, &"performance".into()).ok()?;
        let now = js_sys::Reflect::get(&clock, &"now".into()).ok()?;
        js_sys::Function::from(now).call0(&clock).ok()?.as_f64()
    };
    read().unwrap_or_else(js_sys::Date::now)
}

/// Milliseconds, with fractions, since 1970.
#[cfg(not(target_arch = "wasm32"))]
fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1e3)
}

fn main() {
    if let Err(error) = measure() {
        print(&error.to_string());
    }
}
