"""A recurrent convolution (Liang and Hu 2015): one convolution and one batch norm called three times.

    python tests/reference/shared_torch.py tests/reference/models

Writes recurrent.safetensors (the weights as PyTorch's state_dict has them), recurrent.io.safetensors and
recurrent.onnx (as PyTorch's exporter writes the network). In the second: `input` (4 pictures), `labels`,
`logits` and `loss` in inference mode, `grad.input` and `grad.param.*` of that mean cross-entropy;
`train.logits`, `train.loss`, `train.grad.param.*` in training mode, and `after.*`, the running statistics
that this leaves. Computed in 64 bits and rounded once. PyTorch 1.13 or later.
"""

import copy
import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(sys.argv[1])


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4 * 3 * 3, 5)

    def forward(self, x):
        u = torch.relu(self.first(x))
        x = u
        for _ in range(3):
            x = torch.relu(self.norm(self.again(x)) + u)
        return self.head(nn.functional.max_pool2d(x, 2).flatten(1))


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


torch.manual_seed(3)
network = Network()
for parameter in network.parameters():
    nn.init.normal_(parameter, std=0.3)
nn.init.uniform_(network.norm.weight, 0.5, 1.5)
nn.init.normal_(network.norm.running_mean, std=0.2)
nn.init.uniform_(network.norm.running_var, 0.5, 1.5)
pictures = torch.randn(4, 2, 6, 6)
labels = torch.tensor([0, 3, 4, 1])
weights = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
save(FOLDER / "recurrent.safetensors", weights)
torch.onnx.export(
    network.eval(),
    pictures,
    FOLDER / "recurrent.onnx",
    opset_version=17,
    training=torch.onnx.TrainingMode.PRESERVE,
)


def run(is_training):
    exact = copy.deepcopy(network).double().train(is_training)
    x = pictures.double().requires_grad_()
    logits = exact(x)
    loss = nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return exact, x, logits, loss


exact, x, logits, loss = run(False)
tensors = {"input": pictures, "labels": labels, "logits": logits, "loss": loss, "grad.input": x.grad}
tensors |= {f"grad.param.{name}": it.grad for name, it in exact.named_parameters()}
exact, _, logits, loss = run(True)
tensors |= {"train.logits": logits, "train.loss": loss}
tensors |= {f"train.grad.param.{name}": it.grad for name, it in exact.named_parameters()}
tensors |= {f"after.{name}": it for name, it in exact.named_buffers() if "running" in name}
save(FOLDER / "recurrent.io.safetensors", tensors)
count = sum(parameter.numel() for parameter in network.parameters())
print(f"{count} parameters and {2 * 4} running statistics")
