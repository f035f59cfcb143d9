//! A run as it is kept beside its curve and its checkpoint.

use std::sync::Arc;

use engine::format::share;
use engine::train::{End, Task};
use serde_json::{Value, json};

use super::super::{Curve, Status, TrainedOn};
use super::{Checkpoint, Run, RunOf};

/// The version of the format.
const FORM: u64 = 1;

/// Why a kept run cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    #[error("a newer version of the lab has kept it; reload this page to get that version")]
    Newer,
    #[error("what is kept of it is damaged")]
    Damaged,
}

/// A run, and whether its curve is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    pub run: Run,
    pub drawn: bool,
}

impl RunRecord {
    /// As text, without the curve.
    ///
    /// # Errors
    /// Why its network cannot be written.
    pub fn write(&self) -> Result<String, String> {
        let Self { run, drawn } = self;
        let graph = share::pack(&run.of.graph).map_err(|error| error.to_string())?;
        let checkpoint = match run.checkpoint {
            Checkpoint::None => Value::Null,
            Checkpoint::Removed => json!("removed"),
            Checkpoint::At { step, bytes } => json!([step, bytes]),
        };
        let text = json!({
            "form": FORM,
            "number": run.of.number,
            "name": run.name,
            "drawn": drawn,
            "graph": graph,
            "task": run.of.task,
            "on": { "name": run.of.on.name, "classes": *run.of.on.classes },
            "status": written(&run.status),
            "seconds": run.seconds,
            "checkpoint": checkpoint,
            "kept_as": run.kept_as,
        });
        Ok(text.to_string())
    }

    /// # Errors
    /// When it is of a newer version or damaged.
    pub fn read(text: &str, curve: &[u8]) -> Result<Self, RunError> {
        let record: Value = serde_json::from_str(text).map_err(|_| RunError::Damaged)?;
        match record["form"].as_u64() {
            Some(FORM) => {}
            Some(form) if form > FORM => return Err(RunError::Newer),
            Some(_) | None => return Err(RunError::Damaged),
        }
        parts(&record, curve).ok_or(RunError::Damaged)
    }
}

fn parts(record: &Value, curve: &[u8]) -> Option<RunRecord> {
    let graph = share::unpack(record["graph"].as_str()?).ok()?;
    let task: Task = serde_json::from_value(record["task"].clone()).ok()?;
    let classes: Vec<String> = serde_json::from_value(record["on"]["classes"].clone()).ok()?;
    let checkpoint = match &record["checkpoint"] {
        Value::Null => Checkpoint::None,
        Value::String(_) => Checkpoint::Removed,
        at => Checkpoint::At {
            step: at[0].as_u64()?,
            bytes: at[1].as_u64()?,
        },
    };
    let run = Run {
        of: RunOf {
            number: record["number"].as_u64()?,
            graph: Arc::new(graph),
            task,
            on: TrainedOn {
                name: record["on"]["name"].as_str()?.to_owned(),
                classes: Arc::new(classes),
            },
        },
        name: record["name"].as_str()?.to_owned(),
        curve: Arc::new(Curve::from_bytes(curve)?),
        status: read(&record["status"])?,
        seconds: record["seconds"].as_f64()?,
        checkpoint,
        kept_as: serde_json::from_value(record["kept_as"].clone()).ok()?,
    };
    let drawn = record["drawn"].as_bool()?;
    Some(RunRecord { run, drawn })
}

/// A training that is under way is paused for the next visit.
fn written(status: &Status) -> Value {
    match status {
        Status::Idle | Status::Preparing | Status::Running | Status::Paused => json!("paused"),
        Status::Stopped => json!("stopped"),
        Status::Ended(end) => json!({ "ended": end }),
    }
}

fn read(status: &Value) -> Option<Status> {
    match status.as_str() {
        Some("paused") => Some(Status::Paused),
        Some("stopped") => Some(Status::Stopped),
        Some(_) => None,
        None => {
            let end: End = serde_json::from_value(status["ended"].clone()).ok()?;
            Some(Status::Ended(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::NodeId;
    use engine::train::{Divergence, Point};
    use engine::zoo;

    use super::super::tests::run;
    use super::*;

    fn record(status: Status) -> RunRecord {
        let mut curve = Curve::default();
        curve.push(&Point {
            step: 1,
            steps: 2,
            epoch: 1,
            loss: 0.1,
            accuracy: 0.2,
            rate: 0.3,
            gradient_norm: 0.4,
            examples_per_second: 0.5,
        });
        let mut run = run(7);
        run.of.graph = Arc::new(zoo::build("resnet-18", &Default::default()).unwrap());
        run.of.task.settings.seed = u64::MAX;
        run.of.task.settings.frozen = vec![NodeId(3)];
        run.of.on = TrainedOn {
            name: "Mine “7”".to_owned(),
            classes: Arc::new(vec!["a".to_owned(), String::new()]),
        };
        run.curve = Arc::new(curve);
        run.status = status;
        run.seconds = 0.1;
        run.kept_as = vec![1 << 52, 3];
        RunRecord { run, drawn: true }
    }

    fn reread(record: &RunRecord) -> Result<RunRecord, RunError> {
        RunRecord::read(&record.write().unwrap(), &record.run.curve.to_bytes())
    }

    #[test]
    fn a_run_is_read_as_it_was() {
        let diverged = End::Diverged(Divergence {
            step: 3,
            good: 2,
            place: Some("c1".to_owned()),
        });
        let ends = [
            End::Completed,
            End::NoImprovement { best_epoch: 2 },
            diverged,
        ];
        let ended = ends.into_iter().map(Status::Ended);
        for status in ended.chain([Status::Paused, Status::Stopped]) {
            let record = record(status);
            assert_eq!(reread(&record).as_ref(), Ok(&record));
        }
        for checkpoint in [Checkpoint::None, Checkpoint::Removed] {
            let mut record = record(Status::Paused);
            record.run.checkpoint = checkpoint;
            assert_eq!(reread(&record).unwrap().run.checkpoint, checkpoint);
        }
    }

    #[test]
    fn one_that_was_under_way_is_paused() {
        let read = reread(&record(Status::Running)).unwrap();
        assert_eq!(read.run.status, Status::Paused);
    }

    #[test]
    fn a_newer_and_a_damaged_record_are_told_apart() {
        let record = record(Status::Paused);
        let (text, curve) = (record.write().unwrap(), record.run.curve.to_bytes());
        let newer = text.replace("\"form\":1", "\"form\":2");
        assert_eq!(RunRecord::read(&newer, &curve), Err(RunError::Newer));
        let no_graph = text.replace("\"graph\":\"", "\"graph\":\"?");
        for (text, curve) in [
            ("", &*curve),
            ("{}", &curve),
            (&no_graph, &curve),
            (&text, &[1]),
        ] {
            assert_eq!(
                RunRecord::read(text, curve),
                Err(RunError::Damaged),
                "{text}"
            );
        }
    }
}
