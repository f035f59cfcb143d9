//! What the layers took: the memory held is checked against the accounting, which is computed
//! without running anything; times have no right answer but must be there, layer by layer.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::analysis::Precision;
use engine::run::{Network, NetworkError, cpu, time_layers};
use engine::zoo::{self, Options};
use engine::{Analysis, NodeId};
use pollster::block_on;

fn network(name: &str) -> Network {
    let graph = zoo::build(name, &Options::default()).unwrap();
    Network::seeded(graph, 1, &cpu()).unwrap()
}

fn blank(network: &Network, pictures: usize) -> Vec<f32> {
    vec![0.5; network.graph().input().elements() as usize * pictures]
}

#[test]
fn the_memory_held_peaks_where_the_accounting_says() {
    // A chain, skips, branches and dense connections.
    for name in [
        "lenet-5",
        "resnet-mini",
        "squeezenet-mini",
        "densenet-mini",
        "googlenet-mini",
    ] {
        let network = network(name);
        let predicted = Analysis::of(network.graph()).inference;
        let times = block_on(time_layers(&network, blank(&network, 1), 1)).unwrap();
        let bytes = predicted.bytes(Precision::F32);
        assert_eq!(times.peak_live_bytes, bytes, "{name}");
        let peak = times.layers.iter().max_by_key(|layer| layer.live_bytes);
        if predicted.node != NodeId::INPUT {
            let at = times.layers.iter().find(|it| it.node == predicted.node);
            assert_eq!(at.unwrap().live_bytes, peak.unwrap().live_bytes, "{name}");
        }
    }
}

#[test]
fn every_layer_has_a_time_in_the_graph_s_order() {
    let network = network("squeezenet-mini");
    let times = block_on(time_layers(&network, blank(&network, 1), 3)).unwrap();
    let timed = times.layers.iter().map(|layer| layer.node);
    assert!(timed.eq(network.graph().nodes().iter().map(|node| node.id)));
    assert!(
        times
            .layers
            .iter()
            .all(|it| it.ms.is_finite() && it.ms > 0.0)
    );
    assert!(times.total_ms > 0.0);
}

#[test]
fn two_pictures_hold_twice_the_memory() {
    let network = network("lenet-5");
    let peak = |pictures| {
        let input = blank(&network, pictures);
        block_on(time_layers(&network, input, 0))
            .unwrap()
            .peak_live_bytes
    };
    assert_eq!(peak(2), 2 * peak(1));
}

#[test]
fn an_input_of_another_size_is_refused() {
    let network = network("lenet-5");
    let error = block_on(time_layers(&network, vec![0.0; 5], 1)).unwrap_err();
    assert!(
        matches!(error, NetworkError::Input { got: 5, .. }),
        "{error}"
    );
}
