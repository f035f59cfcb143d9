"""Exports networks of the zoo and lets other programs judge them; README.md says how to run it."""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

# Every family, each at a size that runs in seconds.
NETWORKS = """
lenet-1 lenet-4 lenet-5 lenet-5-1998 alexnet-mini nin-cifar-10 nin-mini vgg-mini googlenet-mini
inception-v3-mini resnet-mini resnext-mini context-mini squeezenet-mini squeezenet-1.1 densenet-mini
xception-mini mobilenet-mini mobilenet-v2-mini mobilenet-v3-mini efficientnet-mini resnet-18
mobilenet-v2 mobilenet-v3-small efficientnet-lite0 googlenet densenet-121 alexnet-torchvision
recurrent
""".split()

# Not of the zoo: one convolution that is called three times.
RECURRENT = Path(__file__).parents[1] / "reference" / "models" / "recurrent.onnx"


def check_onnx(folder):
    import onnx
    import onnxruntime
    from safetensors.numpy import load_file

    file = folder / "network.onnx"
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(file)
    sample = load_file(folder / "pytorch" / "sample.safetensors")
    name = session.get_inputs()[0].name
    (output,) = session.run(None, {name: sample["input"]})
    wanted = sample["output"].reshape(len(output), -1)
    np.testing.assert_allclose(output.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-4)
    return f"largest difference {np.abs(output.reshape(wanted.shape) - wanted).max():.1e}"


TORCH_EXPORT = """
import sys, torch
from safetensors.torch import load_file
folder, file, folding = sys.argv[1:]
sys.path.insert(0, folder)
import network
classes = [it for it in vars(network).values() if isinstance(it, type) and issubclass(it, torch.nn.Module)]
model = classes[-1]().eval()
model.load_state_dict(load_file(folder + "/weights.safetensors"), strict=False)
sample = load_file(folder + "/sample.safetensors")["input"]
mode = torch.onnx.TrainingMode.EVAL if folding == "True" else torch.onnx.TrainingMode.PRESERVE
torch.onnx.export(
    model, sample, file, opset_version=13, training=mode, do_constant_folding=folding == "True",
    dynamo=False) if "dynamo" in torch.onnx.export.__code__.co_varnames else torch.onnx.export(
    model, sample, file, opset_version=13, training=mode, do_constant_folding=folding == "True")
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cnnlab", required=True)
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--keras-python", default=sys.executable)
    parser.add_argument("--skip", default="")
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    args = parser.parse_args()
    skip = args.skip.split(",")
    failed = 0
    for network in args.networks:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            source = network
            if network == "recurrent":
                source = str(folder / "recurrent.json")
                command = [args.cnnlab, "import", str(RECURRENT), "--out", source]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

            def export(to, out, *more):
                command = [args.cnnlab, "export", source, "--to", to, "--out", str(folder / out)]
                subprocess.run([*command, *more], check=True, stdout=subprocess.DEVNULL)

            weights = folder / "weights.safetensors"
            export("safetensors", "random.safetensors")
            make_weights(folder / "random.safetensors", weights)
            given = ["--weights", str(weights)]

            def attempt(what, action):
                nonlocal failed
                if what in skip:
                    return
                try:
                    print(f"{network}: {what}: {action()}", flush=True)
                except Exception as error:
                    failed += 1
                    print(f"{network}: {what}: FAILED {str(error)[-1500:]}", flush=True)

            def code(library, python):
                export(library, library, *given)
                result = subprocess.run(
                    [python, str(folder / library / "network.py")],
                    capture_output=True,
                    text=True,
                    env={"KERAS_BACKEND": "jax", **os.environ},
                )
                if result.returncode:
                    raise RuntimeError(result.stderr)
                return result.stdout.strip()

            def onnx_file():
                export("onnx", "network.onnx", *given)
                export("pytorch", "pytorch", *given)
                return check_onnx(folder)

            def back():
                """PyTorch's own exporter writes the code's network; it is imported and written again."""
                export("pytorch", "pytorch", *given)
                told = []
                for folding in (True, False):
                    file = folder / f"torch-{folding}.onnx"
                    result = subprocess.run(
                        [args.torch_python, "-c", TORCH_EXPORT, str(folder / "pytorch"), str(file), str(folding)],
                        capture_output=True,
                        text=True,
                    )
                    if result.returncode:
                        return f"PyTorch does not export it ({result.stderr.strip().splitlines()[-1]})"
                    document, own = folder / "back.json", folder / "back.safetensors"
                    command = [args.cnnlab, "import", str(file), "--out", str(document)]
                    result = subprocess.run(
                        [*command, "--weights-out", str(own)], capture_output=True, text=True
                    )
                    if result.returncode:
                        raise RuntimeError(result.stdout + result.stderr)
                    again = [args.cnnlab, "export", str(document), "--to", "onnx", "--weights", str(own)]
                    subprocess.run(
                        [*again, "--out", str(folder / "network.onnx")], check=True, stdout=subprocess.DEVNULL
                    )
                    told.append(check_onnx(folder))
                return ", ".join(told)

            attempt("import", back)
            attempt("onnx", onnx_file)
            attempt("pytorch", lambda: code("pytorch", args.torch_python))
            attempt("keras", lambda: code("keras", args.keras_python))
    print(f"{failed} failed")
    sys.exit(failed > 0)


def make_weights(shapes, path):
    """Weights that keep the values of a deep network within bounds, the same at each call."""
    from safetensors.numpy import load_file, save_file

    random = np.random.default_rng(0)
    arrays = {}
    for name, value in load_file(shapes).items():
        dims, role = value.shape, name.rsplit(".", 1)[1]
        if role == "weight" and len(dims) > 1:
            bound = (6 / np.prod(dims[1:])) ** 0.5
            value = random.uniform(-bound, bound, dims)
        elif role in ("weight", "running_var"):
            value = random.uniform(0.8, 1.2, dims)
        else:
            value = random.uniform(-0.1, 0.1, dims)
        arrays[name] = value.astype(np.float32)
    save_file(arrays, path)


if __name__ == "__main__":
    main()
