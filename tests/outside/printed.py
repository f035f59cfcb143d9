"""Writes what PyTorch prints of networks, and how many parameters it counts, for engine/tests/texts."""
import json, sys
from collections import OrderedDict
from pathlib import Path
import torch
from torch import nn

def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
        nn.Linear(84, 10))

class AlexNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(True), nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(True), nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(True),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(True), nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(True),
            nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 36, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, 4096),
            nn.ReLU(True), nn.Linear(4096, 1000))
    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

class Vgg(nn.Module):
    def __init__(self):
        super().__init__()
        layers, before = [], 3
        for width in [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]:
            if width == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
                before = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(OrderedDict([("fc1", nn.Linear(512, 256)), ("relu", nn.ReLU()), ("fc2", nn.Linear(256, 10))]))
    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))

class BasicBlock(nn.Module):
    def __init__(self, before, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or before != width:
            self.downsample = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))
    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))

class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        before = 64
        for place, width in enumerate([64, 128, 256, 512], 1):
            blocks = [BasicBlock(before, width, 1 if place == 1 else 2), BasicBlock(width, width)]
            setattr(self, f"layer{place}", nn.Sequential(*blocks))
            before = width
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, 1000)
    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
counts = {}
for name, model, shape in [("lenet", lenet(), (1, 28, 28)), ("alexnet", AlexNet(), (3, 224, 224)), ("vgg", Vgg(), (3, 32, 32)), ("resnet18", ResNet(), (3, 224, 224))]:
    model.eval()
    (folder / f"{name}.txt").write_text(f"{model}\n")
    with torch.no_grad():
        output = model(torch.zeros(1, *shape))
    counts[name] = {"parameters": sum(p.numel() for p in model.parameters()), "outputs": output.shape[1]}
(folder / "counts.json").write_text(json.dumps(counts, indent=1) + "\n")
