"""Parameters and multiply-adds of the zoo's autoencoders, counted by PyTorch: the figures of
engine/src/zoo/autoencoder.rs.

    python tests/reference/autoencoders_torch.py
"""

import torch
from torch import nn


def encoder():
    return [
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    ]


def picture():
    return [nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid()]


upsampling = nn.Sequential(
    *encoder(),
    nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
    nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2),
    *picture(),
)
transposed = nn.Sequential(
    *encoder(),
    nn.ConvTranspose2d(32, 32, 3, 2, padding=1, output_padding=1), nn.ReLU(),
    nn.ConvTranspose2d(32, 32, 3, 2, padding=1, output_padding=1), nn.ReLU(),
    *picture(),
)

for name, model in [("upsampling", upsampling), ("transposed", transposed)]:
    macs = 0

    def count(module, inputs, output):
        global macs
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            # Each weight meets each position of the map that it is slid over.
            over = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
            macs += module.weight.numel() * over[0, 0].numel()

    for module in model:
        module.register_forward_hook(count)
    shape = tuple(model(torch.zeros(1, 1, 28, 28)).shape)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{name}: output {shape}, {parameters} parameters, {macs} multiply-adds")
