//! The milliseconds of a variant.

use engine::session::{Command, Event, Message, Pass};
use wasm_bindgen_futures::spawn_local;

use crate::client::QueryError;
use crate::lab::Lab;

/// Passes whose median is taken.
const RUNS: u32 = 30;

impl Lab {
    /// Measures a forward pass of the network that runs and notes it with its variant.
    pub fn measure_variant(self) {
        if !self.shrink_job.begin() {
            return;
        }
        self.shrink.begin();
        let before = self.document.snapshot();
        spawn_local(async move {
            let command = Command::Measure {
                runs: RUNS,
                pass: Pass::Forward,
            };
            let device = self.answer.device();
            let measured = self
                .run_job(self.shrink_job, device, command, Vec::new())
                .await;
            self.shrink_job.end();
            match measured {
                Ok(Message {
                    header: Event::Measured { ms },
                    ..
                }) => self.shrink.edit(|held| {
                    let weights = before.weights.as_ref();
                    let variant = held.variants.of(&before.graph, weights, before.origin);
                    if let Some(id) = variant.map(|it| it.id)
                        && let Some(variant) = held.variants.get_mut(id)
                    {
                        // What runs is in floats.
                        match &mut variant.float_ms {
                            Some(float) => *float = ms,
                            None => variant.ms = Some(ms),
                        }
                    }
                }),
                Ok(_) => self.shrink.fail(QueryError::Unexpected.sentence()),
                Err(QueryError::Cancelled(_)) => {}
                Err(error) => self.shrink.fail(error.sentence()),
            }
        });
    }
}
