//! The zoo's small networks, trained on MNIST and Fashion-MNIST: the optimiser's state left out, in
//! 16-bit floats.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use safetensors::{Dtype, SafeTensors};

use super::{
    chunks::write,
    shell,
    weights::{Array, packed},
};

/// One network, and how it is trained.
struct Mini {
    network: &'static str,
    data: &'static str,
    /// Steps of 64 images; 938 show each image once.
    steps: &'static str,
    /// The highest rate of the cycle: lower where no batch norm keeps the values in bounds.
    rate: &'static str,
    /// As the images are, without random changes.
    plain: bool,
}

const fn mini(network: &'static str, steps: &'static str, rate: &'static str) -> Mini {
    Mini {
        network,
        data: "mnist",
        steps,
        rate,
        plain: false,
    }
}

const MINIS: [Mini; 7] = [
    mini("alexnet-mini", "938", "2e-3"),
    mini("nin-mini", "938", "2e-3"),
    mini("vgg-mini", "938", "2e-3"),
    mini("googlenet-mini", "938", "2e-3"),
    mini("resnet-mini", "469", "5e-3"),
    mini("mobilenet-mini", "469", "5e-3"),
    Mini {
        data: "fashion-mnist",
        plain: true,
        ..mini("mobilenet-mini-fashion", "469", "5e-3")
    },
];

/// Trains each (minutes on one core) and writes the weights into `folder`.
pub fn make(folder: &Path) -> Result<()> {
    for mini in &MINIS {
        let Mini {
            network,
            data,
            steps,
            rate,
            plain,
        } = mini;
        println!("Training {network} on {data}.");
        let checkpoint = shell::target_folder().join(format!("{network}.safetensors"));
        let mut command = shell::cargo();
        command.args(["cnnlab", "train", "--arch", network, "--data", data]);
        command.args(["--steps", steps, "--schedule", "one-cycle", "--rate", rate]);
        command.args(["--seed", "1"]);
        if *plain {
            command.arg("--plain");
        }
        shell::run(command.arg("--out").arg(&checkpoint))?;
        pack(&checkpoint, &folder.join(format!("{network}.safetensors")))?;
    }
    Ok(())
}

/// The weights of a checkpoint in 16 bits.
fn pack(checkpoint: &Path, out: &Path) -> Result<()> {
    let bytes =
        fs::read(checkpoint).with_context(|| format!("cannot read {}", checkpoint.display()))?;
    let (_, header) = SafeTensors::read_metadata(&bytes)?;
    let notes = header.metadata().as_ref();
    let note = notes.and_then(|it| it.get("cnn-lab"));
    let note = note.context("the checkpoint does not say what it is of")?;
    let packed = packed(&parameters(&bytes)?, note)?;
    write(out, &packed)
}

/// The network's own tensors.
fn parameters(checkpoint: &[u8]) -> Result<BTreeMap<String, Array>> {
    let file = SafeTensors::deserialize(checkpoint)?;
    let own = file.iter().filter(|(name, _)| !name.starts_with('@'));
    own.map(|(name, view)| {
        ensure!(view.dtype() == Dtype::F32, "{name} is not of 32-bit floats");
        let values = view.data().chunks_exact(4);
        let values = values.map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]]));
        let dims = view.shape().to_vec();
        let values = values.collect();
        Ok((name.to_owned(), Array { dims, values }))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn of_a_checkpoint_the_network_s_own_tensors_are_taken() {
        let bytes: Vec<u8> = [0.5_f32, -2.0]
            .into_iter()
            .flat_map(f32::to_le_bytes)
            .collect();
        let view = |dims: &[usize]| TensorView::new(Dtype::F32, dims.to_vec(), &bytes).unwrap();
        let views = [
            ("conv.weight", view(&[2, 1, 1, 1])),
            ("@optimizer/conv.weight.first", view(&[2, 1, 1, 1])),
        ];
        let checkpoint = safetensors::serialize(views, None).unwrap();
        let found = parameters(&checkpoint).unwrap();
        let wanted = Array {
            dims: vec![2, 1, 1, 1],
            values: vec![0.5, -2.0],
        };
        assert_eq!(found, BTreeMap::from([("conv.weight".to_owned(), wanted)]));
    }

    #[test]
    fn committed_weights_are_those_of_these_networks_in_16_bits() {
        let folder = shell::root().join("public/models");
        for Mini { network, .. } in &MINIS {
            let bytes = fs::read(folder.join(format!("{network}.safetensors"))).unwrap();
            let tensors = SafeTensors::deserialize(&bytes).unwrap();
            assert!(
                tensors.iter().all(|(_, view)| view.dtype() == Dtype::F16),
                "{network}"
            );
        }
    }
}
