//! Layers that Keras does not have, written into the code where they are needed.

/// A layer that Keras does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Helper {
    Border,
    PaddedConv,
    PaddedDepthwise,
    PaddedMaxPool,
    PaddedAvgPool,
    Adaptive,
    AdaptiveMax,
    CroppedTranspose,
    Lrn,
    ScaledTanh,
    FlattenChw,
    Shuffle,
    TableConv,
    Subsample,
    Rbf,
}

impl Helper {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Border => BORDER,
            Self::PaddedConv => PADDED_CONV,
            Self::PaddedDepthwise => PADDED_DEPTHWISE,
            Self::PaddedMaxPool => PADDED_MAX_POOL,
            Self::PaddedAvgPool => PADDED_AVG_POOL,
            Self::Adaptive => ADAPTIVE,
            Self::AdaptiveMax => ADAPTIVE_MAX,
            Self::CroppedTranspose => CROPPED_TRANSPOSE,
            Self::Lrn => LRN,
            Self::ScaledTanh => SCALED_TANH,
            Self::FlattenChw => FLATTEN_CHW,
            Self::Shuffle => SHUFFLE,
            Self::TableConv => TABLE_CONV,
            Self::Subsample => SUBSAMPLE,
            Self::Rbf => RBF,
        }
    }
}

const BORDER: &str = r#"class Border(layers.Layer):
    """A border of one value: ((top, bottom), (left, right))."""

    def __init__(self, border, value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.border, self.value = border, value

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.border, (0, 0)), constant_values=self.value)
"#;

const PADDED_CONV: &str = r#"def PaddedConv2D(*args, border, name, **kwargs):
    """A convolution with a border of its own: ((top, bottom), (left, right))."""
    conv = layers.Conv2D(*args, name=name, **kwargs)
    return lambda x: conv(Border(border)(x))
"#;

const PADDED_DEPTHWISE: &str = r#"def PaddedDepthwiseConv2D(*args, border, name, **kwargs):
    """A depthwise convolution with a border of its own: ((top, bottom), (left, right))."""
    conv = layers.DepthwiseConv2D(*args, name=name, **kwargs)
    return lambda x: conv(Border(border)(x))
"#;

const PADDED_MAX_POOL: &str = r#"def PaddedMaxPooling2D(*args, border, name, **kwargs):
    """A maximum with a border of its own: ((top, bottom), (left, right))."""
    pool = layers.MaxPooling2D(*args, name=name, **kwargs)
    return lambda x: pool(Border(border, float("-inf"))(x))
"#;

const PADDED_AVG_POOL: &str = r#"class PaddedAveragePooling2D(layers.AveragePooling2D):
    """A mean with a border; only the counted part of it is in the divisor."""

    def __init__(self, *args, border, counted=((0, 0), (0, 0)), **kwargs):
        super().__init__(*args, **kwargs)
        self.border, self.counted = border, counted

    def call(self, x):
        mean = lambda x, border: super(PaddedAveragePooling2D, self).call(
            ops.pad(x, ((0, 0), *border, (0, 0)))
        )
        inside = ops.pad(ops.ones_like(x[:1, :, :, :1]), ((0, 0), *self.counted, (0, 0)), constant_values=1.0)
        rest = tuple((a - c, b - d) for (a, b), (c, d) in zip(self.border, self.counted))
        return mean(x, self.border) / mean(inside, rest)

    def compute_output_shape(self, shape):
        (top, bottom), (left, right) = self.border
        return super().compute_output_shape(
            (shape[0], shape[1] + top + bottom, shape[2] + left + right, shape[3])
        )
"#;

const ADAPTIVE: &str = r#"class AdaptiveAveragePooling(layers.Layer):
    """The means of bins of nearly equal size, as PyTorch's AdaptiveAvgPool2d."""

    def __init__(self, output, **kwargs):
        super().__init__(**kwargs)
        self.output_size = output if isinstance(output, tuple) else (output, output)

    def call(self, x):
        for axis, bins in zip((1, 2), self.output_size):
            size = x.shape[axis]
            starts = [i * size // bins for i in range(bins)]
            ends = [-(-(i + 1) * size // bins) for i in range(bins)]
            take = lambda a, b: x[:, a:b] if axis == 1 else x[:, :, a:b]
            means = [ops.mean(take(a, b), axis=axis, keepdims=True) for a, b in zip(starts, ends)]
            x = ops.concatenate(means, axis=axis)
        return x
"#;

const ADAPTIVE_MAX: &str = r#"class AdaptiveMaxPooling(layers.Layer):
    """The maxima of bins of nearly equal size, as PyTorch's AdaptiveMaxPool2d."""

    def __init__(self, output, **kwargs):
        super().__init__(**kwargs)
        self.output_size = output if isinstance(output, tuple) else (output, output)

    def call(self, x):
        for axis, bins in zip((1, 2), self.output_size):
            size = x.shape[axis]
            starts = [i * size // bins for i in range(bins)]
            ends = [-(-(i + 1) * size // bins) for i in range(bins)]
            take = lambda a, b: x[:, a:b] if axis == 1 else x[:, :, a:b]
            most = [ops.max(take(a, b), axis=axis, keepdims=True) for a, b in zip(starts, ends)]
            x = ops.concatenate(most, axis=axis)
        return x
"#;

const CROPPED_TRANSPOSE: &str = r#"def CroppedConv2DTranspose(*args, crop, name, **kwargs):
    """A transposed convolution, cut off on each side: ((top, bottom), (left, right))."""
    conv = layers.Conv2DTranspose(*args, name=name, **kwargs)
    return lambda x: layers.Cropping2D(crop)(conv(x))
"#;

const LRN: &str = r#"class LocalResponseNormalization(layers.Layer):
    """x / (k + alpha · Σ x²) ** beta over neighbouring channels."""

    def __init__(self, size, alpha, beta, k, **kwargs):
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (self.size // 2, (self.size - 1) // 2)))
        total = sum(squares[..., i : i + x.shape[-1]] for i in range(self.size))
        return x / (self.k + self.alpha * total) ** self.beta
"#;

const SCALED_TANH: &str = r#"class ScaledTanh(layers.Layer):
    """a · tanh(s · x), as in LeCun et al. 1998."""

    def __init__(self, a, s, **kwargs):
        super().__init__(**kwargs)
        self.a, self.s = a, s

    def call(self, x):
        return self.a * ops.tanh(self.s * x)
"#;

const FLATTEN_CHW: &str = r#"class FlattenChw(layers.Layer):
    """Channel after channel, as PyTorch flattens."""

    def call(self, x):
        return ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, x.shape[1] * x.shape[2] * x.shape[3]))
"#;

const SHUFFLE: &str = r#"class ChannelShuffle(layers.Layer):
    """Interleaves groups of channels (Zhang et al. 2018)."""

    def __init__(self, groups, **kwargs):
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.transpose(x, (0, 1, 2, 4, 3)), (-1, height, width, channels))
"#;

const TABLE_CONV: &str = r#"class TableConv2D(layers.Layer):
    """A convolution whose output maps each take some of the input maps only."""

    def __init__(self, table, kernel_size, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.table, self.use_bias = table, use_bias
        self.kernel_size = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2

    def build(self, shape):
        pairs = [(o, i) for o, inputs in enumerate(self.table) for i in inputs]
        self.places = [o * shape[-1] + i for o, i in pairs]
        self.sides = (len(self.table), shape[-1], *self.kernel_size)
        self.kernel = self.add_weight(shape=(len(pairs), *self.kernel_size), name="weight")
        if self.use_bias:
            self.bias = self.add_weight(shape=(len(self.table),), initializer="zeros", name="bias")

    def call(self, x):
        outputs, inputs, height, width = self.sides
        full = ops.zeros((outputs * inputs, height, width))
        full = ops.scatter_update(full, [[place] for place in self.places], self.kernel)
        full = ops.transpose(ops.reshape(full, self.sides), (2, 3, 1, 0))
        y = ops.conv(x, full, padding="valid")
        return y + self.bias if self.use_bias else y
"#;

const SUBSAMPLE: &str = r#"class Subsample(layers.Layer):
    """The sum of each window, times a coefficient, plus a bias (LeCun et al. 1998)."""

    def __init__(self, kernel_size, fan=1, **kwargs):
        super().__init__(**kwargs)
        self.fan = fan
        self.kernel_size = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2

    def build(self, shape):
        maps = shape[-1] * self.fan
        self.coef = self.add_weight(shape=(maps,), initializer="ones", name="coef")
        self.bias = self.add_weight(shape=(maps,), initializer="zeros", name="bias")

    def call(self, x):
        area = self.kernel_size[0] * self.kernel_size[1]
        x = ops.average_pool(x, self.kernel_size, self.kernel_size) * area
        return ops.repeat(x, self.fan, axis=-1) * self.coef + self.bias
"#;

const RBF: &str = r#"class Rbf(layers.Layer):
    """The squared distance to the code of each class (LeCun et al. 1998)."""

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, shape):
        self.codes = self.add_weight(shape=(self.classes, shape[-1]), trainable=False, name="codes")

    def call(self, x):
        return ops.sum(ops.square(x[:, None] - self.codes), axis=2)
"#;
