//! The settings as they survive a reload, and as a file.

use engine::train::{SettingsFile, Task};
use engine::{Graph, NodeId};
use serde_json::{Value, json};

use super::check;

/// What the page keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub task: Task,
    /// The network that the frozen nodes are of.
    pub network: String,
    /// Frozen nodes of that network, which need not be the open one.
    pub frozen: Vec<NodeId>,
    /// Whether the person chose the weights to start from.
    pub chose_start: bool,
}

impl Kept {
    /// Of a task that is set for this network.
    pub fn of(task: &Task, network: &str, chose_start: bool) -> Self {
        let mut task = task.clone();
        let frozen = std::mem::take(&mut task.settings.frozen);
        Self {
            task,
            network: network.to_owned(),
            frozen,
            chose_start,
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        let file = export(&self.task);
        json!({
            "settings": file,
            "network": self.network,
            "frozen": self.frozen,
            "chose_start": self.chose_start,
        })
        .to_string()
    }

    /// From text; `None` for one that it cannot be read from, or whose values make no sense.
    pub fn read(text: &str, graph: &Graph) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let file = SettingsFile::read(value["settings"].to_string().as_bytes()).ok()?;
        let mut task = Task::default();
        take_file(&mut task, file);
        task.settings.frozen.clear();
        check(&task, graph).ok()?;
        Some(Self {
            task,
            network: value["network"].as_str()?.to_owned(),
            frozen: serde_json::from_value(value["frozen"].clone()).ok()?,
            chose_start: value["chose_start"].as_bool()?,
        })
    }

    /// Its frozen nodes, where it is of this network.
    pub fn frozen_of(&self, graph: &Graph) -> Option<Vec<NodeId>> {
        let there = |node: &NodeId| graph.node(*node).is_some();
        let same = graph.name() == self.network && self.frozen.iter().all(there);
        same.then(|| self.frozen.clone())
    }
}

fn take_file(task: &mut Task, file: SettingsFile) {
    let SettingsFile { settings, split } = file;
    task.settings = settings;
    task.split = split.unwrap_or_default();
}

/// The settings as a file for `cnnlab train --settings`.
pub fn export(task: &Task) -> SettingsFile {
    SettingsFile {
        settings: task.settings.clone(),
        split: Some(task.split),
    }
}

/// The task with the settings of a file, and how many frozen nodes of the file were left out because
/// this network does not have all of them.
///
/// # Errors
/// Why the file cannot be used.
pub fn import(task: &Task, bytes: &[u8], graph: &Graph) -> Result<(Task, usize), String> {
    let file = SettingsFile::read(bytes).map_err(|error| error.to_string())?;
    let mut changed = task.clone();
    take_file(&mut changed, file);
    let frozen = &mut changed.settings.frozen;
    let known = frozen.iter().all(|node| graph.node(*node).is_some());
    let left_out = if known { 0 } else { frozen.len() };
    if !known {
        frozen.clear();
    }
    check(&changed, graph).map_err(|error| error.to_string())?;
    Ok((changed, left_out))
}

#[cfg(test)]
mod tests {
    use engine::data::Augmentation;
    use engine::train::{Decay, EarlyStopping, Length, Method};
    use engine::zoo;

    use super::*;

    fn task() -> Task {
        let mut task = Task::default();
        task.settings.method = Method::ALL[3];
        task.settings.schedule.decay = Decay::ONE_CYCLE;
        task.settings.length = Length::Seconds(12.5);
        task.settings.early_stopping = Some(EarlyStopping::default());
        task.settings.augmentation = Some(Augmentation::of_drawings());
        task.settings.seed = 1 << 60;
        task.split.validation = 0.25;
        task
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let graph = zoo::lenet5().unwrap();
        let node = graph.nodes()[0].id;
        let mut task = task();
        task.settings.frozen = vec![node];
        let kept = Kept::of(&task, graph.name(), true);
        let read = Kept::read(&kept.text(), &graph).unwrap();
        assert_eq!(read, kept);
        assert_eq!(read.frozen_of(&graph), Some(vec![node]));
        let other = zoo::build("resnet-18", &Default::default()).unwrap();
        assert_eq!(read.frozen_of(&other), None);
    }

    #[test]
    fn text_of_another_kind_is_not_taken() {
        let graph = zoo::lenet5().unwrap();
        let nonsense = Kept::of(
            &{
                let mut task = task();
                task.settings.batch = 0;
                task
            },
            "",
            false,
        );
        for text in ["", "{}", "[1]", "{\"settings\": {}}", &nonsense.text()] {
            assert_eq!(Kept::read(text, &graph), None, "{text}");
        }
    }

    #[test]
    fn a_file_holds_what_the_command_line_reads() {
        let text = serde_json::to_string_pretty(&export(&task())).unwrap();
        // The command line reads the same type.
        let read = SettingsFile::read(text.as_bytes()).unwrap();
        assert_eq!(read.settings, task().settings);
        assert_eq!(read.split, Some(task().split));
        let graph = zoo::lenet5().unwrap();
        let imported = import(&Task::default(), text.as_bytes(), &graph).unwrap();
        assert_eq!(imported, (task(), 0));
    }

    #[test]
    fn a_file_for_another_network_keeps_all_but_the_frozen_nodes() {
        let graph = zoo::lenet5().unwrap();
        let mut foreign = task();
        foreign.settings.frozen = vec![NodeId(1), NodeId(999)];
        let text = serde_json::to_string(&export(&foreign)).unwrap();
        let imported = import(&Task::default(), text.as_bytes(), &graph).unwrap();
        assert_eq!(imported, (task(), 2));
    }

    #[test]
    fn a_file_with_impossible_values_is_refused() {
        let graph = zoo::lenet5().unwrap();
        let why = |text: &str| import(&Task::default(), text.as_bytes(), &graph).unwrap_err();
        assert!(why("{\"batch\": 5000}").contains("the batch is 5000"));
        assert!(why("{\"split\": {\"validation\": 2}}").contains("validation is 2"));
        assert!(why("{\"layers\": []}").contains("“layers”"));
    }
}
