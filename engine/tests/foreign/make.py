"""Weights as PyTorch saves them, in every kind of float, and what the network makes of an input.

    python3 make.py        (torch 1.13.1 and numpy; writes the safetensors files beside this one)
"""

import json
import pathlib
import struct

import torch

KINDS = {
    torch.float32: "F32",
    torch.float64: "F64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
}


def save(name, tensors):
    header, data = {}, b""
    for key, tensor in tensors.items():
        kind = KINDS[tensor.dtype]
        plain = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
        values = plain.contiguous().numpy().tobytes()
        place = [len(data), len(data) + len(values)]
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": place}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path = pathlib.Path(__file__).with_name(name)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 4, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.conv2 = torch.nn.Conv2d(4, 3, 3)
        self.fc = torch.nn.Linear(12, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.fc(self.conv2(x).flatten(1))


torch.manual_seed(19)
model = Small().double()
# One step in training mode, so that the running statistics are not those of the start.
model(torch.randn(8, 2, 6, 6, dtype=torch.float64))
model.eval()
state = {key: value.clone() for key, value in model.state_dict().items()}
picture = torch.randn(2, 2, 6, 6)
results = {"input": picture}
for kind, name in [
    (torch.float32, "f32"),
    (torch.float64, "f64"),
    (torch.float16, "f16"),
    (torch.bfloat16, "bf16"),
]:
    stored = {k: v.to(kind) if v.is_floating_point() else v for k, v in state.items()}
    save(f"{name}.safetensors", stored)
    # What is stored, in 64 bits.
    model.load_state_dict({k: v.double() if v.is_floating_point() else v for k, v in stored.items()})
    with torch.no_grad():
        results[f"output.{name}"] = model(picture.double()).float()
save("results.safetensors", results)


def checkpoint():
    """What a training script saves: weights among other things, each value known by its place."""
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    arrays = [*network.parameters(), network[1].running_mean, network[1].running_var]
    with torch.no_grad():
        for place, values in enumerate(arrays):
            values.copy_((torch.arange(values.numel()).reshape(values.shape) + place) / 8)
    torch.save({"epoch": 3, "state_dict": network.state_dict()}, pathlib.Path(__file__).with_name("checkpoint.pth"))


checkpoint()
