"""Reference cases of the layers that foreign networks bring, computed by PyTorch.

    python tests/reference/ops_torch.py tests/reference/ops

Writes one safetensors file a case into the folder, and its line into cases.json; cases of the same name
are replaced. Inputs are exact 32-bit floats; results are computed in 64 bits and rounded once.
PyTorch 1.13 or later.
"""

import json
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

FOLDER = Path(sys.argv[1])
CASES = []


def save(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().to(torch.float32).contiguous().flatten().tolist()
        bytes_ = struct.pack(f"<{len(values)}f", *values)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(bytes_)],
        }
        data += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def case(name, op, function, inputs, params=None, attrs=None, notes=""):
    """One node; `function` takes the inputs in order and the parameters by their role."""
    params = params or {}

    def run(dtype):
        xs = [x.to(dtype).requires_grad_() for x in inputs.values()]
        ps = {role: p.to(dtype).requires_grad_() for role, p in params.items()}
        y = function(*xs, **ps)
        torch.manual_seed(len(name))
        cotangent = torch.randn(y.shape).to(dtype)
        (y * cotangent).sum().backward()
        results = {"output": y, "cotangent": cotangent}
        results |= {f"grad.input.{n}": x.grad for n, x in zip(inputs, xs)}
        results |= {f"grad.param.node.{role}": p.grad for role, p in ps.items()}
        return results

    exact, single = run(torch.float64), run(torch.float32)
    tensors = {f"input.{n}": x for n, x in inputs.items()}
    tensors |= {f"param.node.{role}": p for role, p in params.items()}
    tensors |= exact
    save(FOLDER / f"{name}.safetensors", tensors)
    difference = max((exact[n].float() - single[n]).abs().max().item() for n in exact)
    CASES.append(
        {
            "name": name,
            "family": op,
            "file": f"{name}.safetensors",
            "notes": notes,
            "graph": [{"id": "node", "op": op, "inputs": list(inputs), "attrs": attrs or {}}],
            "tensors": {n: ["float32", list(t.shape)] for n, t in tensors.items()},
            "suggested_rtol_atol": 1e-5,
            "float32_torch_max_abs_diff": difference,
        }
    )


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def distinct(*shape, seed=0):
    """No two values are equal or near, so that maxima have one place."""
    count = 1
    for side in shape:
        count *= side
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed + count))
    return (order.float() / 16 - count / 32).reshape(shape)


def transposed(name, size, out, kernel, bias=True, crop=None, **options):
    """`crop`: [top, left, bottom, right], cut off the whole output where its sides differ."""
    batch, channels, *_ = size
    groups = options.get("groups", 1)
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    params = {"weight": random(channels, out // groups, *kernel, seed=1)}
    if bias:
        params["bias"] = random(out, seed=2)
    attrs = dict(options)
    if "padding" in options:
        p = options["padding"]
        p = p if isinstance(p, tuple) else (p, p)
        attrs["padding"] = [p[0], p[1], p[0], p[1]]

    def function(x, weight, bias=None):
        y = F.conv_transpose2d(x, weight, bias, **options)
        if crop:
            top, left, bottom, right = crop
            y = y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]
        return y

    if crop:
        attrs["padding"] = crop
    case(name, "conv_transpose2d", function, {"x": random(*size)}, params, attrs)


transposed("conv_transpose2d_2x2_s2", (2, 3, 4, 5), 4, 2, stride=2)
transposed("conv_transpose2d_3x3_s2_pad1_op1", (2, 4, 3, 4), 3, 3, stride=2, padding=1, output_padding=1)
transposed("conv_transpose2d_4x4_s2_pad1", (1, 2, 4, 4), 3, 4, stride=2, padding=1)
transposed("conv_transpose2d_3x3_s1_pad1", (1, 3, 5, 4), 2, 3, bias=False, padding=1)
transposed("conv_transpose2d_3x2_s2x3", (1, 2, 4, 3), 3, (3, 2), stride=(2, 3), output_padding=(1, 2))
transposed("conv_transpose2d_3x3_dil2_op1", (1, 3, 4, 4), 2, 3, stride=1, dilation=2, output_padding=1)
transposed("conv_transpose2d_groups2", (2, 4, 3, 3), 6, 3, stride=2, padding=1, groups=2)
transposed("conv_transpose2d_depthwise", (1, 3, 4, 4), 3, 4, bias=False, stride=2, padding=1, groups=3)
transposed("conv_transpose2d_asym_pads", (1, 2, 4, 4), 3, 3, stride=2, crop=[0, 1, 1, 0])
transposed("conv_transpose2d_on_1x1", (2, 5, 1, 1), 3, 4)


def upsample(name, size, factor, mode, **options):
    pair = factor if isinstance(factor, tuple) else (factor, factor)
    attrs = {"factor": list(pair), "mode": mode, **options}
    case(
        name,
        "upsample",
        lambda x: F.interpolate(x, scale_factor=tuple(map(float, pair)), mode=mode, **options),
        {"x": random(*size)},
        attrs=attrs,
    )


upsample("upsample_nearest_2", (2, 3, 3, 4), 2, "nearest")
upsample("upsample_nearest_3x2", (1, 2, 3, 2), (3, 2), "nearest")
upsample("upsample_bilinear_2", (2, 2, 3, 4), 2, "bilinear", align_corners=False)
upsample("upsample_bilinear_3x1", (1, 2, 4, 3), (3, 1), "bilinear", align_corners=False)
upsample("upsample_bilinear_4_on_1", (1, 3, 1, 2), 4, "bilinear", align_corners=False)
upsample("upsample_bilinear_2_corners", (1, 2, 3, 4), 2, "bilinear", align_corners=True)


def affine(*shape):
    return {"weight": random(*shape, seed=3), "bias": random(*shape, seed=4)}


def group_norm(name, size, groups, params, eps=1e-5):
    case(
        name,
        "group_norm",
        lambda x, weight=None, bias=None: F.group_norm(x, groups, weight, bias, eps),
        {"x": random(*size)},
        params,
        {"groups": groups, "eps": eps},
    )


group_norm("group_norm_2_of_6", (2, 6, 3, 4), 2, affine(6))
group_norm("group_norm_no_affine", (1, 4, 3, 3), 4, {})
group_norm("group_norm_2d", (3, 8, 1, 1), 2, affine(8), eps=1e-3)


def layer_norm(name, size, params, axes="all", eps=1e-5):
    def function(x, weight=None, bias=None):
        if axes == "all":
            shape = x.shape[1:]
            whole = [None if p is None else p.reshape(shape) for p in (weight, bias)]
            return F.layer_norm(x, shape, *whole, eps)
        last = F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2], weight, bias, eps)
        return last.permute(0, 3, 1, 2)

    attrs = {"axes": axes, "eps": eps}
    case(name, "layer_norm", function, {"x": random(*size)}, params, attrs)


layer_norm("layer_norm_chw", (2, 3, 2, 4), affine(3, 2, 4))
layer_norm("layer_norm_features", (3, 7, 1, 1), affine(7))
layer_norm("layer_norm_no_shift", (1, 2, 3, 3), {"weight": random(2, 3, 3, seed=3)})
layer_norm("layer_norm_channels", (2, 5, 3, 2), affine(5), axes="channels", eps=1e-6)


def instance_norm(name, size, params, eps=1e-5):
    case(
        name,
        "instance_norm",
        lambda x, weight=None, bias=None: F.instance_norm(x, weight=weight, bias=bias, eps=eps),
        {"x": random(*size)},
        params,
        {"eps": eps},
    )


instance_norm("instance_norm_affine", (2, 3, 4, 3), affine(3))
instance_norm("instance_norm_plain", (1, 4, 3, 3), {}, eps=1e-3)

case(
    "prelu_channels",
    "prelu",
    lambda x, weight: F.prelu(x, weight),
    {"x": random(2, 4, 3, 3)},
    {"weight": random(4, seed=5)},
)
case(
    "prelu_one",
    "prelu",
    lambda x, weight: F.prelu(x, weight),
    {"x": random(2, 3, 3, 2)},
    {"weight": torch.tensor([0.25])},
)


def max_pool(name, size, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil=False):
    case(
        name,
        "max_pool2d",
        lambda x: F.max_pool2d(x, kernel, stride, padding, dilation, ceil),
        {"x": distinct(*size)},
        attrs={
            "kernel": list(kernel),
            "stride": list(stride),
            "padding": [*padding, *padding],
            "dilation": list(dilation),
            "ceil_mode": ceil,
        },
    )


max_pool("max_pool_3x3_dil2", (2, 2, 7, 8), (3, 3), (1, 1), dilation=(2, 2))
max_pool("max_pool_2x3_s2_pad1_dil2x1", (1, 3, 7, 6), (2, 3), (2, 2), (1, 1), (2, 1))
max_pool("max_pool_3x3_s2_dil2_ceil", (1, 2, 8, 8), (3, 3), (2, 2), dilation=(2, 2), ceil=True)

for name, size, output in [
    ("adaptive_max_pool_7_to_3", (2, 2, 7, 8), (3, 3)),
    ("adaptive_max_pool_3_to_5", (1, 3, 3, 4), (5, 2)),
    ("adaptive_max_pool_6_to_3", (1, 2, 6, 6), (3, 3)),
]:
    case(
        name,
        "adaptive_max_pool2d",
        lambda x, output=output: F.adaptive_max_pool2d(x, output),
        {"x": distinct(*size)},
        attrs={"output": list(output)},
    )

path = FOLDER / "cases.json"
names = {case["name"] for case in CASES}
others = [case for case in json.loads(path.read_text()) if case["name"] not in names]
lines = [json.dumps(case, separators=(",", ":")) for case in others + CASES]
path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
print(f"{len(CASES)} cases")
