"""Hands trainings over to PyTorch and compares them with the lab's; README.md says how to run it."""

import argparse
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

STEPS = 20

# A network, and the options of its training.
CASES = {
    "lenet": ["lenet-5", "--plain", "--batch", "64"],
    "changed": ["lenet-5", "--elastic", "--batch", "50", "--optimiser", "nesterov", "--rate", "0.02",
                "--schedule", "one-cycle", "--label-smoothing", "0.1", "--clip-norm", "1",
                "--weight-decay", "0.001", "--validation", "0.1", "--seed", "18446744073709551615"],
    # At a small rate: 20 steps of batch norm multiply differences of rounding, those between two ways in
    # which PyTorch itself computes a convolution too.
    "norm": ["resnet-mini", "--plain", "--batch", "32", "--optimiser", "momentum", "--rate", "0.0005",
             "--weight-decay", "0.05", "--warm-up", "5", "--init", "he-normal"],
    "adamw": ["lenet-5", "--plain", "--batch", "32", "--optimiser", "adamw", "--weight-decay", "0.05"],
    "rms": ["lenet-1", "--plain", "--batch", "33", "--optimiser", "rmsprop", "--rate", "0.001",
            "--in-order", "--schedule", "step:7:0.5"],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cnnlab", required=True)
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--data-dir", default="public/data")
    parser.add_argument("--by-hand", action="store_true",
                        help="start the processes as torchrun does: PyTorch 1.13's fails with Python 3.11")
    parser.add_argument("--folder", type=Path, help="kept; else a temporary one")
    parser.add_argument("cases", nargs="*", default=list(CASES))
    args = parser.parse_args()
    folder = args.folder or Path(tempfile.mkdtemp())
    args.data_dir = str(Path(args.data_dir).resolve())
    for case in args.cases:
        check(args, case, folder / case)
    if not args.folder:
        shutil.rmtree(folder)


def run(*command, cwd=None):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(it) for it in command], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def two(args, *command, cwd):
    """Two processes."""
    if not args.by_hand:
        return run(args.torch_python, "-m", "torch.distributed.run", "--nproc_per_node=2", *command, cwd=cwd)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    started = []
    for rank in ("0", "1"):
        environment = os.environ | {
            "OMP_NUM_THREADS": "1", "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
        }
        line = [str(it) for it in (args.torch_python, *command)]
        started.append(subprocess.Popen(line, cwd=cwd, env=environment))
    assert [it.wait() for it in started] == [0, 0]


def losses(path, part=None):
    rows = csv.DictReader(path.open())
    return [float(row["loss"]) for row in rows if row["step"] and (not part or row["part"] == part)]


def difference(got, wanted):
    assert len(got) == len(wanted), (len(got), len(wanted))
    return max(abs(a - b) for a, b in zip(got, wanted))


def check(args, case, folder):
    network, *options = CASES[case]
    folder.mkdir(parents=True, exist_ok=True)
    data = ["--data", "mnist", "--data-dir", args.data_dir, "--limit", "3000", *options, "--steps", STEPS]
    run(args.cnnlab, "train", "--arch", network, *data, "--metrics", folder / "lab.csv",
        "--out", folder / "lab.safetensors")
    out = folder / "handed"
    told = json.loads(run(args.cnnlab, "handover", network, *data, "--out", out, "--json"))
    run(args.torch_python, "network.py", cwd=out)
    images = Path(args.data_dir) / "mnist"
    one = ["train.py", "--data", images]

    run(args.torch_python, *one, "--losses", "one.csv", cwd=out)
    wanted = losses(folder / "lab.csv", "training")
    of_one = difference(losses(out / "one.csv"), wanted)
    assert of_one < 1e-4, f"{case}: one process differs by {of_one}"

    # The weights that it writes are the lab's after as many steps, and the lab opens them.
    tested = run(args.cnnlab, "test", "network.json", "--weights", "trained.safetensors", "--data", "mnist",
                 "--data-dir", args.data_dir, cwd=out)

    two(args, *one, "--losses", "two.csv", cwd=out)
    of_two = difference(losses(out / "two.csv"), wanted)
    if case != "norm":
        assert of_two < 1e-3, f"{case}: two processes differ by {of_two}"

    # A resumed training on two processes is one that was not interrupted.
    two(args, *one, "--losses", "parts.csv", "--stop-after", 7, cwd=out)
    two(args, *one, "--losses", "parts.csv", "--resume", cwd=out)
    of_parts = difference(losses(out / "parts.csv"), losses(out / "two.csv"))
    assert of_parts < 1e-6, f"{case}: resumed differs by {of_parts}"
    lines = [f"{case}: one process {of_one:.1e}, two {of_two:.1e}, resumed {of_parts:.1e}"]

    # With batch norm, as many shards in the lab.
    if case == "norm":
        settings = out / "shards.json"
        given = json.loads((out / "settings.json").read_text()) | {"shards": 2}
        given["initialisation"] = {"rule": "he_normal"}
        settings.write_text(json.dumps(given))
        with_shards = ["--settings", settings, "--data", "mnist", "--data-dir", args.data_dir, "--limit", "3000"]
        run(args.cnnlab, "train", "--arch", network, *with_shards, "--metrics", folder / "shards.csv")
        handed = folder / "shards"
        run(args.cnnlab, "handover", network, *with_shards, "--out", handed)
        wanted = losses(folder / "shards.csv", "training")
        by = {
            "one": lambda *options: run(args.torch_python, *one, *options, cwd=handed),
            "two": lambda *options: two(args, *one, *options, cwd=handed),
        }
        for name, command in by.items():
            command("--losses", f"{name}.csv")
            of_shards = difference(losses(handed / f"{name}.csv"), wanted)
            assert of_shards < 1e-3, f"{case}: {name} with shards differs by {of_shards}"
            lines.append(f"  in 2 shards, {name}: {of_shards:.1e}")
    print("\n".join(lines), f"\n  the lab tests its weights: {tested.splitlines()[0]}", flush=True)
    assert told["files"]


if __name__ == "__main__":
    main()
