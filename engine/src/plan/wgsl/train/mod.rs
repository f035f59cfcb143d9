//! A training step as dispatches: forward, the loss, and back, on all pictures of a batch. The
//! optimiser is not part of it.
//!
//! Four pictures are the four numbers of a vector, so that every layer works on whole vectors
//! whatever its channels; maps and weights lie channel after channel, as PyTorch has them.

mod dispatch;
mod shader;
mod stages;
mod text;

pub use dispatch::{Buffer, TrainDispatch};
pub use shader::TrainShader;
pub use stages::Place;

use kernels::{Bin, Pool};

use crate::plan::LowerError;
use crate::{Graph, NodeId};
use stages::{Kind, Stages};

/// Pictures of a vector.
pub const LANES: usize = 4;

/// What is asked of each channel of an activation, over the positions and pictures of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extreme {
    /// The largest value.
    Largest,
    /// The largest distance from a number.
    Farthest(f32),
    /// The smallest distance from a number.
    Nearest(f32),
}

/// A network's training step for a device.
#[derive(Clone, Debug)]
pub struct TrainProgram {
    stages: Stages,
}

impl TrainProgram {
    /// # Errors
    /// When the graph has a problem, or a layer that this has no step for.
    pub fn lower(graph: &Graph) -> Result<Self, LowerError> {
        let stages = Stages::of(graph)?;
        Ok(Self { stages })
    }

    /// The parameters that it has slopes of, one behind the other.
    pub fn places(&self) -> &[Place] {
        &self.stages.places
    }

    /// How many values all of them have.
    pub const fn values(&self) -> usize {
        self.stages.values
    }

    /// Values of a picture.
    pub fn pixels(&self) -> usize {
        self.stages.maps[0].values()
    }

    pub fn classes(&self) -> usize {
        self.last().values()
    }

    /// The map that has the scores.
    pub fn scores(&self) -> Buffer {
        Buffer::Map(self.stages.stages.len())
    }

    fn last(&self) -> stages::Size {
        self.stages.maps[self.stages.stages.len()]
    }

    /// The batch norms with their channels, by their numbers.
    pub fn norms(&self) -> Vec<(NodeId, usize)> {
        let each = self.stages.stages.iter().enumerate();
        let each = each.filter_map(|(place, stage)| match stage.kind {
            Kind::Norm { .. } => Some((stage.node, self.stages.maps[place + 1].channels)),
            _ => None,
        });
        each.collect()
    }

    /// Values of a channel of each batch norm, for so many pictures.
    pub fn norm_values(&self, pictures: usize) -> Vec<usize> {
        let each = self.stages.stages.iter().enumerate();
        let each = each.filter_map(|(place, stage)| match stage.kind {
            Kind::Norm { .. } => Some(self.stages.maps[place + 1].positions() * pictures),
            _ => None,
        });
        each.collect()
    }

    /// All buffers, with their floats or words for so many pictures.
    pub fn buffers(&self, pictures: usize) -> Vec<(Buffer, usize)> {
        let chunks = pictures.div_ceil(LANES);
        let mut all = vec![
            (Buffer::Params, self.values()),
            (Buffer::Gradients, self.values()),
            (Buffer::Labels, chunks * LANES),
            (Buffer::Parts, self.parts(chunks)),
        ];
        for (number, size) in self.stages.maps.iter().enumerate() {
            let floats = size.values() * chunks * LANES;
            all.push((Buffer::Map(number), floats));
            if number > 0 {
                all.push((Buffer::Slopes(number), floats));
            }
        }
        let norms = self.norms().into_iter().enumerate();
        all.extend(norms.map(|(number, (_, channels))| (Buffer::Norm(number), 6 * channels)));
        let extremes = self.stages.activations.iter().enumerate();
        all.extend(
            extremes.map(|(number, &(_, map))| {
                (Buffer::Extreme(number), self.stages.maps[map].channels)
            }),
        );
        let tables = self.tables().into_iter();
        all.extend(tables.map(|(buffer, words)| (buffer, words.len())));
        all
    }

    /// Bytes of all buffers for so many pictures.
    pub fn bytes(&self, pictures: usize) -> usize {
        let buffers = self.buffers(pictures).into_iter();
        buffers.map(|(_, floats)| 4 * floats).sum()
    }

    /// The activations with their channels.
    pub fn activations(&self) -> impl Iterator<Item = (NodeId, usize)> {
        let each = self.stages.activations.iter();
        each.map(|&(node, map)| (node, self.stages.maps[map].channels))
    }

    /// What the pools' buffers have.
    pub fn tables(&self) -> Vec<(Buffer, Vec<u32>)> {
        let each = self.stages.stages.iter().enumerate();
        let each = each.filter_map(|(place, stage)| match &stage.kind {
            Kind::Pool(pool) => {
                let input = self.stages.maps[stage.inputs[0]];
                let table = table(pool, [input.height, input.width]);
                Some((Buffer::Table(place), table))
            }
            _ => None,
        });
        each.collect()
    }
}

/// The ranges of rows and columns; then for each row and column of the input the first range that has
/// it, and the one behind the last.
fn table(pool: &Pool, input: [usize; 2]) -> Vec<u32> {
    let ranges = pool.rows.iter().chain(&pool.columns);
    let mut words: Vec<u32> = ranges
        .flat_map(|it| [it.start, it.end, it.divisor])
        .map(|word| word as u32)
        .collect();
    for (bins, size) in [&pool.rows, &pool.columns].into_iter().zip(input) {
        for at in 0..size {
            let has = |bin: &Bin| (bin.start..bin.end).contains(&at);
            let first = bins.iter().position(has).unwrap_or(0);
            let behind = bins.iter().rposition(has).map_or(0, |last| last + 1);
            words.extend([first as u32, behind as u32]);
        }
    }
    words
}
