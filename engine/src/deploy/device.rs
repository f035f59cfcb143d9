//! What a network would take on other machines, by the roofline of their published peaks. Nothing
//! reaches its peak: the predicted time is a lower bound.

use serde::Serialize;

use crate::analysis::{Machine, Precision, Work};
use crate::{Analysis, Graph};

/// A machine by its data sheet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Device {
    pub name: &'static str,
    /// Billions of 32-bit multiply-adds a second, at most.
    pub gmacs: f64,
    /// Billions of bytes a second from the memory that holds the weights.
    pub gigabytes: f64,
    /// Bytes for feature maps.
    pub memory: u64,
    /// Bytes for weights, where they have a memory of their own.
    pub flash: Option<u64>,
    pub source: &'static str,
}

const GB: u64 = 1_000_000_000;

/// From the smallest to the largest.
pub const DEVICES: [Device; 5] = [
    Device {
        name: "Microcontroller (Cortex-M7, 216 MHz)",
        // One single-precision multiply-add a cycle.
        gmacs: 0.216,
        // The 64-bit bus at 216 MHz.
        gigabytes: 1.728,
        memory: 320 * 1024,
        flash: Some(1024 * 1024),
        source: "STMicroelectronics, STM32F746 data sheet DS10916",
    },
    Device {
        name: "Single-board computer (4 × Cortex-A72, 1.5 GHz)",
        // Four lanes a cycle and core.
        gmacs: 24.0,
        // 32 bits of LPDDR4-3200.
        gigabytes: 12.8,
        memory: 4 * GB,
        flash: None,
        source: "Raspberry Pi 4 Model B data sheet; Arm Cortex-A72 Software Optimization Guide",
    },
    Device {
        name: "Phone (4 × Cortex-A76, 2.4 GHz)",
        // Two multiply-adds of four lanes a cycle and core.
        gmacs: 76.8,
        // 64 bits of LPDDR4X-4266.
        gigabytes: 34.1,
        memory: 6 * GB,
        flash: None,
        source: "Arm Cortex-A76 Software Optimization Guide; JEDEC JESD209-4-1 (LPDDR4X)",
    },
    Device {
        name: "Laptop (Core i5-1135G7, 4 cores, 2.4 GHz)",
        // One multiply-add of sixteen lanes a cycle and core.
        gmacs: 153.6,
        // Two channels of DDR4-3200.
        gigabytes: 51.2,
        memory: 16 * GB,
        flash: None,
        source: "Intel, product specifications of the Core i5-1135G7",
    },
    Device {
        name: "Server GPU (NVIDIA A100 80 GB)",
        // 19.5 TFLOP/s without tensor cores.
        gmacs: 9750.0,
        gigabytes: 2039.0,
        memory: 80 * GB,
        flash: None,
        source: "NVIDIA A100 Tensor Core GPU data sheet",
    },
];

/// How a network does on a device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// At least so many milliseconds for one picture, in 32-bit floats.
    pub ms: f64,
    /// Whether weights and the feature maps that are alive at once fit, as 32-bit floats.
    pub fits: bool,
    /// As 8-bit integers.
    pub fits_i8: bool,
}

impl Device {
    /// How this network does here.
    pub fn fit(&self, graph: &Graph, analysis: &Analysis) -> Fit {
        let machine = Machine {
            byte_secs: 1e-9 / self.gigabytes,
            element_secs: 1e-9 / self.gmacs,
            mac_secs: [1e-9 / self.gmacs; 4],
            ..Machine::default()
        };
        let fits = |precision: Precision| {
            let weights = analysis.weight_bytes(precision);
            let maps = analysis.inference.bytes(precision);
            match self.flash {
                Some(flash) => weights <= flash && maps <= self.memory,
                None => weights.saturating_add(maps) <= self.memory,
            }
        };
        Fit {
            ms: 1e3 * machine.pass_secs(&Work::of_all(graph, analysis)),
            fits: fits(Precision::F32),
            fits_i8: fits(Precision::I8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    #[test]
    fn a_network_takes_no_less_than_its_arithmetic_and_its_weights() {
        let graph = zoo::build("vgg-16", &zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        for device in &DEVICES {
            let fit = device.fit(&graph, &analysis);
            // 15.47 billion multiply-adds and 138.36 million parameters (Simonyan and Zisserman 2015).
            assert!(fit.ms >= 15.4e3 / device.gmacs, "{}", device.name);
            assert!(
                fit.ms >= 138.3e-3 * 4.0 * 1e3 / device.gigabytes,
                "{}",
                device.name
            );
        }
        let [small, .., large] = DEVICES;
        assert!(!small.fit(&graph, &analysis).fits_i8);
        assert!(large.fit(&graph, &analysis).fits);
    }

    #[test]
    fn lenet_5_fits_a_microcontroller() {
        // 61,706 parameters are 247 kB of its 1 MB of flash.
        let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
        let fit = DEVICES[0].fit(&graph, &Analysis::of(&graph));
        assert!(fit.fits && fit.fits_i8);
    }
}
