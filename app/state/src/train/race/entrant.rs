//! Who takes part in a race, and whether it can.

use std::sync::Arc;

use engine::train::{Initialisation, Settings, TaskError, check_head};
use engine::{Analysis, Graph, Shape};

/// A network with the settings that it trains by.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrant {
    pub number: u64,
    /// The person's name for it.
    pub name: String,
    pub graph: Arc<Graph>,
    pub settings: Settings,
}

/// The images that a race is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// The set's name.
    pub name: String,
    pub shape: Shape,
    pub classes: u32,
}

/// An entrant as it trains.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    pub graph: Arc<Graph>,
    /// With new random weights; the seed and the length are the race's.
    pub settings: Settings,
    pub parameters: u64,
    /// Multiply-adds of a forward pass of one image.
    pub macs: u64,
    /// What is different from the entrant, each as a sentence.
    pub notes: Vec<String>,
}

/// The entrant's copy that fits these images.
///
/// # Errors
/// Why there is none, as a sentence.
pub fn ready(graph: &Arc<Graph>, settings: &Settings, on: &Images) -> Result<Ready, String> {
    let analysis = Analysis::of(graph);
    if let Some(problem) = analysis.problems.first() {
        let problem = problem.message(graph);
        return Err(format!("{problem}. Repair the network in Build first."));
    }
    let channels = graph.input().channels;
    let name = &on.name;
    if !matches!(channels, 1 | 3) {
        return Err(format!(
            "The network takes {channels} channels; images have 1 or 3. Change its input in Build."
        ));
    }
    if channels == 1 && on.shape.channels != 1 {
        return Err(format!(
            "The network takes grey images, and those of {name} are in colour. Choose other data \
             or give its input 3 channels in Build."
        ));
    }
    let mut notes = Vec::new();
    let (graph, analysis) = match check_head(graph, on.classes) {
        Ok(()) => (Arc::clone(graph), analysis),
        Err(TaskError::Head {
            outputs,
            classes,
            repair,
        }) => {
            if repair.is_empty() {
                return Err(format!(
                    "The network tells {outputs} classes apart, and {name} has {classes}. Give its \
                     last layer {classes} outputs in Build."
                ));
            }
            let mut repaired = Graph::clone(graph);
            for edit in &repair {
                let edited = repaired.apply(edit);
                repaired = edited.map_err(|error| format!("{error}."))?;
            }
            notes.push(format!(
                "Its last layer has {classes} outputs in the race instead of {outputs}."
            ));
            let analysis = Analysis::of(&repaired);
            (Arc::new(repaired), analysis)
        }
        Err(error) => return Err(format!("{error}.")),
    };
    if analysis.total.trainable == 0 {
        return Err(
            "The network has no parameters to train. Add a layer that has some.".to_owned(),
        );
    }
    let mut settings = settings.clone();
    let rule = Initialisation::ByActivation;
    settings.initialisation = settings.initialisation.or(Some(rule));
    if settings.early_stopping.take().is_some() {
        notes.push("It does not stop early in the race.".to_owned());
    }
    if !std::mem::take(&mut settings.frozen).is_empty() {
        notes.push("Its frozen layers train in the race.".to_owned());
    }
    settings
        .check(&graph)
        .map_err(|error| format!("{error}."))?;
    Ok(Ready {
        parameters: analysis.total.params(),
        macs: analysis.total.macs,
        graph,
        settings,
        notes,
    })
}

#[cfg(test)]
mod tests {
    use engine::train::EarlyStopping;
    use engine::zoo::{self, Options};

    use super::*;

    fn images(channels: u32, classes: u32) -> Images {
        Images {
            name: "Photos".to_owned(),
            shape: Shape {
                channels,
                height: 28,
                width: 28,
            },
            classes,
        }
    }

    fn lenet() -> Arc<Graph> {
        Arc::new(zoo::lenet5().unwrap())
    }

    fn outputs(graph: &Graph) -> Option<u64> {
        let analysis = Analysis::of(graph);
        Some(analysis.node(graph.output())?.shape?.elements())
    }

    #[test]
    fn a_network_that_fits_stays_as_it_is_and_starts_from_new_weights() {
        let graph = lenet();
        let ready = ready(&graph, &Settings::default(), &images(1, 10)).unwrap();
        assert_eq!(ready.graph, graph);
        assert_eq!(ready.notes, Vec::<String>::new());
        // LeCun et al. 1998 with full connections; see the zoo.
        assert_eq!(ready.parameters, 61_706);
        let rule = ready.settings.initialisation;
        assert_eq!(rule, Some(Initialisation::ByActivation));
    }

    #[test]
    fn a_head_of_other_classes_is_repaired_on_a_copy() {
        let graph = lenet();
        let ready = ready(&graph, &Settings::default(), &images(1, 3)).unwrap();
        assert_eq!(outputs(&ready.graph), Some(3));
        assert_eq!(outputs(&graph), Some(10));
        let told = "Its last layer has 3 outputs in the race instead of 10.";
        assert_eq!(ready.notes, [told]);
    }

    #[test]
    fn grey_networks_do_not_take_colour_images() {
        let refused = ready(&lenet(), &Settings::default(), &images(3, 10)).unwrap_err();
        assert!(refused.contains("Photos"), "{refused}");
        // The other way round each channel gets the grey.
        let squeezenet = zoo::entry("squeezenet-1.1").unwrap();
        let graph = Arc::new(squeezenet.graph(&Options::default()).unwrap());
        assert!(ready(&graph, &Settings::default(), &images(1, 1000)).is_ok());
    }

    #[test]
    fn what_would_end_a_training_early_or_keep_weights_is_off_and_said() {
        let graph = lenet();
        let settings = Settings {
            early_stopping: Some(EarlyStopping::default()),
            frozen: vec![graph.nodes()[0].id],
            ..Settings::default()
        };
        let ready = ready(&graph, &settings, &images(1, 10)).unwrap();
        assert_eq!(ready.notes.len(), 2);
        assert_eq!(ready.settings.early_stopping, None);
        assert!(ready.settings.frozen.is_empty());
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let settings = Settings {
            batch: 0,
            ..Settings::default()
        };
        assert!(ready(&lenet(), &settings, &images(1, 10)).is_err());
    }
}
