//! The folder's `README.md`.

use super::{Data, parts};
use crate::Graph;
use crate::export::pytorch::write::title;
use crate::train::{Length, Task};

pub(super) fn readme(
    graph: &Graph,
    task: &Task,
    data: Option<Data<'_>>,
    notes: &[String],
    has_burn: bool,
) -> String {
    let (settings, ..) = parts(task);
    let name = title(graph.name());
    let length = match settings.length {
        Length::Epochs(1) => "1 epoch".to_owned(),
        Length::Epochs(epochs) => format!("{epochs} epochs"),
        Length::Steps(steps) => format!("{steps} steps"),
        Length::Seconds(seconds) => format!("{seconds} seconds"),
    };
    let set = data.map_or("its data set", |data| data.name);
    let (method, rate) = (settings.method.title(), settings.schedule.rate);
    let (batch, seed) = (settings.batch, settings.seed);
    let mut text = format!(
        r#"# {name}
A training of the CNN lab, to be carried out by PyTorch: {name} on {set}, {method}, rate {rate}, batch {batch}, {length}, seed {seed}.

```sh
pip install -r requirements.txt
python train.py --data DIR
torchrun --nproc-per-node=2 train.py --data DIR
torchrun --nproc-per-node=2 train.py --data DIR --resume
```

`DIR` has the images: MNIST's or Fashion-MNIST's IDX files (plain or gzipped), CIFAR-10's binary files, or a folder with a `manifest.json` as the lab writes it; without `--data` it is `data` in this folder. `python train.py --help` lists the other options.

| file | what it is |
| --- | --- |
| `train.py` | the training: DistributedDataParallel over gloo or nccl, checkpoints, resuming |
| `lab.py` | the lab's random numbers, order, random changes and preparation of the images |
| `network.py` | the network; run by itself it compares its outputs with the lab's (`sample.safetensors`) |
| `weights.safetensors` | the weights that the training starts from |
| `settings.json` | the settings; `cnnlab train --settings settings.json` reads them too |
| `recipe.json` | how images become inputs, and what the lab calls the parameters |
| `order.json` | the beginning of the order of the examples, which `train.py` compares with its own |
| `network.json` | the network as a document of the lab |

## What is the same
Weights, division of the data, order of the examples, preparation, random changes, loss, optimiser and learning rates are the lab's. On one process the losses are the lab's up to rounding. The processes share each batch of {batch}, and their gradients are weighted by their examples, so any number of them computes the same step and the rate stays.

With `--scale` each process takes {batch} examples, and the rate is multiplied by the number of processes (linear scaling, Goyal et al. 2017); with many processes a warm-up is advisable.

`trained.safetensors` has the lab's names: `cnnlab test network.json --weights trained.safetensors`, or Open in the page.
"#
    );
    if has_burn {
        text += r#"
## burn
`burn` is a crate for burn 0.22: `cargo run --release -- --data DIR` on the CPU. With `--features cuda -- --devices N` a replica runs on each GPU and the gradients are averaged by burn's collective operations (`DistributedContext`), as burn-train's strategy `Ddp` does; burn 0.22 has these on CubeCL's devices only, not on the CPU.
"#;
    }
    if !notes.is_empty() {
        text += "\n## What differs\n";
        for note in notes {
            text += &format!("- {note}\n");
        }
    }
    text
}
