//! Modules that PyTorch does not have, written into the code where they are needed.

/// A module that PyTorch does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Helper {
    PaddedConv,
    PaddedMaxPool,
    PaddedAvgPool,
    PartialNorm,
    ScaledTanh,
    FlattenHwc,
    TableConv,
    Subsample,
    Rbf,
    LayerNorm,
    CroppedTranspose,
}

impl Helper {
    /// Whether it pads its input.
    pub const fn pads(self) -> bool {
        matches!(
            self,
            Self::PaddedConv | Self::PaddedMaxPool | Self::PaddedAvgPool
        )
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::PaddedConv => PADDED_CONV,
            Self::PaddedMaxPool => PADDED_MAX_POOL,
            Self::PaddedAvgPool => PADDED_AVG_POOL,
            Self::PartialNorm => PARTIAL_NORM,
            Self::ScaledTanh => SCALED_TANH,
            Self::FlattenHwc => FLATTEN_HWC,
            Self::TableConv => TABLE_CONV,
            Self::Subsample => SUBSAMPLE,
            Self::Rbf => RBF,
            Self::LayerNorm => LAYER_NORM,
            Self::CroppedTranspose => CROPPED_TRANSPOSE,
        }
    }
}

/// What the padded ones share.
pub(super) const PADDED: &str = r#"def pad(x, border, kernel, stride, dilation=(1, 1), value=0.0):
    """Pads left, right, top and bottom; "same" as TensorFlow does, an odd pixel at the end."""
    if border == "same":
        border = ()
        for size, k, s, d in zip(x.shape[:1:-1], kernel[::-1], stride[::-1], dilation[::-1]):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            border += (total // 2, total - total // 2)
    return F.pad(x, border, value=value)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)
"#;

const PADDED_CONV: &str = r#"class PaddedConv2d(nn.Conv2d):
    """A convolution with a border that differs from side to side."""

    def __init__(self, *args, border, **kwargs):
        super().__init__(*args, **kwargs)
        self.border = border

    def forward(self, x):
        return super().forward(pad(x, self.border, self.kernel_size, self.stride, self.dilation))
"#;

const PADDED_MAX_POOL: &str = r#"class PaddedMaxPool2d(nn.MaxPool2d):
    """A maximum with a border that differs from side to side."""

    def __init__(self, *args, border, **kwargs):
        super().__init__(*args, **kwargs)
        self.border = border

    def forward(self, x):
        kernel, stride = pair(self.kernel_size), pair(self.stride)
        dilation = pair(self.dilation)
        return super().forward(pad(x, self.border, kernel, stride, dilation, float("-inf")))
"#;

const PADDED_AVG_POOL: &str = r#"class PaddedAvgPool2d(nn.AvgPool2d):
    """A mean with a border that differs from side to side."""

    def __init__(self, *args, border, **kwargs):
        super().__init__(*args, **kwargs)
        self.border = border

    def forward(self, x):
        kernel, stride = pair(self.kernel_size), pair(self.stride)
        y = super().forward(pad(x, self.border, kernel, stride))
        if self.count_include_pad:
            return y
        inside = torch.ones_like(x[:1, :1])
        return y / super().forward(pad(inside, self.border, kernel, stride))
"#;

const PARTIAL_NORM: &str = r#"class PartialNorm2d(nn.BatchNorm2d):
    """Batch norm with a scale only, or a shift only."""

    def __init__(self, *args, scale, shift, **kwargs):
        super().__init__(*args, **kwargs)
        if not scale:
            self.register_parameter("weight", None)
        if not shift:
            self.register_parameter("bias", None)

    def reset_parameters(self):
        self.reset_running_stats()
        for parameter, value in [(self.weight, 1.0), (self.bias, 0.0)]:
            if parameter is not None:
                nn.init.constant_(parameter, value)

    def _check_input_dim(self, x):
        pass


PartialNorm1d = PartialNorm2d
"#;

const SCALED_TANH: &str = r#"class ScaledTanh(nn.Module):
    """a · tanh(s · x), as in LeCun et al. 1998."""

    def __init__(self, a, s):
        super().__init__()
        self.a, self.s = a, s

    def forward(self, x):
        return self.a * torch.tanh(self.s * x)
"#;

const FLATTEN_HWC: &str = r#"class FlattenHwc(nn.Module):
    """Position after position, as Keras flattens."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)
"#;

const TABLE_CONV: &str = r#"class TableConv2d(nn.Module):
    """A convolution whose output maps each take some of the input maps only."""

    def __init__(self, in_channels, table, kernel_size, bias=True):
        super().__init__()
        height, width = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
        pairs = [(output, input) for output, inputs in enumerate(table) for input in inputs]
        self.size = (len(table), in_channels, height, width)
        self.outputs, self.inputs = (list(places) for places in zip(*pairs))
        self.weight = nn.Parameter(torch.empty(len(pairs), height, width).uniform_(-0.1, 0.1))
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x):
        weight = self.weight.new_zeros(self.size)
        weight[self.outputs, self.inputs] = self.weight
        return F.conv2d(x, weight, self.bias)
"#;

const SUBSAMPLE: &str = r#"class Subsample(nn.Module):
    """The sum of each window, times a coefficient, plus a bias (LeCun et al. 1998)."""

    def __init__(self, channels, kernel_size, fan=1):
        super().__init__()
        self.kernel_size, self.fan = kernel_size, fan
        self.coef = nn.Parameter(torch.ones(channels * fan))
        self.bias = nn.Parameter(torch.zeros(channels * fan))

    def forward(self, x):
        size = self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,) * 2
        x = F.avg_pool2d(x, size) * (size[0] * size[1])
        x = x.repeat_interleave(self.fan, dim=1)
        return x * self.coef.view(-1, 1, 1) + self.bias.view(-1, 1, 1)
"#;

const RBF: &str = r#"class Rbf(nn.Module):
    """The squared distance to the code of each class (LeCun et al. 1998)."""

    def __init__(self, in_features, classes):
        super().__init__()
        self.register_buffer("codes", torch.zeros(classes, in_features))

    def forward(self, x):
        return (x[:, None] - self.codes).square().sum(2)
"#;

const LAYER_NORM: &str = r#"class LayerNorm2d(nn.LayerNorm):
    """Over the channels of each position (Liu et al. 2022)."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
"#;

const CROPPED_TRANSPOSE: &str = r#"class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution, cut off at the top, left, bottom and right."""

    def __init__(self, *args, crop, **kwargs):
        super().__init__(*args, **kwargs)
        self.crop = crop

    def forward(self, x):
        y = super().forward(x)
        top, left, bottom, right = self.crop
        return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]
"#;
