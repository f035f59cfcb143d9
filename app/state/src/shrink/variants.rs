//! The networks that steps led to, each one can go back to.

mod record;

use engine::Graph;
use engine::compress::quantise::Activations;
use engine::compress::{Figures, Stored};

use crate::document::{OwnWeights, Snapshot};

pub use self::record::{VariantError, VariantRecord};

/// At most so many variants, …
pub const MOST: usize = 200;
/// … and so many bytes of weights.
pub const MOST_BYTES: u64 = 250_000_000;

/// The number of a variant, chosen at random, so that two pages do not choose the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VariantId(pub u64);

/// A network with its weights, and how it came to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub id: VariantId,
    /// The person's name for it.
    pub name: String,
    /// The name of the network that was there first.
    pub network: String,
    /// When it was made, in milliseconds since 1970.
    pub made: f64,
    pub snapshot: Snapshot,
    /// From the network that was there first.
    pub steps: Vec<String>,
    pub figures: Figures,
    /// How its weights are stored.
    pub stored: Stored,
    /// The title of the data set that the accuracy was measured on.
    pub set: Option<String>,
    /// Of its file of weights; 0 where it has none of its own.
    pub bytes: u64,
    /// It stays when others make room.
    pub pinned: bool,
    /// Of a forward pass, where it was measured.
    pub ms: Option<f64>,
    /// Of one in floats, where its layers run in whole numbers.
    pub float_ms: Option<f64>,
    /// The grids of its activations, where they are of 8 bits.
    pub activations: Option<Activations>,
}

/// A network that becomes a variant.
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    pub id: VariantId,
    pub made: f64,
    pub snapshot: Snapshot,
    pub figures: Figures,
    pub set: Option<String>,
    pub bytes: u64,
}

impl Variant {
    /// Its accuracy, where it was measured.
    pub fn accuracy(&self) -> Option<f64> {
        self.figures.accuracy.map(|it| it.right)
    }

    /// Whether this network with these weights is it; see [`Snapshot::has_weights`].
    pub fn is(
        &self,
        graph: &Graph,
        weights: Option<&OwnWeights>,
        origin: Option<&'static str>,
    ) -> bool {
        self.snapshot.has_weights(weights, origin) && self.snapshot.graph == *graph
    }
}

/// Which variants went to make room, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thinned {
    pub gone: Vec<String>,
}

impl Thinned {
    /// What it says to the person; `None` when nothing went.
    pub fn sentence(&self) -> Option<String> {
        let names = self.gone.iter().map(|name| format!("“{name}”"));
        let names = names.collect::<Vec<_>>().join(", ");
        (!self.gone.is_empty()).then(|| {
            format!(
                "The oldest variants were removed, {names}: {MOST} variants and {} MB of weights \
                 are kept. Pin those that should stay.",
                MOST_BYTES / 1_000_000
            )
        })
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variants {
    all: Vec<Variant>,
}

impl Variants {
    /// In the order in which they were made.
    pub fn all(&self) -> &[Variant] {
        &self.all
    }

    pub fn get(&self, id: VariantId) -> Option<&Variant> {
        self.all.iter().find(|it| it.id == id)
    }

    pub fn get_mut(&mut self, id: VariantId) -> Option<&mut Variant> {
        self.all.iter_mut().find(|it| it.id == id)
    }

    /// The variant that this network with these weights is.
    pub fn of(
        &self,
        graph: &Graph,
        weights: Option<&OwnWeights>,
        origin: Option<&'static str>,
    ) -> Option<&Variant> {
        self.all.iter().find(|it| it.is(graph, weights, origin))
    }

    /// The grids of the activations of this network with these weights, where it is a variant of 8
    /// bits.
    pub fn grids(&self, graph: &Graph, weights: Option<&OwnWeights>) -> Option<&Activations> {
        // Such a variant has weights of its own.
        self.of(graph, weights, None)?.activations.as_ref()
    }

    /// Keeps a network that is there before a step; where it is a variant already, only what was
    /// measured of it changes.
    pub fn keep(&mut self, new: New) -> VariantId {
        let Snapshot {
            graph,
            origin,
            weights,
        } = &new.snapshot;
        let known = self.of(graph, weights.as_ref(), *origin);
        if let Some(id) = known.map(|it| it.id) {
            if let Some(known) = self.get_mut(id) {
                if new.figures.accuracy.is_some() {
                    known.set = new.set;
                }
                let accuracy = new.figures.accuracy.or(known.figures.accuracy);
                // Bytes of a quantised variant are those that its step told.
                if known.steps.is_empty() {
                    known.figures = new.figures;
                }
                known.figures.accuracy = accuracy;
                known.bytes = known.bytes.max(new.bytes);
            }
            return id;
        }
        let name = new.snapshot.graph.name().to_owned();
        self.push(name.clone(), name, Vec::new(), new)
    }

    /// The network that a step led to from another.
    pub fn step(&mut self, from: VariantId, step: String, new: New) -> VariantId {
        let before = self.get(from);
        let mut steps = before.map(|it| it.steps.clone()).unwrap_or_default();
        steps.push(step);
        let network = match before {
            Some(before) => before.network.clone(),
            None => new.snapshot.graph.name().to_owned(),
        };
        let taken = |name: &String| self.all.iter().any(|it| it.name == *name);
        let mut names = (self.all.len().max(1)..).map(|it| format!("Variant {it}"));
        let name = names.find(|it| !taken(it)).unwrap_or_default();
        self.push(name, network, steps, new)
    }

    fn push(&mut self, name: String, network: String, steps: Vec<String>, new: New) -> VariantId {
        let id = new.id;
        self.add(Variant {
            id,
            name,
            network,
            made: new.made,
            snapshot: new.snapshot,
            steps,
            figures: new.figures,
            stored: Stored::default(),
            set: new.set,
            bytes: new.bytes,
            pinned: false,
            ms: None,
            float_ms: None,
            activations: None,
        });
        id
    }

    /// Adds a variant in the order of time; one that is there already stays as it is.
    pub fn add(&mut self, variant: Variant) {
        if self.get(variant.id).is_some() {
            return;
        }
        let order = |it: &Variant| (it.made, it.steps.len());
        let place = self.all.partition_point(|it| order(it) <= order(&variant));
        self.all.insert(place, variant);
    }

    /// Makes room: the oldest that are not pinned go, but never those of these numbers; who went.
    pub fn thin(&mut self, stay: &[VariantId]) -> Thinned {
        let mut gone = Vec::new();
        while self.all.len() > MOST || self.bytes() > MOST_BYTES {
            // Of those that are too many by their bytes only ones with bytes make room.
            let many = self.all.len() > MOST;
            let can = |it: &Variant| !it.pinned && !stay.contains(&it.id) && (many || it.bytes > 0);
            let Some(at) = self.all.iter().position(can) else {
                break;
            };
            gone.push(self.all.remove(at).name);
        }
        Thinned { gone }
    }

    /// Bytes of all files of weights.
    pub fn bytes(&self) -> u64 {
        self.all.iter().map(|it| it.bytes).sum()
    }

    /// The networks that the variants are of, in the order of their first variants.
    pub fn networks(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for variant in &self.all {
            if !all.contains(&variant.network) {
                all.push(variant.network.clone());
            }
        }
        all
    }

    /// The variants of this network, or all of them.
    pub fn of_network(&self, network: Option<&str>) -> Vec<&Variant> {
        let of = |it: &&Variant| network.is_none_or(|network| it.network == network);
        self.all.iter().filter(of).collect()
    }

    /// Names a variant; an empty name is none.
    pub fn rename(&mut self, id: VariantId, name: &str) {
        let name = name.trim();
        if let Some(variant) = self.get_mut(id).filter(|_| !name.is_empty()) {
            variant.name = name.to_owned();
        }
    }

    /// Takes a variant out of the list.
    pub fn remove(&mut self, id: VariantId) {
        self.all.retain(|it| it.id != id);
    }

    /// A pinned variant stays when others make room.
    pub fn pin(&mut self, id: VariantId, pinned: bool) {
        if let Some(variant) = self.get_mut(id) {
            variant.pinned = pinned;
        }
    }

    /// The table as comma-separated values.
    pub fn csv(&self) -> String {
        let heading = "name,network,steps,accuracy,images,bytes,sparse_bytes,deflated_bytes,parameters,\
                       nonzero,macs,ms,float_ms\n";
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let some = |value: Option<f64>| value.map_or_else(String::new, |it| it.to_string());
        let row = |it: &Variant| {
            let figures = &it.figures;
            let bytes = figures.bytes;
            let images = figures.accuracy.map(|it| it.images as f64);
            format!(
                "{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                quoted(&it.name),
                quoted(&it.network),
                quoted(&it.steps.join("; ")),
                some(it.accuracy()),
                some(images),
                bytes.dense,
                bytes.sparse,
                bytes.deflated,
                figures.parameters,
                figures.nonzero,
                figures.macs,
                some(it.ms),
                some(it.float_ms),
            )
        };
        let rows = self.all.iter().map(row);
        std::iter::once(heading.to_owned()).chain(rows).collect()
    }
}
