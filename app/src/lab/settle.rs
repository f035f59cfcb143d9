//! Background work after the first answer: storing the site, probing WebGPU, timing the devices. Its
//! code is loaded lazily.

use engine::session::{Adapter, CancelReason, Command, DeviceKind, Event, Pass};
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use crate::client::QueryError;
use crate::platform::webgpu::probe;

/// Passes timed on each device for the choice between them.
const MEASURED_RUNS: u32 = 10;

impl Lab {
    /// Times the current network; the device counts as warm afterwards.
    pub fn measure(self, device: DeviceKind) {
        let command = Command::Measure {
            runs: MEASURED_RUNS,
            pass: Pass::Forward,
        };
        spawn_local(async move {
            let ms = loop {
                match self.request(device, command.clone(), Vec::new()).await {
                    Ok(message) => match message.header {
                        Event::Measured { ms } => break ms,
                        _ => return,
                    },
                    // An edit was made: the new network is measured instead.
                    Err(QueryError::Cancelled(CancelReason::NetworkReplaced)) => {}
                    // The engine has ended, which is reported elsewhere.
                    Err(_) => return,
                }
            };
            self.core(|core| {
                if let Some(engine) = core.engine(device) {
                    engine.warm = true;
                }
            });
            self.engine.set_measured(device, ms);
            self.drawing_changed();
        });
    }

    /// Stores the site on this machine and probes WebGPU.
    pub fn settle(self) {
        self.keep_offline();
        spawn_local(async move {
            let adapter = probe().await;
            let measured = matches!(adapter, Adapter::Real { .. });
            self.engine.set_adapter(adapter);
            if measured {
                self.start_engine(DeviceKind::WebGpu);
            }
        });
    }
}
