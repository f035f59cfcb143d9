//! Schedules of the reference's second set.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::train::{Decay, Schedule, WarmUp};
use serde_json::Value;

/// A schedule as the reference writes it.
pub fn schedule(of: &Value, base: f64) -> Schedule {
    let number = |key: &str| {
        of[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{of} has no {key}"))
    };
    let count = |key: &str| of[key].as_u64().unwrap();
    let mut warm_up = None;
    let (rate, decay) = match of["name"].as_str().unwrap() {
        "constant" => (base, Decay::Constant),
        "step" => {
            let (every, factor) = (count("step_size"), number("gamma"));
            (base, Decay::Step { every, factor })
        }
        "multistep" => {
            let at = of["milestones"].as_array().unwrap().iter();
            let at = at.map(|it| it.as_u64().unwrap()).collect();
            let factor = number("gamma");
            (base, Decay::Milestones { at, factor })
        }
        "exponential" => {
            let factor = number("gamma");
            (base, Decay::Exponential { factor })
        }
        "cosine" => {
            let least = number("eta_min");
            (base, Decay::Cosine { least })
        }
        "warmup_cosine" => {
            warm_up = Some(WarmUp {
                steps: count("warmup"),
                rise: count("ramp"),
                start: number("start_factor"),
            });
            let least = number("eta_min");
            (base, Decay::Cosine { least })
        }
        "one_cycle" => {
            let cycled = of["cycle_momentum"].as_bool().unwrap();
            let momentum = cycled.then(|| [number("max_momentum"), number("base_momentum")]);
            let decay = Decay::OneCycle {
                rising: number("pct_start"),
                divisor: number("div_factor"),
                final_divisor: number("final_div_factor"),
                linear: of["anneal"] == "linear",
                three_phases: of["three_phase"].as_bool().unwrap(),
                momentum,
            };
            (number("max_lr"), decay)
        }
        other => panic!("the schedule {other} is not known"),
    };
    Schedule {
        rate,
        decay,
        warm_up,
    }
}
