//! `cnnlab train`: fits a network of the zoo to a data set and writes its weights.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pollster::block_on;
use serde::Deserialize;
use web_time::Instant;

use crate::run::{Network, cpu, write_weights};
use crate::train::{Epoch, Examples, Settings, accuracy, fit};
use crate::zoo;

/// Train a network of the zoo on a data set and write its weights as safetensors.
#[derive(Debug, clap::Args)]
pub struct Train {
    /// A name that `cnnlab list` prints.
    #[arg(long)]
    arch: String,
    /// The data set: a folder of public/data.
    #[arg(long, default_value = "mnist")]
    data: String,
    /// Where the data sets are.
    #[arg(long, default_value = "public/data")]
    data_dir: PathBuf,
    /// Passes over the training images.
    #[arg(long, default_value_t = 24)]
    epochs: u32,
    /// Images in one step.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Adam's first learning rate; it falls to 0 along half a cosine.
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,
    /// Of the first weights, the order and the warps.
    #[arg(long, default_value_t = 5)]
    seed: u64,
    /// Show the images as they are, without small warps.
    #[arg(long)]
    plain: bool,
    /// Use only the first so many training images.
    #[arg(long)]
    limit: Option<usize>,
    /// Where to write the weights.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What `manifest.json` says of a data set.
#[derive(Deserialize)]
struct Manifest {
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    split: String,
    images: Named,
    labels: Named,
}

#[derive(Deserialize)]
struct Named {
    file: String,
}

impl Train {
    /// Trains, prints a line for each epoch and the test accuracy, and writes the weights.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the network cannot be trained on the data.
    pub fn run(&self) -> Result<()> {
        let graph = zoo::lenet5()?;
        let folder = self.data_dir.join(&self.data);
        let mut examples = read(&folder, "train")?;
        let test = read(&folder, "test")?;
        if let Some(limit) = self.limit {
            let area = examples.images.width * examples.images.height;
            examples.images.pixels.truncate(limit * area);
            examples.labels.truncate(limit);
        }
        let settings = Settings {
            epochs: self.epochs,
            batch: self.batch,
            rate: self.rate,
            seed: self.seed,
            augment: !self.plain,
        };
        println!(
            "{} on {}: {} images, {settings:?}",
            graph.name(),
            self.data,
            examples.len()
        );
        let started = Instant::now();
        let device = cpu();
        let report = async |epoch: Epoch, network: &Network| {
            let on_test = accuracy(network, &test)
                .await
                .map_or(f64::NAN, |share| 100.0 * share);
            let Epoch { number, loss } = epoch;
            let seconds = started.elapsed().as_secs();
            println!("epoch {number:3}  loss {loss:.4}  test {on_test:.2} %  {seconds} s");
        };
        let network = block_on(fit(graph, &examples, &settings, &device, report))?;
        let share = block_on(accuracy(&network, &test))?;
        println!(
            "test accuracy {:.2} % of {} images",
            100.0 * share,
            test.len()
        );
        if let Some(out) = &self.out {
            self.write(out, &network, share)?;
        }
        Ok(())
    }

    fn write(&self, out: &Path, network: &Network, accuracy: f64) -> Result<()> {
        let notes = BTreeMap::from([
            ("arch".to_owned(), self.arch.clone()),
            ("data".to_owned(), self.data.clone()),
            ("test_accuracy".to_owned(), format!("{accuracy:.4}")),
            ("seed".to_owned(), self.seed.to_string()),
        ]);
        let bytes = block_on(write_weights(network, notes))?;
        fs::write(out, bytes).with_context(|| format!("writing {}", out.display()))?;
        println!("wrote {}", out.display());
        Ok(())
    }
}

/// All chunks of one split, in the manifest's order.
fn read(folder: &Path, split: &str) -> Result<Examples> {
    let load = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| format!("reading {}", path.display()))
    };
    let manifest: Manifest = serde_json::from_slice(&load("manifest.json")?)
        .with_context(|| format!("reading the manifest in {}", folder.display()))?;
    let mut all: Option<Examples> = None;
    for chunk in manifest.chunks.iter().filter(|chunk| chunk.split == split) {
        let more = Examples::read(&load(&chunk.images.file)?, &load(&chunk.labels.file)?)?;
        all = Some(match all {
            Some(examples) => examples.join(more)?,
            None => more,
        });
    }
    let Some(all) = all else {
        bail!("{} has no chunk of the split “{split}”", folder.display());
    };
    Ok(all)
}
