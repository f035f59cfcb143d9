//! `cnnlab exercise`: the lab sheets that come with the lab.

use std::io::Write;
use std::path::PathBuf;

use super::{CliError, text};
use crate::exercise::{Exercise, Sheet, encode, sheets};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A sheet; without one all are listed.
    name: Option<String>,
    /// Print its link below this address of the lab instead.
    #[arg(long, value_name = "ADDRESS", requires = "name")]
    link: Option<String>,
    /// Write every sheet as a file into this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["name", "link"])]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let failed = |error: String| CliError::Export(error);
    let sheets = sheets().map_err(|error| failed(error.to_string()))?;
    let document = |exercise: &Exercise| {
        let text = exercise
            .write()
            .map_err(|error| failed(error.to_string()))?;
        Ok::<String, CliError>(text + "\n")
    };
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder)?;
        for Sheet { name, exercise } in &sheets {
            std::fs::write(folder.join(format!("{name}.json")), document(exercise)?)?;
        }
        return Ok(());
    }
    let Some(name) = &args.name else {
        for Sheet { name, exercise } in &sheets {
            writeln!(out, "{name}: {}", exercise.title)?;
        }
        return Ok(());
    };
    let Some(sheet) = sheets.iter().find(|it| it.name == *name) else {
        let known: Vec<&str> = sheets.iter().map(|it| it.name).collect();
        return Err(CliError::File {
            path: name.into(),
            why: format!("there is no such sheet; there are {}", known.join(", ")),
        });
    };
    match &args.link {
        None => Ok(write!(out, "{}", document(&sheet.exercise)?)?),
        Some(address) => {
            let link = encode(&sheet.exercise).map_err(|error| failed(error.to_string()))?;
            Ok(writeln!(out, "{}#exercise={link}", text::line(address))?)
        }
    }
}
