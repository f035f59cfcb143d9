use engine::data::Augmentation;
use engine::train::{Method, WarmUp};
use engine::zoo;

use super::*;

fn taken(task: &Task, number: &Number, text: &str) -> Result<Task, String> {
    take(task, number, text, &zoo::lenet5().unwrap())
}

/// A task in which every number exists for some optimiser and schedule.
fn tasks() -> Vec<Task> {
    let mut tasks = Vec::new();
    for method in Method::ALL {
        for kind in super::super::ScheduleKind::ALL {
            let mut task = Task::default();
            task.settings.method = method;
            kind.choose(&mut task, 1000);
            task.settings.augmentation = Some(Augmentation::of_photos());
            tasks.push(task);
        }
    }
    tasks
}

fn all() -> Vec<Number> {
    let one = [
        Number::RATE,
        Number::BATCH,
        Number::LENGTH,
        Number::SEED,
        Number::WARM_UP,
        Number::WEIGHT_DECAY,
        Number::LABEL_SMOOTHING,
        Number::ADVERSARIAL,
        Number::CLIP_NORM,
        Number::PATIENCE,
    ];
    let lists: [&[Number]; 6] = [
        &one,
        &Number::SCHEDULE,
        &Number::METHOD,
        &Number::SPLIT,
        &Number::AUGMENTATION,
        &Number::LIGHT,
    ];
    lists.concat()
}

#[test]
fn every_number_that_is_written_is_read_again() {
    let mut seen = 0;
    for number in all() {
        for task in tasks() {
            if number.value(&task).is_none() {
                continue;
            }
            seen += 1;
            let text = if number.whole.is_some() { "2" } else { "0.25" };
            // A length in epochs is whole.
            let text = if number.name == "train-epochs" || number.name.ends_with("divisor") {
                "2"
            } else {
                text
            };
            // The last rate is at most the rate.
            let mut task = task;
            task.settings.schedule.rate = 0.5;
            let changed = taken(&task, &number, text).unwrap();
            assert_eq!(number.text(&changed), text, "{}", number.name);
        }
    }
    assert!(seen > all().len() * 6);
}

#[test]
fn names_are_unique_and_each_has_one_sentence() {
    let all = all();
    let names: std::collections::HashSet<_> = all.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), all.len());
    for number in all {
        assert!(number.sentence.ends_with('.'), "{}", number.name);
    }
}

#[test]
fn text_that_is_no_number_says_so_and_changes_nothing() {
    let task = Task::default();
    for number in [Number::RATE, Number::BATCH] {
        for text in ["", "many", "0.1.2", "1e999"] {
            let why = taken(&task, &number, text).unwrap_err();
            assert!(why.contains("is not a number"), "{why}");
        }
    }
    // A decimal comma is none that separates thousands.
    assert!(typed("0,001", None).is_err());
    assert_eq!(typed("1,024", Some(EXACT)), Ok(1024.0));
    assert!(
        taken(&task, &Number::BATCH, "2.5")
            .unwrap_err()
            .contains("whole")
    );
    assert!(
        taken(&task, &Number::BATCH, "-2")
            .unwrap_err()
            .contains("below 0")
    );
    let many = taken(&task, &Number::length(&task), "99999999999").unwrap_err();
    assert!(many.contains("limit is 4294967295"), "{many}");
}

#[test]
fn numbers_out_of_range_are_refused_in_the_words_of_the_command_line() {
    let graph = zoo::lenet5().unwrap();
    let mut task = Task::default();
    task.settings.batch = 5000;
    let wanted = sentence(&task.settings.check(&graph).unwrap_err());
    let why = taken(&Task::default(), &Number::BATCH, "5,000").unwrap_err();
    assert_eq!(why, wanted);
    let cases = [
        (Number::RATE, "0"),
        (Number::RATE, "-1"),
        (Number::BATCH, "0"),
        (Number::LENGTH, "0"),
        (Number::WEIGHT_DECAY, "-0.1"),
        (Number::LABEL_SMOOTHING, "1"),
        (Number::ADVERSARIAL, "2"),
        (Number::CLIP_NORM, "-1"),
        (Number::METHOD[2], "1"),
        (Number::SPLIT[0], "1"),
        (Number::SPLIT[0], "0.95"),
        (Number::SPLIT[1], "-0.1"),
    ];
    for (number, text) in cases {
        let why = taken(&Task::default(), &number, text);
        assert!(why.is_err(), "{} {text}", number.name);
    }
}

#[test]
fn zero_switches_off_what_can_be_off() {
    let mut task = Task::default();
    for (number, text) in [
        (Number::ADVERSARIAL, "0.1"),
        (Number::CLIP_NORM, "1"),
        (Number::PATIENCE, "4"),
        (Number::WARM_UP, "50"),
    ] {
        task = taken(&task, &number, text).unwrap();
    }
    assert_eq!(task.settings.clip_norm, Some(1.0));
    let why = taken(&task, &Number::CLIP_NORM, "-1").unwrap_err();
    assert_eq!(why, "Gradient clipping: 0 for none, else above 0.");
    assert_eq!(task.settings.early_stopping.map(|it| it.patience), Some(4));
    assert_eq!(task.settings.schedule.warm_up, Some(WarmUp::even(50)));
    for number in [
        Number::ADVERSARIAL,
        Number::CLIP_NORM,
        Number::PATIENCE,
        Number::WARM_UP,
    ] {
        task = taken(&task, &number, "0").unwrap();
    }
    assert_eq!(task, Task::default());
}
