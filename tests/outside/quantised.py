"""Exports 8-bit variants as ONNX with QuantizeLinear and DequantizeLinear; README.md says how to run it."""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2] / "public"
NETWORKS = "lenet-5 nin-mini resnet-mini mobilenet-mini".split()
IMAGES = 200


def pictures(shape):
    """The first test images of MNIST, in the middle of the input, normalised as MNIST is."""
    channels, height, width = shape
    with gzip.open(ROOT / "data" / "mnist" / "test-00-images.idx3.gz") as file:
        data = np.frombuffer(file.read(), np.uint8, offset=16)
    images = data.reshape(-1, 28, 28)[:IMAGES]
    rows, columns = height - 28, width - 28
    sides = ((0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    images = np.pad(images, sides) / np.float32(255)
    images = (images - np.float32(0.1307)) / np.float32(0.3081)
    return np.repeat(images[:, None], channels, 1).astype(np.float32)


def end_with_logits(document):
    """Takes the softmax at the end away, which would make differences of logits smaller."""
    data = json.loads(document.read_text())
    nodes = data["graph"]["nodes"]
    if nodes[-1]["layer"].get("function") in ("softmax", "log_softmax"):
        gone = nodes.pop()["id"]
        for block in data["graph"].get("blocks", []):
            block["nodes"] = [node for node in block["nodes"] if node != gone]
    document.write_text(json.dumps(data))


def check(cnnlab, network, more, folder):
    import onnx
    import onnxruntime
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    def run(*command):
        command = [cnnlab, *map(str, command)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    weights, document = folder / "eight.safetensors", folder / "eight.json"
    run(
        *("quantise", network, "--weights", ROOT / "models" / f"{network}.safetensors"),
        *("--data-dir", ROOT / "data", "--limit", 2000, "--test-images", 100),
        *("--out", weights, *more),
    )
    end_with_logits(document)
    file = folder / "eight.onnx"
    run("export", document, "--weights", weights, "--to", "onnx", "--int8", "--out", file)
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    kinds = [node.op_type for node in model.graph.node]
    assert "QuantizeLinear" in kinds and "DequantizeLinear" in kinds, kinds
    stored = {it.data_type for it in model.graph.initializer}
    assert onnx.TensorProto.INT8 in stored and onnx.TensorProto.INT32 in stored, stored

    session = onnxruntime.InferenceSession(file)
    (entry,) = session.get_inputs()
    images = pictures(entry.shape[1:])
    (output,) = session.run(None, {entry.name: images})
    save_file({"input": images}, folder / "input.safetensors")
    answers = folder / "answers.safetensors"
    run(
        *("run", document, "--weights", weights, "--int8"),
        *("--input", folder / "input.safetensors", "--out", answers),
    )
    (ours,) = load_file(answers).values()
    ours, output = ours.reshape(IMAGES, -1), output.reshape(IMAGES, -1)

    # The last grid is that of the logits.
    with safe_open(weights, "np") as opened:
        notes = opened.metadata()
    grids = json.loads(notes["cnn-lab.activations"])["grids"]
    quantum = max(grids, key=lambda it: it[0])[1]["scale"]
    same = np.mean(output.argmax(1) == ours.argmax(1))
    assert same >= 0.99, f"only {same:.1%} of the pictures have the same class"
    difference = np.abs(output - ours)
    within = np.mean(difference <= quantum)
    print(
        f"  largest difference {difference.max():.4f}, quantum {quantum:.4f}, "
        f"{within:.2%} within one, same class {same:.1%}"
    )
    assert difference.max() <= quantum * (1 + 1e-4), "the logits differ by more than one quantum"

    again = folder / "again.json"
    run("import", file, "--out", again)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cnnlab", required=True)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    args = parser.parse_args()
    failed = 0
    for network in args.networks:
        for more in ([], ["--per-tensor"]):
            print(" ".join([network, *more]))
            with tempfile.TemporaryDirectory() as folder:
                try:
                    check(args.cnnlab, network, more, Path(folder))
                except (AssertionError, subprocess.CalledProcessError) as error:
                    failed += 1
                    print(f"  FAILED: {error}")
    sys.exit(failed > 0)


main()
