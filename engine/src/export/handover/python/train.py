"""Trains the network as the CNN lab does, on any number of processes:

    torchrun --nproc-per-node=N train.py --data DIR

Without torchrun it is one process. README.md says what is the same as in the lab and what differs."""

import argparse
import contextlib
import csv
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch.nn.parallel import DistributedDataParallel

import lab
import network as written

FOLDER = Path(__file__).resolve().parent
SETTINGS = json.loads((FOLDER / "settings.json").read_text())
RECIPE = json.loads((FOLDER / "recipe.json").read_text())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", default=FOLDER / "data", help="the folder of the images")
    parser.add_argument("--out", default=FOLDER / "trained.safetensors", type=Path,
                        help="where the weights are written, with the lab's names")
    parser.add_argument("--checkpoint", default=FOLDER / "checkpoint.pt", type=Path)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--save-every", type=int, metavar="STEPS", help="else after each epoch")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="write a checkpoint and end")
    parser.add_argument("--losses", type=Path, metavar="FILE", help="the loss of every step, as CSV")
    parser.add_argument("--backend", choices=["nccl", "gloo"], help="nccl with GPUs, else gloo")
    parser.add_argument("--device", help="cuda where there is one, else cpu")
    parser.add_argument(
        "--scale", action="store_true",
        help="each process takes the whole batch size of the settings, and the learning rate is\n"
        "multiplied by the number of processes (Goyal et al. 2017); without it the processes share\n"
        "the batch and the rate stays, so that the training is the same on any number of them",
    )
    return parser.parse_args()


class Training:
    """The network, where its training stands, and who computes it."""

    def __init__(self, args):
        self.args = args
        self.world = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        local = int(os.environ.get("LOCAL_RANK", 0))
        device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.device = torch.device(f"cuda:{local}" if device == "cuda" else device)
        if "RANK" in os.environ:
            backend = args.backend or ("nccl" if self.device.type == "cuda" else "gloo")
            dist.init_process_group(backend)
        # Dropout differs on each process, and from the lab's.
        torch.manual_seed(SETTINGS["seed"] % (1 << 63) + self.rank)

        self.network = getattr(written, RECIPE["class"])()
        _, unexpected = self.network.load_state_dict(load_file(FOLDER / "weights.safetensors"), strict=False)
        assert not unexpected, unexpected
        self.network.to(self.device)
        self.values = dict(self.network.named_parameters()) | dict(self.network.named_buffers())
        for entry in RECIPE["parameters"]:
            if not entry["trained"] and isinstance(self.values[entry["name"]], torch.nn.Parameter):
                self.values[entry["name"]].requires_grad_(False)
        self.trained = [it for it in RECIPE["parameters"] if it["trained"]]
        self.masks = {}
        if SETTINGS.get("keep_zeros"):
            for entry in self.trained:
                value = self.values[entry["name"]]
                if entry["name"].endswith(".weight") and value.dim() > 1:
                    self.masks[entry["name"]] = (value != 0).float()
        self.running = [name for name in self.values if name.endswith(("running_mean", "running_var"))]
        self.optimiser = self.made_optimiser()
        self.parallel = self.network
        if dist.is_initialized():
            # Running statistics are averaged below, by the number of examples.
            self.parallel = DistributedDataParallel(
                self.network,
                device_ids=[local] if self.device.type == "cuda" else None,
                broadcast_buffers=False,
            )
        self.data = lab.Data(args.data, RECIPE)
        test = self.data.test()
        self.places = lab.divided(self.data.labels, test is not None, SETTINGS["split"])
        if (FOLDER / "order.json").is_file():
            lab.checked(self.data, self.places[0], SETTINGS, json.loads((FOLDER / "order.json").read_text()))
        self.batch = SETTINGS["batch"] * (self.world if args.scale else 1)
        if self.batch > len(self.places[0]):
            raise SystemExit(f"a batch of {self.batch} is more than the {len(self.places[0])} images")
        self.epoch_steps = lab.steps_of(len(self.places[0]), self.batch)
        (unit, count), = SETTINGS["length"].items()
        self.steps = count * self.epoch_steps if unit == "epochs" else count
        if args.scale and unit == "steps":
            self.steps = -(-count // self.world)
        self.epochs = count if unit == "epochs" else None
        self.position = {"step": 0, "epoch": 0, "in_epoch": 0, "best": None, "over": False}
        self.best = None

    def made_optimiser(self):
        method, decay = SETTINGS["method"], SETTINGS["weight_decay"]
        groups = [
            {
                "params": [self.values[it["name"]] for it in self.trained if it["decays"] == decays],
                "weight_decay": decay if decays else 0.0,
            }
            for decays in (True, False)
        ]
        groups = [group for group in groups if group["params"]]
        rate, kind = SETTINGS["schedule"]["rate"], method["optimiser"]
        if kind in ("sgd", "momentum", "nesterov"):
            momentum = method.get("momentum", 0.0)
            return torch.optim.SGD(groups, rate, momentum, nesterov=kind == "nesterov")
        if kind == "rms_prop":
            return torch.optim.RMSprop(
                groups, rate, method["alpha"], method["eps"], momentum=method["momentum"],
                centered=method["centred"],
            )
        betas = method["beta1"], method["beta2"]
        maker = torch.optim.AdamW if kind == "adam_w" else torch.optim.Adam
        return maker(groups, rate, betas, method["eps"])

    def set_rate(self):
        rate, momentum = lab.rate_of(SETTINGS["schedule"], self.position["step"], self.steps)
        rate *= self.world if self.args.scale else 1
        for group in self.optimiser.param_groups:
            group["lr"] = rate
            if momentum is not None and "betas" in group:
                group["betas"] = momentum, group["betas"][1]
            elif momentum is not None and group.get("momentum", 0) > 0:
                group["momentum"] = momentum
        return rate

    def mode(self, training):
        self.parallel.train(training)
        for path in RECIPE["still"]:
            self.network.get_submodule(path).eval()

    def inputs(self, places, epoch=None):
        images = [self.data.images[place] for place in places]
        if epoch is not None and SETTINGS.get("augmentation"):
            numbers = [self.data.numbers[place] for place in places]
            images = [lab.changed(it, number, epoch, SETTINGS) for it, number in zip(images, numbers)]
        images = np.stack([lab.prepared(image, RECIPE) for image in images])
        labels = self.data.labels[places].astype(np.int64)
        return torch.from_numpy(images).to(self.device), torch.from_numpy(labels).to(self.device)

    def step(self, order):
        """One step of all processes; the mean loss of the batch, of the weights before it."""
        start = self.position["in_epoch"] * self.batch
        batch = order[start : start + self.batch]
        shards = SETTINGS.get("shards") or 1
        # As many parts as the lab has shards, or one for each process.
        parts = lab.cut(len(batch), max(shards, self.world))
        own = [parts[it] for it in range(self.rank, len(parts), self.world)]
        own = [part for part in own if part[0] < part[1]] or [None]
        self.mode(True)
        self.optimiser.zero_grad()
        loss = torch.zeros((), device=self.device)
        before = {name: self.values[name].clone() for name in self.running}
        after = {name: torch.zeros_like(value) for name, value in before.items()}
        for place, part in enumerate(own):
            # A process without examples still takes part in the sum of the gradients.
            places, weight = (batch[:2], 0.0) if part is None else (batch[slice(*part)], 1.0)
            weight *= len(places) / len(batch)
            for name, value in before.items():
                self.values[name].copy_(value)
            images, labels = self.inputs(places, self.position["epoch"])
            last = place + 1 == len(own)
            with contextlib.nullcontext() if last or self.parallel is self.network else self.parallel.no_sync():
                logits = self.parallel(images).flatten(1)
                part_loss = F.cross_entropy(logits, labels, label_smoothing=SETTINGS["label_smoothing"])
                # Gradients are averaged over the processes: so each weighs its examples.
                (part_loss * weight * self.world).backward()
            loss += part_loss.detach() * weight
            for name in self.running:
                after[name] += self.values[name] * weight
        if dist.is_initialized():
            dist.all_reduce(loss)
            for value in after.values():
                dist.all_reduce(value)
        for name, value in after.items():
            self.values[name].copy_(value)
        parameters = [self.values[it["name"]] for it in self.trained]
        if SETTINGS.get("clip_norm") is not None:
            torch.nn.utils.clip_grad_norm_(parameters, SETTINGS["clip_norm"])
        rate = self.set_rate()
        self.optimiser.step()
        with torch.no_grad():
            for name, mask in self.masks.items():
                self.values[name] *= mask
        return float(loss), rate

    @torch.no_grad()
    def judged(self, images, labels):
        """Mean loss and share of right answers, each process computing a part."""
        self.mode(False)
        total = torch.zeros(2, dtype=torch.float64, device=self.device)
        for start in range(self.rank * 100, len(labels), self.world * 100):
            batch = np.stack([lab.prepared(it, RECIPE) for it in images[start : start + 100]])
            wanted = torch.from_numpy(labels[start : start + 100].astype(np.int64)).to(self.device)
            logits = self.network(torch.from_numpy(batch).to(self.device)).flatten(1)
            total[0] += F.cross_entropy(logits, wanted, reduction="sum")
            total[1] += (logits.argmax(1) == wanted).sum()
        if dist.is_initialized():
            dist.all_reduce(total)
        return (total / max(len(labels), 1)).tolist()

    def validate(self, training_loss):
        """After an epoch: whether the training is over for want of improvement."""
        validation = self.places[1]
        loss, told = training_loss, ""
        if validation:
            loss, accuracy = self.judged(self.data.images[validation], self.data.labels[validation])
            told = f"  validation loss {loss:.4f}  accuracy {accuracy:.2%}"
        if self.rank == 0:
            print(f"epoch {self.position['epoch']}  loss {training_loss:.4f}{told}", flush=True)
        stopping, best = SETTINGS.get("early_stopping"), self.position["best"]
        if best is None or loss < best[1] - (stopping["least"] if stopping else 0.0):
            self.position["best"] = [self.position["epoch"], loss]
            if stopping and stopping["restore_best"]:
                self.best = {name: value.detach().clone() for name, value in self.values.items()}
        elif stopping and self.position["epoch"] - best[0] >= stopping["patience"]:
            self.position["over"] = True

    def save(self):
        if self.rank != 0:
            return
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "position": self.position,
            "best": self.best,
        }
        beside = self.args.checkpoint.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(self.args.checkpoint)

    def resume(self):
        state = torch.load(self.args.checkpoint, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.position, self.best = state["position"], state["best"]

    def write(self):
        """The weights as the lab reads them."""
        if self.rank != 0:
            return
        arrays = {it["lab"]: self.values[it["name"]].detach().cpu().contiguous() for it in RECIPE["parameters"]}
        save_file(arrays, self.args.out)
        print(f"wrote {self.args.out}")

    def over(self):
        position = self.position
        return position["over"] or position["step"] >= self.steps

    def run(self):
        args, position = self.args, self.position
        if self.rank == 0:
            each = -(-self.batch // self.world)
            print(f"{self.world} processes, {self.batch} examples a step, {each} of them each, rate {SETTINGS['schedule']['rate']:g}"
                  + (f" × {self.world}, because the batch is {self.world} times as large" if args.scale else ""))
        losses = None
        if args.losses and self.rank == 0:
            losses = args.losses.open("a" if args.resume else "w", newline="")
            rows = csv.writer(losses)
            if not args.resume:
                rows.writerow(["step", "loss", "rate"])
        done, told, sums = 0, time.monotonic(), [0.0, 0]
        while not self.over():
            order = lab.order(self.places[0], SETTINGS, position["epoch"])
            while position["in_epoch"] < self.epoch_steps and not self.over():
                loss, rate = self.step(order)
                if loss != loss:
                    raise SystemExit(f"the loss of step {position['step'] + 1} is not a number; a smaller rate may help")
                position["step"] += 1
                position["in_epoch"] += 1
                done += 1
                sums = [sums[0] + loss, sums[1] + 1]
                if losses:
                    rows.writerow([position["step"], repr(loss), repr(rate)])
                if self.rank == 0 and time.monotonic() - told > 1:
                    told = time.monotonic()
                    print(f"step {position['step']}/{self.steps}  loss {loss:.4f}  rate {rate:.6f}", flush=True)
                stop = args.stop_after is not None and done >= args.stop_after
                if stop or (args.save_every and position["step"] % args.save_every == 0):
                    self.save()
                if stop:
                    self.write()
                    return
            if position["in_epoch"] >= self.epoch_steps:
                position["in_epoch"] = 0
                position["epoch"] += 1
            self.validate(sums[0] / max(sums[1], 1))
            sums = [0.0, 0]
            self.save()
        if self.best is not None:
            with torch.no_grad():
                for name, value in self.best.items():
                    self.values[name].copy_(value)
        test = self.data.test()
        images, labels = test if test else (self.data.images[self.places[2]], self.data.labels[self.places[2]])
        if len(labels):
            _, accuracy = self.judged(images, labels)
            if self.rank == 0:
                print(f"test accuracy {accuracy:.2%} of {len(labels)} images")
        self.write()


def main():
    args = arguments()
    training = Training(args)
    if args.resume:
        training.resume()
    training.run()
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
