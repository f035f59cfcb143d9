//! Trains the network as the CNN lab does, on one device or on several:
//!
//!     cargo run --release -- --data DIR
//!     cargo run --release --features cuda -- --data DIR --devices 2

mod lab;
mod network;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use burn::grad_clipping::GradientClippingConfig;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::store::{BurnToPyTorchAdapter, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use burn::tensor::activation::log_softmax;
use burn::tensor::distributed::{DistributedConfig, DistributedContext, ReduceOperation};
use burn::tensor::{Device, Tensor, TensorData};
use network::{CLASS};
use serde_json::Value;

/// The options of the command line.
struct Options {
    data: PathBuf,
    out: PathBuf,
    devices: usize,
    steps: Option<u64>,
}

/// What every replica reads.
struct Training {
    folder: PathBuf,
    settings: Value,
    recipe: Value,
    images: lab::Images,
    test: lab::Images,
    parts: [Vec<usize>; 3],
    steps: Option<u64>,
}

fn main() {
    let options = options();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder").to_owned();
    let json = |name: &str| -> Value {
        let file = std::fs::read(folder.join(name)).expect(name);
        serde_json::from_slice(&file).expect(name)
    };
    let (settings, recipe) = (json("settings.json"), json("recipe.json"));
    let (images, test) = lab::read(&options.data, &recipe);
    let parts = lab::divided(&images.labels, test.len() > 0, &settings["split"]);
    let steps = options.steps;
    let training = Training { folder, settings, recipe, images, test, parts, steps };
    let devices = devices(options.devices);
    // burn averages the gradients of all replicas in `backward`.
    let context = (devices.len() > 1).then(|| {
        let all_reduce_op = ReduceOperation::Mean;
        DistributedContext::init(devices.clone(), DistributedConfig { all_reduce_op })
    });
    let trained = std::thread::scope(|scope| {
        let mut replicas = Vec::new();
        for (rank, device) in devices.iter().enumerate() {
            let (training, count) = (&training, devices.len());
            replicas.push(scope.spawn(move || train(training, device, rank, count)));
        }
        let trained = replicas.into_iter().map(|it| it.join().expect("a replica"));
        trained.collect::<Vec<_>>().swap_remove(0)
    });
    drop(context);
    if training.test.len() > 0 {
        println!("test accuracy {:.2} %", 100.0 * accuracy(&trained.valid(), &training));
    }
    write(&trained, &training, &options.out);
}

fn options() -> Options {
    let mut options = Options {
        data: "../data".into(),
        out: "../trained.safetensors".into(),
        devices: 1,
        steps: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{option} needs a value"));
        let number = || value.parse().unwrap_or_else(|_| panic!("{option} needs a number"));
        match option.as_str() {
            "--data" => options.data = value.into(),
            "--out" => options.out = value.into(),
            "--devices" => options.devices = number() as usize,
            "--steps" => options.steps = Some(number()),
            _ => panic!("there are --data, --out, --devices, --steps; not {option}"),
        }
    }
    options
}

#[cfg(feature = "cuda")]
fn devices(count: usize) -> Vec<Device> {
    (0..count).map(|index| Device::cuda(index).autodiff()).collect()
}

#[cfg(not(feature = "cuda"))]
fn devices(count: usize) -> Vec<Device> {
    assert!(count == 1, "several devices need --features cuda: burn's CPU has no collective operations");
    vec![Device::flex().autodiff()]
}

/// Marks every parameter: its gradient is averaged over the replicas.
struct Shared;

impl ModuleMapper for Shared {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let is_trained = tensor.is_require_grad();
        let tensor = if is_trained { tensor.set_distributed(id) } else { tensor };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// One replica's training; all of them have the same weights.
fn train(training: &Training, device: &Device, rank: usize, count: usize) -> {CLASS} {
    let Training { settings, recipe, images, parts, .. } = training;
    let mut network = {CLASS}::new(device);
    let file = training.folder.join("burn").join("weights.safetensors");
    let mut store = SafetensorsStore::from_file(file).with_from_adapter(PyTorchToBurnAdapter);
    network.load_from(&mut store).expect("the weights fit");
    if count > 1 {
        network = network.map(&mut Shared);
    }
    let mut optimiser = optimiser(settings);
    let batch = settings["batch"].as_u64().expect("a batch") as usize;
    let each = lab::steps_of(parts[0].len(), batch);
    let length = &settings["length"];
    let epochs = length["epochs"].as_u64();
    let steps = epochs.map_or_else(|| length["steps"].as_u64().expect("steps"), |it| it * each as u64);
    let end = training.steps.unwrap_or(steps).min(steps);
    let smoothing = settings["label_smoothing"].as_f64().unwrap_or(0.0);
    let mut step = 0;
    for epoch in 0.. {
        let order = lab::order(&parts[0], settings, epoch);
        for batch in order.chunks(batch).take(each) {
            if step >= end {
                return network;
            }
            // The mean of the replicas' means is that of the batch where they have equally many.
            let own = &batch[batch.len() * rank / count..batch.len() * (rank + 1) / count];
            let own = if own.is_empty() { batch } else { own };
            let logits = logits(&network, images, own, recipe, device);
            let targets = targets(images, own, logits.dims()[1], smoothing, device);
            let loss = (log_softmax(logits, 1) * targets).sum() / -(own.len() as f64);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            let rate = lab::rate_of(&settings["schedule"], step, steps);
            network = optimiser.step(rate, network, gradients);
            step += 1;
            if rank == 0 && (step <= 20 || step.is_multiple_of(100)) {
                println!("step {step}/{steps}  loss {:.6}", loss.into_scalar::<f32>());
            }
        }
    }
    network
}

fn optimiser(settings: &Value) -> ModuleOptimizer {
    let method = &settings["method"];
    let number = |key: &str| method[key].as_f64().unwrap_or(0.0);
    let decay = settings["weight_decay"].as_f64().unwrap_or(0.0) as f32;
    let decay_config = (decay > 0.0).then(|| WeightDecayConfig::new(decay));
    let momentum = |nesterov: bool| {
        let config = MomentumConfig::new().with_momentum(number("momentum"));
        Some(config.with_dampening(0.0).with_nesterov(nesterov))
    };
    let optimiser = match method["optimiser"].as_str().expect("an optimiser") {
        "momentum" => SgdConfig::new().with_momentum(momentum(false)).with_weight_decay(decay_config).init(),
        "nesterov" => SgdConfig::new().with_momentum(momentum(true)).with_weight_decay(decay_config).init(),
        "rms_prop" => RmsPropConfig::new()
            .with_alpha(number("alpha") as f32)
            .with_epsilon(number("eps") as f32)
            .with_momentum(number("momentum") as f32)
            .with_centered(method["centred"] == true)
            .with_weight_decay(decay_config)
            .init(),
        "adam" => AdamConfig::new()
            .with_beta_1(number("beta1") as f32)
            .with_beta_2(number("beta2") as f32)
            .with_epsilon(number("eps") as f32)
            .with_weight_decay(decay_config)
            .init(),
        "adam_w" => AdamWConfig::new()
            .with_beta_1(number("beta1") as f32)
            .with_beta_2(number("beta2") as f32)
            .with_epsilon(number("eps") as f32)
            .with_weight_decay(decay)
            .init(),
        _ => SgdConfig::new().with_weight_decay(decay_config).init(),
    };
    match settings["clip_norm"].as_f64() {
        Some(norm) => optimiser.with_grad_clipping(GradientClippingConfig::Norm(norm as f32).init()),
        None => optimiser,
    }
}

fn logits(
    network: &{CLASS},
    images: &lab::Images,
    places: &[usize],
    recipe: &Value,
    device: &Device,
) -> Tensor<2> {
    let values: Vec<f32> = places.iter().flat_map(|&it| images.input(it, recipe)).collect();
    let dims = {DIMS};
    let output = network.forward(Tensor::<{INPUT}>::from_data(TensorData::new(values, dims), device));
    {LOGITS}
}

/// The labels as probabilities.
fn targets(
    images: &lab::Images,
    places: &[usize],
    classes: usize,
    smoothing: f64,
    device: &Device,
) -> Tensor<2> {
    let mut values = vec![(smoothing / classes as f64) as f32; places.len() * classes];
    for (row, &place) in places.iter().enumerate() {
        values[row * classes + usize::from(images.labels[place])] += (1.0 - smoothing) as f32;
    }
    Tensor::from_data(TensorData::new(values, [places.len(), classes]), device)
}

fn accuracy(network: &{CLASS}, training: &Training) -> f64 {
    let Training { recipe, test, .. } = training;
    let device = network.devices().into_iter().next().unwrap_or_else(Device::flex).inner();
    let places: Vec<usize> = (0..test.len()).collect();
    let mut right = 0;
    for places in places.chunks(100) {
        let logits = logits(network, test, places, recipe, &device);
        let classes = logits.dims()[1];
        let values: Vec<f32> = logits.into_data().try_to_vec().expect("floats");
        for (row, &place) in values.chunks(classes).zip(places) {
            let best = (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            right += usize::from(best == Some(usize::from(test.labels[place])));
        }
    }
    right as f64 / test.len().max(1) as f64
}

/// The weights as the lab reads them.
fn write(network: &{CLASS}, training: &Training, path: &Path) {
    let mut store = SafetensorsStore::from_bytes(None)
        .with_to_adapter(BurnToPyTorchAdapter)
        .clear_metadata();
    network.valid().save_into(&mut store).expect("the weights");
    let bytes = store.get_bytes().expect("the weights");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("a safetensors file");
    let parameters = training.recipe["parameters"].as_array().expect("parameters");
    let names: HashMap<&str, &str> = parameters
        .iter()
        .filter_map(|it| Some((it["burn"].as_str()?, it["lab"].as_str()?)))
        .collect();
    let arrays = file.tensors().into_iter();
    let arrays = arrays.filter_map(|(name, view)| Some((names.get(name.as_str())?.to_string(), view)));
    safetensors::serialize_to_file(arrays, None, path).expect("the file is written");
    println!("wrote {}", path.display());
}
