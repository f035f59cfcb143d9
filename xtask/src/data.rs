//! `cargo xtask data`: runs the program in data/, which is compiled when it is first needed.

use anyhow::Result;

use crate::shell;

#[derive(clap::Args)]
pub struct Args {
    /// Also train LeNet-5 and the small networks of public/models again (an hour, on the CPU).
    #[arg(long)]
    train: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let mut command = shell::cargo();
    command.args(["run", "--package", "xtask", "--features", "data"]);
    command.args(["--bin", "xtask-data", "--"]);
    if args.train {
        command.arg("--train");
    }
    shell::run(&mut command)
}
