"""torchvision's networks, exported by torch.onnx, in the lab and back.

    python tests/reference/torchvision_round.py target/release/cnnlab [NAME …] [--exporter torchscript|dynamo]
        [--threads 2] [--keep FOLDER]

Needs torch, torchvision, onnx, onnxscript and safetensors from PyPI; nothing of it runs in CI. Each network has
random weights of a seed, and batch norms whose statistics are no ones and zeros. It is exported by both exporters
and goes through `cnnlab import` and `cnnlab run`. Compared are:

- the parameters, with torch's count of weights and buffers without `num_batches_tracked`, or, where the exporter has
  folded batch norms into the convolutions before them, with that of the file's arrays, counted by onnx;
- the multiply-adds, counted by hooks on torch's convolutions and linear layers;
- the outputs of two random pictures, within 1e-4 of torch's in 32 bits.

Prints one line a network and exporter, and fails if one is not equal.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
import torchvision
from safetensors.torch import load_file, save_file

# Name, side of the pictures. Small pictures where the network allows it: the arithmetic is the same.
NETWORKS = {
    "alexnet": 224,
    "vgg11": 224,
    "vgg16_bn": 224,
    "resnet18": 64,
    "resnet50": 64,
    "resnext50_32x4d": 64,
    "wide_resnet50_2": 64,
    "squeezenet1_1": 64,
    "densenet121": 64,
    "googlenet": 64,
    "inception_v3": 299,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "mobilenet_v3_large": 64,
    "shufflenet_v2_x1_0": 64,
    "mnasnet1_0": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 64,
    "regnet_y_400mf": 64,
    "regnet_x_400mf": 64,
    "convnext_tiny": 64,
}


def network(name):
    torch.manual_seed(sum(name.encode()))
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    model = torchvision.models.get_model(name, weights=None, **options)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            with torch.no_grad():
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
        # Exporters make one of equal arrays, such as biases of zeros.
        elif getattr(module, "bias", None) is not None:
            with torch.no_grad():
                module.bias.normal_(0, 0.05)
    if hasattr(model, "AuxLogits"):
        model.aux_logits = False
        model.AuxLogits = None
    if hasattr(model, "aux1"):
        model.aux_logits = False
        model.aux1 = model.aux2 = None
    # ConvNeXt scales its branches by 1e-6, so that a branch that is wrong would not be seen.
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith("layer_scale"):
            with torch.no_grad():
                parameter.uniform_(0.5, 1.0)
    return model.eval()


def multiply_adds(model, picture):
    total = 0

    def count(module, _, output):
        nonlocal total
        # A scale of each channel (ConvNeXt's) is one multiplication a value.
        if hasattr(module, "layer_scale"):
            total += output.numel()
            return
        weights = module.weight.numel()
        # A linear layer over channels that come last is one for each position.
        places = math.prod(output.shape[2:] if isinstance(module, torch.nn.Conv2d) else output.shape[1:-1])
        total += weights * places

    kinds = (torch.nn.Conv2d, torch.nn.Linear)
    layers = [it for it in model.modules() if isinstance(it, kinds) or hasattr(it, "layer_scale")]
    hooks = [it.register_forward_hook(count) for it in layers]
    with torch.no_grad():
        model(picture)
    for hook in hooks:
        hook.remove()
    return total


def numbers(file):
    """The values of the file's arrays of floats that are no single number, each counted once."""
    graph = onnx.load(str(file)).graph
    read = {name for node in graph.node for name in node.input}
    sizes = [math.prod(it.dims) for it in graph.initializer if it.data_type == 1 and it.name in read]
    return sum(size for size in sizes if size > 1)


def told(command):
    done = subprocess.run([str(it) for it in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr + done.stdout).strip()[:400])
    return done.stdout


def export(model, picture, file, exporter):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "torchscript":
            torch.onnx.export(model, (picture,), str(file), opset_version=17, dynamo=False,
                              input_names=["input"], output_names=["output"])
        else:
            torch.onnx.export(model, (picture,), str(file), opset_version=18, dynamo=True, external_data=False,
                              verbose=False)


def check(name, side, exporter, cnnlab, folder):
    model = network(name)
    torch.manual_seed(7)
    pictures = torch.randn(2, 3, side, side)
    with torch.no_grad():
        wanted = model(pictures)
    file = folder / f"{name}.{exporter}.onnx"
    export(model, pictures[:1], file, exporter)
    document, weights = folder / "network.json", folder / "network.safetensors"
    try:
        text = told([cnnlab, "import", file, "--out", document, "--weights-out", weights])
    except RuntimeError as error:
        return "not imported: " + " ".join(str(error).split())
    wrong = []
    layers, count, macs = map(int, re.search(r"(\d+) layers, (\d+) parameters, (\d+) multiply-adds", text).groups())
    state = model.state_dict()
    parameters = sum(it.numel() for key, it in state.items() if not key.endswith("num_batches_tracked"))
    in_file = numbers(file)
    if count not in (parameters, in_file):
        wrong.append(f"{count} parameters, torch has {parameters}, the file {in_file}")
    wanted_macs = multiply_adds(model, pictures[:1])
    if macs != wanted_macs:
        wrong.append(f"{macs} multiply-adds, torch {wanted_macs}")
    given, out = folder / "input.safetensors", folder / "out.safetensors"
    save_file({"input": pictures.contiguous()}, str(given))
    last = json.loads(document.read_text())["graph"]["nodes"][-1]["name"]
    told([cnnlab, "run", document, "--weights", weights, "--input", given, "--trace", last, "--out", out])
    got = load_file(str(out))[last].reshape(wanted.shape)
    error = (got - wanted).abs().max().item()
    scale = wanted.abs().max().item()
    if not error <= 1e-4 * max(1.0, scale):
        wrong.append(f"outputs differ by {error:.2e} of {scale:.2e}")
    how = "torch's" if count == parameters else "the file's, norms folded"
    figures = f"{layers} layers, {count} parameters ({how}), {macs} multiply-adds, outputs within {error:.1e} of {scale:.1e}"
    file.unlink()
    return "; ".join(wrong) or f"ok: {figures}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cnnlab", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--exporter", action="append")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in args.names or NETWORKS:
            for exporter in args.exporter or ["torchscript", "dynamo"]:
                try:
                    result = check(name, NETWORKS[name], exporter, args.cnnlab.resolve(), folder)
                except Exception as error:  # One that fails does not keep the others from being seen.
                    text = " ".join(str(error).split())[:200]
                    result = f"{type(error).__name__}: {text}"
                failed += not result.startswith("ok")
                print(f"{name:20} {exporter:12} {result}", flush=True)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
