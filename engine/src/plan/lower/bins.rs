//! The ranges of rows and columns that pools reduce.

use kernels::{Bin, Pool, Reduce};

use crate::Shape;
use crate::layer::{
    AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, GlobalPool, MaxPool, PoolMode, Upsample, Window,
};

/// The ranges of a window on one axis, cut to the map.
pub(super) fn bins(window: &Window, axis: usize, input: Shape, output: Shape) -> Vec<Bin> {
    let (size, count) = (input.size()[axis] as usize, output.size()[axis] as usize);
    let sides = window.sides(input.size()).map(|side| side as usize);
    let (before, after) = (sides[axis], sides[axis + 2]);
    let (kernel, stride) = (window.kernel[axis] as usize, window.stride[axis] as usize);
    let bin = |place: usize| {
        let from = place * stride;
        let to = (from + kernel).min(before + size + after);
        let start = from.saturating_sub(before).min(size);
        let end = to.saturating_sub(before).min(size);
        Bin {
            start,
            end: end.max(start),
            divisor: to - from,
        }
    };
    (0..count).map(bin).collect()
}

pub(in crate::plan) fn max_pool(pool: &MaxPool, input: Shape, output: Shape) -> Pool {
    let window = pool.sliding();
    let [rows, columns] = [0, 1].map(|axis| bins(&window, axis, input, output));
    Pool {
        reduce: Reduce::Max,
        rows,
        columns,
    }
}

pub(in crate::plan) fn avg_pool(pool: &AvgPool, input: Shape, output: Shape) -> Pool {
    let window = pool.sliding();
    let [mut rows, mut columns] = [0, 1].map(|axis| bins(&window, axis, input, output));
    if !pool.count_include_pad {
        for bin in rows.iter_mut().chain(&mut columns) {
            bin.divisor = bin.end - bin.start;
        }
    }
    Pool {
        reduce: Reduce::Mean,
        rows,
        columns,
    }
}

pub(super) fn adaptive_max_pool(pool: &AdaptiveMaxPool, input: Shape) -> Pool {
    Pool {
        reduce: Reduce::Max,
        ..adaptive_pool(&pool.means(), input)
    }
}

/// Each value several times: the maximum of one value.
pub(super) fn repeated(up: &Upsample, output: Shape) -> Pool {
    let [rows, columns] = [0, 1].map(|axis| {
        let bin = |at: u32| {
            let start = (at / up.factor[axis].max(1)) as usize;
            Bin {
                start,
                end: start + 1,
                divisor: 1,
            }
        };
        (0..output.size()[axis]).map(bin).collect()
    });
    Pool {
        reduce: Reduce::Max,
        rows,
        columns,
    }
}

pub(in crate::plan) fn adaptive_pool(pool: &AdaptiveAvgPool, input: Shape) -> Pool {
    let [rows, columns] = [0, 1].map(|axis| {
        let (size, count) = (input.size()[axis] as usize, pool.output[axis] as usize);
        let bin = |place: usize| {
            let (start, end) = (place * size / count, ((place + 1) * size).div_ceil(count));
            Bin {
                start,
                end,
                divisor: end - start,
            }
        };
        (0..count).map(bin).collect()
    });
    Pool {
        reduce: Reduce::Mean,
        rows,
        columns,
    }
}

pub(in crate::plan) fn global_pool(pool: &GlobalPool, input: Shape) -> Pool {
    let all = |size: u32| Bin {
        start: 0,
        end: size as usize,
        divisor: size as usize,
    };
    Pool {
        reduce: match pool.mode {
            PoolMode::Avg => Reduce::Mean,
            PoolMode::Max => Reduce::Max,
        },
        rows: vec![all(input.height)],
        columns: vec![all(input.width)],
    }
}
