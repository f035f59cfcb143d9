"""A network of the layers that foreign networks bring, as PyTorch's exporter writes it.

    python tests/reference/onnx_torch.py tests/reference/models

Writes foreign_layers.onnx, and foreign_layers.io.safetensors with `input` and `output`, computed in 64 bits
and rounded once. PyTorch 1.13 or later.
"""

import copy
import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(sys.argv[1])


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Gate(nn.Module):
    """CBAM's two gates (Woo et al. 2018): C×1×1 and 1×H×W."""

    def __init__(self, channels):
        super().__init__()
        self.channels = nn.Conv2d(channels, channels, 1)
        self.places = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x):
        x = x * torch.sigmoid(self.channels(nn.functional.adaptive_max_pool2d(x, 1)))
        return x * torch.sigmoid(self.places(x))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Conv2d(2, 8, 3, stride=2, padding=1)
        self.group = nn.GroupNorm(2, 8)
        self.slope = nn.PReLU(8)
        self.pool = nn.MaxPool2d(3, stride=1, padding=1, dilation=2)
        self.instance = nn.InstanceNorm2d(8, affine=True)
        self.gate = Gate(8)
        self.layer = LayerNorm2d(8, eps=1e-6)
        self.decode = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.one = nn.PReLU()
        self.nearest = nn.Upsample(scale_factor=2)
        self.whole = nn.LayerNorm([4, 12, 16])
        self.bilinear = nn.Upsample(scale_factor=(2, 3), mode="bilinear")
        self.depthwise = nn.ConvTranspose2d(4, 4, 2, stride=2, groups=4, bias=False)
        self.largest = nn.AdaptiveMaxPool2d((4, 3))

    def forward(self, x):
        x = self.slope(self.group(self.encode(x)))
        x = self.gate(self.instance(self.pool(x)))
        x = self.one(self.decode(self.layer(x)))
        x = self.whole(self.nearest(x))
        return self.largest(self.depthwise(self.bilinear(x)))


def save(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().to(torch.float32).contiguous().flatten().tolist()
        bytes_ = struct.pack(f"<{len(values)}f", *values)
        offsets = [len(data), len(data) + len(bytes_)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        data += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(1)
network = Network().eval()
for parameter in network.parameters():
    nn.init.normal_(parameter, std=0.4)
x = torch.randn(1, 2, 10, 12)
torch.onnx.export(network, x, FOLDER / "foreign_layers.onnx", opset_version=17)
exact = copy.deepcopy(network).double()(x.double())
save(FOLDER / "foreign_layers.io.safetensors", {"input": x, "output": exact})
difference = (exact.float() - network(x)).abs().max().item()
count = sum(parameter.numel() for parameter in network.parameters())
print(f"{count} parameters, output {tuple(exact.shape)}, 32-bit difference {difference:.1e}")
