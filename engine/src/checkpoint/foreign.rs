//! Files that were not written for this network: other programs' names of the same parameters.
//! Names are changed only where that finds more of the network's parameters, and each change is a
//! [`Note`] that the person is shown.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fit, Header, OPTIMIZER, Parameter, fit, keras};
use crate::Graph;
use crate::layer::Layer;

/// How a file was read that is not as this program writes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// This was left out of so many tensors' names.
    Removed { part: String, names: usize },
    /// Names of torchvision's files of DenseNet: `norm.1` for `norm1`.
    OldDenseNet { names: usize },
    /// torchvision's names of SqueezeNet's layers, whose nodes have the authors' names.
    SqueezeNet,
    /// They are of torchvision's SqueezeNet, whose pools round up, and so many of this network's
    /// round down.
    FloorPools { pools: usize },
    /// Keras' names and layouts.
    Keras,
    /// Classifiers that only training uses.
    Auxiliary { heads: Vec<String>, tensors: usize },
    /// So many parameters were 64-bit floats.
    Narrowed { tensors: usize },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed { part, names } => write!(
                formatter,
                "“{part}” was left out of the names of {names} tensors"
            ),
            Self::OldDenseNet { names } => write!(
                formatter,
                "{names} tensors have torchvision's older names of DenseNet (norm.1 for norm1)"
            ),
            Self::SqueezeNet => formatter.write_str(
                "the tensors have torchvision's names of SqueezeNet (features.3.squeeze for \
                 fire2/squeeze1x1)",
            ),
            Self::FloorPools { pools } => write!(
                formatter,
                "torchvision's SqueezeNet rounds the size of its pools up, and {pools} of this \
                 network's round down, so that answers differ a little; set their ceil mode for \
                 the same ones"
            ),
            Self::Keras => formatter.write_str(
                "the tensors have Keras' names and layouts and were turned into PyTorch's",
            ),
            Self::Auxiliary { heads, tensors } => write!(
                formatter,
                "{tensors} tensors of the auxiliary classifier {}, which only training uses, were \
                 left out",
                heads.join(", ")
            ),
            Self::Narrowed { tensors } => write!(
                formatter,
                "{tensors} parameters of 64-bit floats were rounded to 32 bits"
            ),
        }
    }
}

/// Which of the file's tensors are which parameters: by their names as they are, else by the names
/// that another program gives them.
pub fn adapt(header: &Header, params: &[Parameter], graph: &Graph) -> Fit {
    let mut best = fit(header, params);
    // What this program wrote has its own way to find renamed nodes.
    if header.about.is_none() && !best.mismatch.is_empty() {
        let mut try_fit = |other: Fit| {
            let rank = |fit: &Fit| {
                let found = fit.found.iter().flatten().count();
                (found, std::cmp::Reverse(fit.mismatch.extra.len()))
            };
            if rank(&other) > rank(&best) {
                best = other;
            }
        };
        for renaming in renamings(header, params) {
            if let Some(other) = renaming.fit(header, params) {
                try_fit(other);
            }
        }
        if let Some(other) = keras::fit(header, params, graph) {
            try_fit(other);
        }
        leave_auxiliary_out(&mut best);
        let pools = floor_pools(graph);
        if best.notes.contains(&Note::SqueezeNet) && pools > 0 {
            best.notes.push(Note::FloorPools { pools });
        }
    }
    let narrowed = best.found.iter().flatten();
    let tensors = narrowed
        .filter(|&&place| header.tensors[place].dtype == "F64")
        .count();
    if tensors > 0 {
        best.notes.push(Note::Narrowed { tensors });
    }
    best
}

/// Tensors under other names, in the header's order, and why.
#[derive(Clone)]
struct Renaming {
    names: Vec<String>,
    notes: Vec<Note>,
    /// It is taken only where it makes everything fit.
    whole: bool,
}

impl Renaming {
    /// `None` where two tensors would have one name, or not everything fits that must.
    fn fit(&self, header: &Header, params: &[Parameter]) -> Option<Fit> {
        let mut names = HashSet::new();
        if !self.names.iter().all(|name| names.insert(name)) {
            return None;
        }
        let mut renamed = header.clone();
        for (stored, name) in renamed.tensors.iter_mut().zip(&self.names) {
            stored.name.clone_from(name);
        }
        let mut fit = fit(&renamed, params);
        if self.whole && !fit.mismatch.is_empty() {
            return None;
        }
        // An error names tensors as the file does.
        for extra in &mut fit.mismatch.extra {
            if let Some(place) = self.names.iter().position(|name| name == extra) {
                extra.clone_from(&header.tensors[place].name);
            }
        }
        fit.notes.clone_from(&self.notes);
        Some(fit)
    }

    /// With each name changed by a function; `None` where it changes none.
    fn then(
        &self,
        change: impl Fn(&str) -> Option<String>,
        note: impl FnOnce(usize) -> Note,
    ) -> Option<Self> {
        let mut changed = 0;
        let mut other = self.clone();
        for name in &mut other.names {
            if let Some(new) = change(name) {
                changed += 1;
                *name = new;
            }
        }
        if changed == 0 {
            return None;
        }
        other.notes.push(note(changed));
        Some(other)
    }
}

/// Parts of names that programs put around a module: `DataParallel`, `torch.compile`, FSDP,
/// activation checkpointing.
const WRAPPERS: [&str; 4] = [
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
];

/// First parts of names in files of training programs.
const PREFIXES: [&str; 7] = [
    "model",
    "net",
    "network",
    "backbone",
    "state_dict",
    "model_state_dict",
    "_forward_module",
];

/// Every way to rename the tensors, those of fewer changes first.
fn renamings(header: &Header, params: &[Parameter]) -> Vec<Renaming> {
    let names = header.tensors.iter().map(|stored| stored.name.clone());
    let mut all = vec![Renaming {
        names: names.collect(),
        notes: Vec::new(),
        whole: false,
    }];
    let mut extend = |more: &dyn Fn(&Renaming) -> Vec<Renaming>| {
        let new: Vec<Renaming> = all.iter().flat_map(more).collect();
        all.extend(new);
    };
    extend(&|from| {
        WRAPPERS.iter().fold(Vec::new(), |mut done, part| {
            let before = done.last().unwrap_or(from);
            done.extend(without_part(before, part));
            done
        })
    });
    extend(&|from| prefixes(from, params));
    extend(&|from| old_dense_net(from).into_iter().collect());
    extend(&|from| squeeze_net(from).into_iter().collect());
    all
}

/// The names without this part, wherever it stands.
fn without_part(from: &Renaming, part: &str) -> Option<Renaming> {
    let change = |name: &str| {
        let kept: Vec<&str> = name.split('.').filter(|it| *it != part).collect();
        let kept = kept.join(".");
        (kept != name).then_some(kept)
    };
    let note = |names| Note::Removed {
        part: format!("{part}."),
        names,
    };
    from.then(change, note)
}

/// The names without what stands before the network's own ones: known first parts, one after the
/// other; or any prefix that all parameters have, where then everything fits.
fn prefixes(from: &Renaming, params: &[Parameter]) -> Vec<Renaming> {
    let strip = |from: &Renaming, prefix: &str| {
        let change = |name: &str| name.strip_prefix(prefix).map(str::to_owned);
        let note = |names| Note::Removed {
            part: prefix.to_owned(),
            names,
        };
        from.then(change, note)
    };
    let mut all: Vec<Renaming> = Vec::new();
    let mut next = from.clone();
    // No file has more of them in a row.
    for _ in 0..4 {
        let stripped = PREFIXES
            .iter()
            .find_map(|part| strip(&next, &format!("{part}.")));
        let Some(stripped) = stripped else {
            break;
        };
        all.push(stripped.clone());
        next = stripped;
    }
    if let Some(first) = params.first() {
        let prefix = from.names.iter().find_map(|name| {
            let prefix = name.strip_suffix(&first.name)?;
            prefix.ends_with(['.', '/']).then_some(prefix)
        });
        let any = prefix.and_then(|prefix| strip(from, prefix));
        all.extend(any.map(|any| Renaming { whole: true, ..any }));
    }
    all
}

/// `norm.1` as `norm1`, and so on: torchvision's published files have these names, which it renames
/// itself (`densenet.py`, `_load_state_dict`).
fn old_dense_net(from: &Renaming) -> Option<Renaming> {
    let change = |name: &str| {
        let layer = name.find("denselayer")?;
        let (before, rest) = name.split_at(layer);
        let new = ["norm", "relu", "conv"].iter().find_map(|part| {
            let old = [1, 2]
                .into_iter()
                .find(|it| rest.contains(&format!(".{part}.{it}.")))?;
            Some(rest.replace(&format!(".{part}.{old}."), &format!(".{part}{old}.")))
        })?;
        Some(format!("{before}{new}"))
    };
    from.then(change, |names| Note::OldDenseNet { names })
}

/// torchvision's `features.3.squeeze` as `fire2/squeeze1x1`: the fires in order, whatever number
/// the pools between them give each (`squeezenet.py`).
fn squeeze_net(from: &Renaming) -> Option<Renaming> {
    let number = |name: &str| {
        let rest = name.strip_prefix("features.")?;
        let (number, part) = rest.split_once('.')?;
        Some((number.parse::<u32>().ok()?, part.to_owned()))
    };
    let fires = from.names.iter().filter_map(|name| number(name));
    let fires = fires.filter(|(_, part)| part.starts_with("squeeze."));
    let mut fires: Vec<u32> = fires.map(|(number, _)| number).collect();
    fires.sort_unstable();
    fires.dedup();
    if fires.is_empty() {
        return None;
    }
    let change = |name: &str| {
        if let Some(role) = name.strip_prefix("classifier.1.") {
            return Some(format!("conv10.{role}"));
        }
        let (number, part) = number(name)?;
        if number == 0 {
            return Some(format!("conv1.{part}"));
        }
        let fire = fires.iter().position(|&it| it == number)? + 2;
        let part = part.replacen("squeeze.", "squeeze1x1.", 1);
        Some(format!("fire{fire}/{part}"))
    };
    from.then(change, |_| Note::SqueezeNet)
}

fn floor_pools(graph: &Graph) -> usize {
    let nodes = graph.nodes().iter();
    let pools = nodes.filter(|node| match &node.layer {
        Layer::MaxPool(pool) => !pool.ceil_mode,
        _ => false,
    });
    pools.count()
}

/// First parts of the names of auxiliary classifiers, in torchvision's GoogLeNet and Inception v3.
const AUXILIARY: [&str; 3] = ["aux1", "aux2", "AuxLogits"];

/// Where nothing else is wrong, what a network without them does not need is left out.
fn leave_auxiliary_out(fit: &mut Fit) {
    let head = |name: &String| {
        let parts: Vec<&str> = name.split('.').collect();
        let head = AUXILIARY.iter().find(|head| parts.contains(*head))?;
        Some((*head).to_owned())
    };
    let mismatch = &mut fit.mismatch;
    let heads: Option<Vec<String>> = mismatch.extra.iter().map(head).collect();
    let complete = mismatch.missing.is_empty() && mismatch.different.is_empty();
    let Some(mut heads) = heads.filter(|heads| complete && !heads.is_empty()) else {
        return;
    };
    let tensors = heads.len();
    heads.sort_unstable();
    heads.dedup();
    mismatch.extra.clear();
    fit.notes.push(Note::Auxiliary { heads, tensors });
}

/// Whether this tensor is nothing that a network has as a parameter: the number of batches that a
/// batch norm of PyTorch has seen, the state of Keras' random numbers and optimisers.
pub(super) fn is_ignored(name: &str) -> bool {
    const LAST: [&str; 4] = [
        "num_batches_tracked",
        "seed_generator_state",
        "iteration",
        "learning_rate",
    ];
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    let last = last.split(':').next().unwrap_or(last);
    name.starts_with(OPTIMIZER) || LAST.contains(&last) || name.starts_with("optimizer/")
}
