//! Which device runs the network, and the sentence that says why.

use serde::{Deserialize, Serialize};

pub use crate::format::Preference;

/// What a session computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Cpu,
    WebGpu,
}

impl DeviceKind {
    /// The name as the badge shows it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::WebGpu => "WebGPU",
        }
    }
}

/// What the page found when it asked the browser for WebGPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// Not asked yet.
    Unknown,
    /// The page is not served over https or from localhost.
    InsecurePage,
    /// The browser has no WebGPU.
    NoWebGpu,
    /// WebGPU is there but gives no adapter.
    None,
    /// An adapter that is computed in software.
    Software { name: String },
    /// An adapter without the feature that the engine's timing needs.
    NoTimestamps { name: String },
    /// A real GPU.
    Real { name: String },
}

impl Adapter {
    /// Whether the WebGPU engine can start on it at all.
    pub const fn usable(&self) -> bool {
        match self {
            Self::Software { .. } | Self::Real { .. } => true,
            Self::Unknown
            | Self::InsecurePage
            | Self::NoWebGpu
            | Self::None
            | Self::NoTimestamps { .. } => false,
        }
    }
}

/// The device to use, and why, in one sentence for the badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub device: DeviceKind,
    pub reason: String,
}

/// Chooses the device. `cpu_ms` and `gpu_ms` are the measured forward passes of the current
/// network, where there are any.
pub fn choose(
    adapter: &Adapter,
    preference: Preference,
    cpu_ms: Option<f64>,
    gpu_ms: Option<f64>,
) -> Choice {
    let cpu = |reason: String| Choice {
        device: DeviceKind::Cpu,
        reason,
    };
    let obstacle = match adapter {
        Adapter::Unknown => Some("WebGPU has not been looked for yet".to_owned()),
        Adapter::InsecurePage => {
            Some("browsers offer WebGPU only over https or from localhost".to_owned())
        }
        Adapter::NoWebGpu => Some("this browser has no WebGPU".to_owned()),
        Adapter::None => Some("this browser found no graphics adapter".to_owned()),
        Adapter::NoTimestamps { name } => Some(format!(
            "the adapter {name} lacks timestamp queries, which the engine needs"
        )),
        Adapter::Software { .. } | Adapter::Real { .. } => None,
    };
    match (preference, obstacle) {
        (Preference::Cpu, _) => cpu("you chose the CPU".to_owned()),
        (Preference::WebGpu, Some(why)) => cpu(format!("you chose WebGPU, but {why}")),
        (Preference::WebGpu, None) => Choice {
            device: DeviceKind::WebGpu,
            reason: "you chose WebGPU".to_owned(),
        },
        (Preference::Automatic, Some(why)) => cpu(why),
        (Preference::Automatic, None) => automatic(adapter, cpu_ms, gpu_ms),
    }
}

fn automatic(adapter: &Adapter, cpu_ms: Option<f64>, gpu_ms: Option<f64>) -> Choice {
    if let Adapter::Software { name } = adapter {
        let reason =
            format!("the adapter {name} is computed in software, slower than the CPU path");
        return Choice {
            device: DeviceKind::Cpu,
            reason,
        };
    }
    let (Some(cpu_ms), Some(gpu_ms)) = (cpu_ms, gpu_ms) else {
        let reason = "measuring both on this network".to_owned();
        return Choice {
            device: DeviceKind::Cpu,
            reason,
        };
    };
    let measured = |device: DeviceKind, fast: f64, slow: f64| Choice {
        device,
        reason: format!(
            "{} took {fast:.1} ms on this network, the other {slow:.1} ms",
            device.title()
        ),
    };
    if gpu_ms < cpu_ms {
        measured(DeviceKind::WebGpu, gpu_ms, cpu_ms)
    } else {
        measured(DeviceKind::Cpu, cpu_ms, gpu_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real() -> Adapter {
        Adapter::Real {
            name: "Arc".to_owned(),
        }
    }

    #[test]
    fn the_faster_device_wins_and_the_reason_has_both_times() {
        let choice = choose(&real(), Preference::Automatic, Some(9.0), Some(2.0));
        assert_eq!(choice.device, DeviceKind::WebGpu);
        assert!(choice.reason.contains("2.0 ms") && choice.reason.contains("9.0 ms"));
        let choice = choose(&real(), Preference::Automatic, Some(2.0), Some(9.0));
        assert_eq!(choice.device, DeviceKind::Cpu);
    }

    #[test]
    fn a_software_adapter_is_used_only_when_asked_for() {
        let software = Adapter::Software {
            name: "SwiftShader".to_owned(),
        };
        let choice = choose(&software, Preference::Automatic, Some(9.0), Some(2.0));
        assert_eq!(choice.device, DeviceKind::Cpu);
        assert!(choice.reason.contains("SwiftShader"));
        assert_eq!(
            choose(&software, Preference::WebGpu, None, None).device,
            DeviceKind::WebGpu
        );
    }

    #[test]
    fn every_obstacle_leads_to_the_cpu_with_a_reason() {
        let lacking = Adapter::NoTimestamps {
            name: "Mali".to_owned(),
        };
        for adapter in [
            Adapter::Unknown,
            Adapter::InsecurePage,
            Adapter::NoWebGpu,
            Adapter::None,
            lacking,
        ] {
            for preference in [Preference::Automatic, Preference::WebGpu] {
                let choice = choose(&adapter, preference, Some(9.0), Some(2.0));
                assert_eq!(choice.device, DeviceKind::Cpu, "{adapter:?}");
                assert!(!choice.reason.is_empty());
            }
        }
    }
}
