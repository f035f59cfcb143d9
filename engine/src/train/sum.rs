//! The sum of the shards' gradients, in a fixed order: shards 0 and 1, 2 and 3, …, then those sums
//! in pairs, and so on. Neighbours are summed as soon as both are there, so a worker that has several
//! can send their sum.

use std::collections::BTreeMap;

/// Loss, right answers and gradients of one or more shards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// The sum of the losses, divided by the examples of the whole batch.
    pub loss: f64,
    pub right: u64,
    /// Gradients, and running statistics of batch norm, weighted by the share of the examples.
    /// Without examples there are none.
    pub values: Vec<f32>,
}

impl Sum {
    fn add(&mut self, later: Self) {
        self.loss += later.loss;
        self.right += later.right;
        if self.values.is_empty() {
            self.values = later.values;
            return;
        }
        for (value, later) in self.values.iter_mut().zip(later.values) {
            *value += later;
        }
    }
}

/// The shards of one step that are there.
#[derive(Debug)]
pub struct Gathered {
    of: u32,
    /// By their first shard: how many, and their sum.
    blocks: BTreeMap<u32, (u32, Sum)>,
}

impl Gathered {
    /// None yet, of so many; a power of two.
    pub const fn new(of: u32) -> Self {
        Self {
            of,
            blocks: BTreeMap::new(),
        }
    }

    /// Takes the sum of `count` shards from `first`. Those that are there already are left as they
    /// are: they have the same bits.
    pub fn insert(&mut self, mut first: u32, mut count: u32, mut sum: Sum) {
        if self.has(first) {
            return;
        }
        while count < self.of {
            let neighbour = first ^ count;
            let fits = self.blocks.get(&neighbour).is_some_and(|it| it.0 == count);
            let found = if fits {
                self.blocks.remove(&neighbour)
            } else {
                None
            };
            let Some((_, other)) = found else { break };
            let (mut left, right) = if neighbour < first {
                (other, sum)
            } else {
                (sum, other)
            };
            left.add(right);
            (first, count, sum) = (first.min(neighbour), 2 * count, left);
        }
        self.blocks.insert(first, (count, sum));
    }

    /// Whether this shard is there.
    pub fn has(&self, shard: u32) -> bool {
        let before = self.blocks.range(..=shard).next_back();
        before.is_some_and(|(first, (count, _))| shard - first < *count)
    }

    /// The sum of these shards, once all are there.
    pub fn take(&mut self) -> Option<Sum> {
        let all = self.blocks.first_key_value()?;
        if *all.0 != 0 || all.1.0 != self.of {
            return None;
        }
        self.blocks.pop_first().map(|(_, (_, sum))| sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: f32) -> Sum {
        Sum {
            loss: value.into(),
            right: 1,
            values: vec![value],
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_change_a_bit() {
        // (1 + 2⁻²⁴) + (2⁻²⁴ + 2⁻²⁴): the first sum is rounded to 1; one after the other all are.
        let tiny = f32::EPSILON / 2.0;
        let shards = [1.0, tiny, tiny, tiny];
        for order in [[0, 1, 2, 3], [3, 1, 2, 0], [2, 0, 3, 1]] {
            let mut gathered = Gathered::new(4);
            for shard in order {
                assert!(gathered.take().is_none() && !gathered.has(shard));
                gathered.insert(shard, 1, of(shards[shard as usize]));
                assert!(gathered.has(shard));
            }
            let sum = gathered.take().unwrap();
            assert_eq!(sum.values, [1.0 + 2.0 * tiny]);
            assert_eq!(sum.right, 4);
        }
    }

    #[test]
    fn a_sum_of_neighbours_is_the_same_as_both() {
        let mut gathered = Gathered::new(4);
        gathered.insert(2, 2, of(0.1 + 0.2));
        gathered.insert(1, 1, of(0.3));
        gathered.insert(1, 1, of(9.0));
        gathered.insert(0, 1, of(0.7));
        assert_eq!(
            gathered.take().unwrap().values,
            [(0.7_f32 + 0.3) + (0.1 + 0.2)]
        );
    }

    #[test]
    fn a_shard_without_examples_adds_nothing() {
        let mut gathered = Gathered::new(2);
        gathered.insert(1, 1, Sum::default());
        gathered.insert(0, 1, of(0.5));
        assert_eq!(gathered.take().unwrap(), of(0.5));
    }
}
