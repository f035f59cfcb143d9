//! Pins, the choice of device, and requested maps.

mod common;

use common::lenet;
use engine::layer::Activation;
use engine::session::{Adapter, DeviceKind, Preference, Wanted};
use engine::zoo;
use engine::{GraphBuilder, NodeId, Shape};
use reactive_graph::traits::GetUntracked;
use state::compare::{MOST_PINS, Passes};

#[test]
fn six_networks_can_be_pinned_once_each_and_free_letters_are_reused() {
    let page = lenet();
    let compare = page.state.compare;
    let names = [
        "lenet-5",
        "alexnet",
        "vgg-16",
        "resnet-18",
        "mobilenet",
        "googlenet",
    ];
    assert_eq!(names.len(), MOST_PINS);
    for name in names {
        assert!(compare.pin_preset(name).unwrap(), "{name}");
    }
    let refusal = || compare.refusal().get_untracked().unwrap_or_default();
    assert!(!compare.pin_preset("lenet-5").unwrap());
    assert!(refusal().contains("pinned already"), "{}", refusal());
    assert!(!compare.pin_preset("resnet-50").unwrap());
    assert!(refusal().contains("take one out"), "{}", refusal());
    assert!(compare.pin_preset("no such network").is_err());
    compare.unpin(1);
    assert_eq!(refusal(), "");
    assert!(compare.pin_preset("resnet-50").unwrap());
    let letters = compare.pins().get_untracked();
    let letters: String = letters.iter().map(state::compare::Pin::letter).collect();
    assert_eq!(letters, "ACDEFB");
}

#[test]
fn starter_networks_take_the_place_of_published_ones_and_leave_the_persons_own() {
    let page = lenet();
    let compare = page.state.compare;
    let mut own = GraphBuilder::new("mine", Shape::new(1, 8, 8));
    own.then("relu", Activation::Relu);
    let own = own.finish().unwrap();
    compare.pin(own, Some("lenet-5"));
    compare.start_with(&["lenet-5-1998", "lenet-5"]).unwrap();
    let names = || -> Vec<String> {
        let pins = compare.pins().get_untracked();
        pins.into_iter().map(|pin| pin.row.name).collect()
    };
    assert_eq!(names(), ["mine", "LeNet-5 (1998)", "LeNet-5"]);
    // One that stays keeps its place and its letter.
    compare.start_with(&["vgg-16", "lenet-5"]).unwrap();
    assert_eq!(names(), ["mine", "LeNet-5", "VGG-16"]);
    assert!(compare.is_started_with(&["lenet-5", "vgg-16"]));
    assert!(!compare.is_started_with(&["lenet-5"]));
    assert_eq!(compare.refusal().get_untracked(), None);
    assert!(compare.start_with(&["no such network"]).is_err());
}

#[test]
fn a_pin_replaced_while_measured_does_not_get_the_old_network_s_time() {
    let page = lenet();
    let compare = page.state.compare;
    compare.pin_preset("lenet-5").unwrap();
    let (measured, known) = compare.unmeasured(DeviceKind::Cpu);
    assert_eq!((measured.len(), known), (1, false));
    compare.unpin(0);
    compare.pin_preset("alexnet").unwrap();
    let passes = Passes {
        pass_ms: 1.0,
        layers_ms: vec![1.0],
    };
    compare.set_passes(&measured[0], DeviceKind::Cpu, passes.clone());
    assert_eq!(compare.unmeasured(DeviceKind::Cpu).0.len(), 1);
    let pin = compare.pins().get_untracked().remove(0);
    compare.set_passes(&pin, DeviceKind::Cpu, passes);
    assert!(compare.unmeasured(DeviceKind::Cpu).0.is_empty());
    assert_eq!(compare.unmeasured(DeviceKind::WebGpu).0.len(), 1);
}

#[test]
fn a_failed_webgpu_is_not_used_until_the_user_chooses_it_again() {
    let page = lenet();
    let engine = page.state.engine;
    let device = || engine.choice.get_untracked().device;
    engine.set_adapter(Adapter::Real {
        name: "a GPU".into(),
    });
    engine.prefer(Preference::WebGpu);
    assert_eq!(device(), DeviceKind::WebGpu);
    engine.set_webgpu_failure(Some("it did not start".into()));
    assert_eq!(device(), DeviceKind::Cpu);
    assert_eq!(engine.choice.get_untracked().reason, "it did not start");
    engine.prefer(Preference::WebGpu);
    assert_eq!(device(), DeviceKind::WebGpu);
    engine.set_webgpu_limit(Some("too large".into()));
    assert_eq!(device(), DeviceKind::Cpu);
}

#[test]
fn the_faster_device_is_chosen_once_both_are_measured() {
    let page = lenet();
    let engine = page.state.engine;
    let device = || engine.choice.get_untracked().device;
    engine.set_adapter(Adapter::Real {
        name: "a GPU".into(),
    });
    engine.set_measured(DeviceKind::Cpu, 8.0);
    engine.set_measured(DeviceKind::WebGpu, 2.0);
    assert_eq!(device(), DeviceKind::WebGpu);
    engine.forget_measured();
    engine.set_measured(DeviceKind::Cpu, 2.0);
    engine.set_measured(DeviceKind::WebGpu, 8.0);
    assert_eq!(device(), DeviceKind::Cpu);
}

#[test]
fn maps_are_requested_of_running_nodes_by_mounted_views() {
    let page = lenet();
    let (answer, document) = (page.state.answer, page.state.document);
    assert_eq!(answer.requested(document, false), []);
    let node = page.id("C1");
    let (one, other) = (answer.add_view(), answer.add_view());
    answer.request(one, vec![Wanted::all(node)]);
    answer.request(other, vec![Wanted::all(NodeId(9_999))]);
    assert_eq!(answer.requested(document, false), [Wanted::all(node)]);
    answer.remove_view(one);
    assert_eq!(answer.requested(document, false), []);
    let all = answer.requested(document, true);
    assert_eq!(all.len(), 1 + zoo::lenet5().unwrap().nodes().len());
}
