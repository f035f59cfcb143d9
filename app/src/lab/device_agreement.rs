//! Comparison of the two devices: the current network and input on both, layer by layer.

use std::time::Duration;

use engine::session::{Adapter, Command, DeviceKind, Difference, Event, Input, Message, Wanted};
use engine::{Analysis, Graph, NodeId};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use state::engine::{AGREED, DeviceAgreement, worst};
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::Lab;

/// The number of map values sent from one engine to the other at a time: 32 MB.
const AT_ONCE: u64 = 8_000_000;
/// How long WebGPU may take to start and to load the network.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Lab {
    /// Compares the two devices layer by layer. WebGPU is started for it where it is not.
    pub fn compare_devices(self) {
        let job = self.agreement_job;
        if !job.begin() {
            return;
        }
        let graph = self.document.running().get_untracked();
        let of = graph.nodes().len();
        self.engine
            .set_agreement(DeviceAgreement::Running { done: 0, of });
        spawn_local(async move {
            let outcome = self.compare(&graph).await;
            if let Ok(layers) = &outcome {
                self.judge(layers);
            }
            let cancelled = job.is_cancelled();
            job.end();
            self.engine.set_agreement(match outcome {
                Ok(layers) => DeviceAgreement::Done(layers),
                Err(_) if cancelled => DeviceAgreement::NotAsked,
                Err(why) => DeviceAgreement::Failed(why),
            });
        });
    }

    async fn compare(self, graph: &Graph) -> Result<Vec<(String, Difference)>, String> {
        // Shortly after the start WebGPU has not been probed yet.
        let unknown = || {
            self.engine
                .adapter()
                .with_untracked(|it| *it == Adapter::Unknown)
        };
        let mut waited = Duration::ZERO;
        while unknown() && waited < PATIENCE && !self.agreement_job.is_cancelled() {
            sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
        let adapter = self.engine.adapter().get_untracked();
        if !adapter.usable() {
            return Err(format!(
                "There is nothing to compare: {}.",
                self.engine.why_no_webgpu()
            ));
        }
        self.start_engine(DeviceKind::WebGpu);
        self.webgpu_loaded().await?;
        let analysis = Analysis::of(graph);
        let mut all = Vec::new();
        for nodes in batches(&analysis, AT_ONCE) {
            let maps: Vec<Wanted> = nodes.iter().map(|&node| Wanted::all(node)).collect();
            let input = Input::Last;
            let maps = Command::Maps { input, maps };
            let mapped = self
                .agreement_step(DeviceKind::Cpu, maps, Vec::new())
                .await?;
            let Event::Mapped { maps } = mapped.header else {
                return Err("The CPU engine gave another answer than asked for.".into());
            };
            // The CPU engine's input, then its maps: both engines get the same values.
            let mut payload = self.last_input().await?;
            let input_bytes = payload.len();
            payload.extend(mapped.payload);
            let input = Input::Values;
            let compare = Command::Compare {
                input,
                input_bytes,
                maps,
            };
            let compared = self
                .agreement_step(DeviceKind::WebGpu, compare, payload)
                .await?;
            let Event::Compared { layers } = compared.header else {
                return Err("The WebGPU engine gave another answer than asked for.".into());
            };
            for layer in layers {
                let name = graph
                    .node(layer.node)
                    .map_or_else(String::new, |it| it.name.clone());
                all.push((name, layer));
            }
            let (done, of) = (all.len(), graph.nodes().len());
            self.engine
                .set_agreement(DeviceAgreement::Running { done, of });
        }
        Ok(all)
    }

    async fn agreement_step(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, String> {
        let result = self.run_job(self.agreement_job, device, command, payload);
        result.await.map_err(|error| error.sentence())
    }

    /// The values that the CPU's network last ran on.
    async fn last_input(self) -> Result<Vec<u8>, String> {
        let maps = vec![Wanted::all(NodeId::INPUT)];
        let input = Input::Last;
        let maps = Command::Maps { input, maps };
        let Message { header, payload } = self
            .agreement_step(DeviceKind::Cpu, maps, Vec::new())
            .await?;
        match header {
            Event::Mapped { .. } => Ok(payload),
            _ => Err("The CPU engine gave another answer than asked for.".into()),
        }
    }

    /// Waits until WebGPU has the network that is to run.
    async fn webgpu_loaded(self) -> Result<(), String> {
        let mut waited = Duration::ZERO;
        loop {
            let loaded = self.core(|core| {
                let version = core.version;
                core.gpu
                    .as_ref()
                    .is_some_and(|it| it.loaded == Some(version))
            });
            if loaded {
                return Ok(());
            }
            let refused = self.engine.webgpu_limit().get_untracked();
            if let Some(why) = refused.or_else(|| self.engine.webgpu_failure().get_untracked()) {
                return Err(format!("WebGPU does not take this network: {why}."));
            }
            if self.agreement_job.is_cancelled() {
                return Err("The comparison was cancelled.".into());
            }
            if waited > PATIENCE {
                return Err("WebGPU did not take the network within a minute; try again.".into());
            }
            sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
    }

    /// The devices differ beyond rounding: use the CPU, whatever was chosen.
    fn judge(self, layers: &[(String, Difference)]) {
        let Some((name, layer)) = worst(layers).filter(|(_, it)| it.relative > AGREED) else {
            return self.notices.dismiss(Place::DeviceAgreement);
        };
        let why = format!(
            "WebGPU differs from the CPU by {:.1e} of the largest value in “{name}”, more than \
             {AGREED:e}",
            layer.relative
        );
        self.notices.fail(
            Place::DeviceAgreement,
            format!("{why}; the CPU goes on. Its numbers can be trusted."),
        );
        self.engine.set_webgpu_failure(Some(why));
    }
}

/// Splits the nodes into groups of at most `at_once` values each.
fn batches(analysis: &Analysis, at_once: u64) -> Vec<Vec<NodeId>> {
    let mut batches: Vec<Vec<NodeId>> = Vec::new();
    let mut left = 0;
    for facts in &analysis.nodes {
        let values = facts.elements();
        match batches.last_mut() {
            Some(batch) if values <= left => {
                batch.push(facts.id);
                left -= values;
            }
            Some(_) | None => {
                batches.push(vec![facts.id]);
                left = at_once.saturating_sub(values);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_in_one_batch_and_no_batch_but_a_single_node_is_too_large() {
        let graph = engine::zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        // C1 and the tanh behind it have 4,704 values each, the pool behind them 1,176.
        let batches = batches(&analysis, 6_000);
        assert_eq!(batches.concat().len(), graph.nodes().len());
        assert_eq!((batches[0].len(), batches[1].len()), (1, 2));
        for batch in &batches {
            let values = batch
                .iter()
                .map(|&id| analysis.node(id).unwrap().elements());
            assert!(values.sum::<u64>() <= 6_000);
        }
    }
}
