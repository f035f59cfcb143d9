"""Weights with torchvision's keys, both ways.

    python tests/reference/torchvision_keys.py target/release/cnnlab [NAME …]

Needs torch, torchvision and safetensors from PyPI; nothing of it runs in CI. For each network `cnnlab export --to
safetensors` writes random weights, which torchvision's model takes with `strict=True`; its outputs are the lab's. Then
a model of torchvision with weights of its own is saved, and the lab takes these.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file, save_file

# The lab's name and torchvision's.
NETWORKS = {
    "alexnet-torchvision": "alexnet",
    "vgg-16": "vgg16",
    "resnet-18": "resnet18",
    "mobilenet-v2": "mobilenet_v2",
    "densenet-121": "densenet121",
    "googlenet-torchvision": "googlenet",
    "mobilenet-v3-small": "mobilenet_v3_small",
}


def told(command):
    done = subprocess.run([str(it) for it in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr + done.stdout).strip()[:600])
    return done.stdout


def lab(cnnlab, name, weights, pictures, folder):
    given, out = folder / "input.safetensors", folder / "out.safetensors"
    save_file({"input": pictures}, str(given))
    document = folder / "document.json"
    document.write_text(told([cnnlab, "document", name]))
    nodes = json.loads(document.read_text())["graph"]["nodes"]
    taken = {it for node in nodes for it in node["inputs"]}
    # The logits: what torchvision's models end with.
    last = next(node for node in nodes if node["id"] not in taken)
    while last["layer"]["kind"] == "activation" and last["layer"]["function"] == "softmax":
        last = next(node for node in nodes if node["id"] == last["inputs"][0])
    told([cnnlab, "run", name, "--weights", weights, "--input", given, "--trace", last["name"], "--out", out])
    return load_file(str(out))[last["name"]].flatten(1)


def compare(model, got, pictures):
    with torch.no_grad():
        wanted = model(pictures)
    error = (got - wanted).abs().max().item()
    scale = wanted.abs().max().item()
    if not error <= 1e-4 * max(1.0, scale):
        raise RuntimeError(f"outputs differ by {error:.1e} of {scale:.1e}")
    return f"within {error:.1e} of {scale:.1e}"


def check(cnnlab, name, of, folder):
    options = {"aux_logits": False, "init_weights": True} if of == "googlenet" else {}
    torch.manual_seed(3)
    model = torchvision.models.get_model(of, weights=None, **options).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            with torch.no_grad():
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    pictures = torch.randn(1, 3, 224, 224)
    own = folder / "torch.safetensors"
    save_file({key: it.contiguous().clone() for key, it in model.state_dict().items()}, str(own))
    back = compare(model, lab(cnnlab, name, own, pictures, folder), pictures)
    written = folder / "lab.safetensors"
    told([cnnlab, "export", name, "--to", "safetensors", "--out", written])
    model.load_state_dict(load_file(str(written)), strict=True)
    out = compare(model, lab(cnnlab, name, written, pictures, folder), pictures)
    return f"ok: torch's weights in the lab {back}; the lab's in torch {out}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cnnlab", type=Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in args.names or NETWORKS:
            try:
                result = check(args.cnnlab.resolve(), name, NETWORKS[name], Path(folder))
            except Exception as error:  # One that fails does not keep the others from being seen.
                text = " ".join(str(error).split())[:300]
                result = f"{type(error).__name__}: {text}"
            failed += not result.startswith("ok")
            print(f"{name:20} {result}", flush=True)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
