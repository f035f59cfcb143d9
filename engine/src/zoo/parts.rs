//! Helpers for writing the networks of the zoo.

use crate::layer::{
    AdaptiveAvgPool, BatchNorm, Conv, Dropout, Flatten, GlobalPool, Linear, Lrn, MaxPool, Padding,
    PoolMode,
};
use crate::{Graph, GraphBuilder};

use super::ZooError;

/// The same padding on all four sides.
pub(super) const fn around(pixels: u32) -> Padding {
    if pixels == 0 {
        Padding::Valid
    } else {
        Padding::Sides([pixels; 4])
    }
}

/// A square convolution that keeps the map's size: padded by half its odd kernel.
pub(super) const fn padded(channels: u32, side: u32) -> Conv {
    Conv {
        padding: around(side / 2),
        ..Conv::new(channels, side)
    }
}

/// A convolution that pads as TensorFlow's SAME does.
pub(super) const fn same(channels: u32, side: u32) -> Conv {
    Conv {
        padding: Padding::Same,
        ..Conv::new(channels, side)
    }
}

/// This convolution with another stride.
pub(super) const fn strided(stride: u32, conv: Conv) -> Conv {
    Conv {
        stride: [stride, stride],
        ..conv
    }
}

/// This convolution in groups.
pub(super) const fn grouped(groups: u32, conv: Conv) -> Conv {
    Conv { groups, ..conv }
}

/// This convolution without a bias, because batch norm shifts after it.
pub(super) const fn unbiased(conv: Conv) -> Conv {
    Conv {
        bias: false,
        ..conv
    }
}

/// A square maximum pool.
pub(super) const fn max_pool(side: u32, stride: u32, padding: u32) -> MaxPool {
    MaxPool {
        kernel: [side, side],
        dilation: [1, 1],
        stride: [stride, stride],
        padding: around(padding),
        ceil_mode: false,
    }
}

/// A square maximum pool whose output size is rounded up, as Caffe does.
pub(super) const fn ceil_pool(side: u32, stride: u32) -> MaxPool {
    MaxPool {
        ceil_mode: true,
        ..max_pool(side, stride, 0)
    }
}

/// Batch norm with this ε and PyTorch's sense of momentum.
pub(super) const fn norm(eps: f64, momentum: f64) -> BatchNorm {
    BatchNorm {
        eps,
        momentum,
        scale: true,
        shift: true,
    }
}

/// Local response normalisation over 5 channels as Caffe computes it: α is divided by the size.
pub(super) const fn lrn(alpha: f64, k: f64) -> Lrn {
    Lrn {
        size: 5,
        alpha,
        beta: 0.75,
        k,
        alpha_divided_by_size: true,
    }
}

/// The mean of each whole map.
pub(super) const GLOBAL_AVERAGE: GlobalPool = GlobalPool {
    mode: PoolMode::Avg,
};

/// Average bins of a fixed count, so that the linear layers fit whatever the picture's size.
pub(super) const fn bins(side: u32) -> AdaptiveAvgPool {
    AdaptiveAvgPool {
        output: [side, side],
    }
}

/// A linear layer.
pub(super) const fn linear(features: u32) -> Linear {
    Linear::new(features)
}

/// A map as a vector in PyTorch's order.
pub(super) fn flatten() -> Flatten {
    Flatten::default()
}

/// Dropout of this share.
pub(super) const fn dropout(p: f64) -> Dropout {
    Dropout { p }
}

/// The finished graph.
pub(super) fn finish(net: GraphBuilder) -> Result<Graph, ZooError> {
    Ok(net.finish()?)
}
