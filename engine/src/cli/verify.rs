//! `cnnlab verify`: every check of result files computed again from their contents.

use std::io::Write;
use std::path::PathBuf;

use pollster::block_on;

use super::{CliError, data, read, text};
use crate::exercise::{
    Data, Disagreement, Examiner, Exercise, ExerciseError, HandIn, Retrained, Verdict, compare,
    csv, members, retrain, unreadable,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Result files of students, or zips with result files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The exercise that was given out; without it, the one in each file is taken.
    #[arg(long, value_name = "FILE")]
    exercise: Option<PathBuf>,
    /// Train again where a file says how its weights were trained, and compare the weights bit for bit.
    #[arg(long)]
    retrain: bool,
    /// Where the folders of the data sets are.
    #[arg(long, default_value = "public/data")]
    data_dir: PathBuf,
    /// Print comma-separated values, for a gradebook.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// Write the comma-separated values to this file as well.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let given = args.exercise.as_ref().map(|path| {
        let unusable = |error: ExerciseError| CliError::File {
            path: path.clone(),
            why: error.to_string(),
        };
        Exercise::read(read(path)?).map_err(unusable)
    });
    let given = given.transpose()?;
    let mut data = Data::new(|name, _| {
        // A name of a set, never a path: the file is another person's.
        let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | ' ');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(format!("“{name}” is no data set"));
        }
        let folder = data::of_folder(&args.data_dir.join(name));
        folder.map_err(|error| format!("the data set “{name}” is not here: {error}"))
    });
    let mut verdicts = Vec::new();
    for path in &args.files {
        let shown = path.display().to_string();
        match members(&shown, read(path)?) {
            Err(error) => verdicts.push(unreadable(&shown, &error)),
            Ok(members) => {
                for member in members {
                    let bytes = member.bytes.and_then(|bytes| HandIn::read(&bytes));
                    verdicts.push(match bytes {
                        Err(error) => unreadable(&member.name, &error),
                        Ok(hand_in) => {
                            let verdict = args.verdict(&member.name, &hand_in, &given, &mut data);
                            verdict.unwrap_or_else(|error| unreadable(&member.name, &error))
                        }
                    });
                }
            }
        }
    }
    if let Some(path) = &args.out {
        std::fs::write(path, csv(&verdicts))?;
    }
    if args.json {
        return text::write_json(&verdicts, out);
    }
    if args.csv {
        return Ok(write!(out, "{}", csv(&verdicts))?);
    }
    for verdict in &verdicts {
        show(verdict, out)?;
    }
    let differ = verdicts.iter().filter(|it| !it.agrees()).count();
    Ok(writeln!(
        out,
        "{} files, {differ} with something that does not agree",
        verdicts.len()
    )?)
}

impl Args {
    fn verdict(
        &self,
        name: &str,
        hand_in: &HandIn,
        given: &Option<Exercise>,
        data: &mut Data<'_>,
    ) -> Result<Verdict, ExerciseError> {
        let exercise = given.as_ref().unwrap_or(&hand_in.exercise);
        let found = block_on(Examiner::new(hand_in).found(exercise, data));
        let mut verdict = compare(name, hand_in, exercise, found)?;
        if hand_in.training.is_some() && !self.retrain {
            let note = "the training was not done again (--retrain does)";
            verdict.notes.push(note.to_owned());
        }
        if self.retrain && hand_in.training.is_some() {
            match block_on(retrain(hand_in, data)) {
                Retrained::Same => {
                    verdict
                        .notes
                        .push("the training leads to the same weights".to_owned());
                }
                Retrained::Not { why } => verdict.notes.push(format!("training: {why}")),
                Retrained::Differs {
                    difference,
                    largest,
                } => verdict.disagreements.push(Disagreement::Training {
                    why: format!(
                        "done again it leads to other weights: the largest difference is \
                         {difference:.2e} beside a largest weight of {largest:.2e}; another \
                         processor or browser rounds otherwise, which explains very small ones"
                    ),
                }),
            }
        }
        Ok(verdict)
    }
}

fn show(verdict: &Verdict, out: &mut dyn Write) -> Result<(), CliError> {
    let file = text::line(&verdict.file);
    if let Some(why) = &verdict.refused {
        return Ok(writeln!(
            out,
            "{file}: cannot be read: {}\n",
            text::line(why)
        )?);
    }
    writeln!(
        out,
        "{file}: {}, {}: {} of {} points",
        text::line(&verdict.student),
        text::line(&verdict.title),
        verdict.points,
        verdict.of
    )?;
    for (row, number) in verdict.rows.iter().zip(1..) {
        let claimed = row.claimed.as_ref();
        let claimed = claimed.map_or_else(|| "nothing".to_owned(), |it| it.value.to_string());
        writeln!(
            out,
            "  {} {number}. {}: {}{}",
            if row.pass { "pass" } else { "fail" },
            text::line(&row.check),
            text::line(&row.computed.to_string()),
            match row.agrees {
                true => String::new(),
                false => format!(", claimed {}", text::line(&claimed)),
            }
        )?;
    }
    for differs in &verdict.disagreements {
        writeln!(
            out,
            "  DOES NOT AGREE: {}",
            text::line(&differs.to_string())
        )?;
    }
    for note in &verdict.notes {
        writeln!(out, "  {}", text::line(note))?;
    }
    Ok(writeln!(out)?)
}
