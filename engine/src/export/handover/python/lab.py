"""What the CNN lab does before a network sees an image: random numbers, the division of the data, the
order of the examples, their random changes and their preparation. All of it depends only on the seed,
the epoch and the image, so that a training can go on anywhere."""

import gzip
import json
import math
from pathlib import Path

import numpy as np

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15
ORDER, SPLIT, AUGMENTATION = 0x6F726465, 0x73706C69, 0x6175676D
BLOCK = 20  # images of a class that are divided together
F = np.float32


def mixed(bits):
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


class Random:
    """SplitMix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, state):
        self.state = state & MASK

    @classmethod
    def of(cls, *numbers):
        """The stream of these numbers, such as a seed, an epoch and an image."""
        state = 0
        for number in numbers:
            state = mixed(((state ^ number) + STEP) & MASK)
        return cls(state)

    def draw(self, count):
        """The next 64 bits, so many times."""
        with np.errstate(over="ignore"):
            places = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(STEP)
            bits = np.uint64(self.state) + places
            bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        self.state = (self.state + count * STEP) & MASK
        return bits ^ (bits >> np.uint64(31))

    def within(self, bound, count):
        """Uniform within ± bound."""
        unit = (self.draw(count) >> np.uint64(40)).astype(F) / F(1 << 24)
        return F(bound) * (F(2) * unit - F(1))

    def below(self, ends):
        """For each of these numbers one from 0, below it."""
        return ((self.draw(len(ends)) >> np.uint64(32)) * ends.astype(np.uint64)) >> np.uint64(32)

    def shuffle(self, items):
        """Fisher and Yates, in place."""
        ends = np.arange(len(items), 1, -1)
        for end, other in zip(ends.tolist(), self.below(ends).tolist()):
            items[end - 1], items[other] = items[other], items[end - 1]


def unpacked(path):
    file = path.read_bytes()
    return gzip.decompress(file) if file[:2] == b"\x1f\x8b" else file


def idx(path):
    """An IDX file, plain or gzipped."""
    file = unpacked(path)
    dimensions = file[3]
    dims = np.frombuffer(file, ">u4", dimensions, 4).tolist()
    return np.frombuffer(file, np.uint8, offset=4 + 4 * dimensions).reshape(dims)


def cifar(path):
    """CIFAR-10's binary format: a label, then red, green and blue."""
    records = np.frombuffer(unpacked(path), np.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


class Data:
    """Images (height × width × channels) with labels; the test images apart."""

    def __init__(self, folder, recipe):
        folder = Path(folder)
        parts = {False: [], True: []}
        if (folder / "manifest.json").is_file():
            for chunk in json.loads((folder / "manifest.json").read_text())["chunks"]:
                files = [idx(folder / chunk[kind]["file"]) for kind in ("images", "labels")]
                parts[chunk["split"] == "test"].append(files)
        elif (folder / "data_batch_1.bin").is_file():
            for number in range(1, 6):
                parts[False].append(cifar(folder / f"data_batch_{number}.bin"))
            parts[True].append(cifar(folder / "test_batch.bin"))
        else:
            for test, start in ((False, "train"), (True, "t10k")):
                found = [
                    [path for path in sorted(folder.glob(f"{start}*{kind}*idx*")) if path.is_file()]
                    for kind in ("images", "labels")
                ]
                if all(found):
                    parts[test].append([idx(paths[0]) for paths in found])
        if not parts[False]:
            raise SystemExit(
                f"{folder} has no images: wanted is a manifest.json as the CNN lab writes it, MNIST's "
                "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, plain or gzipped, or "
                "CIFAR-10's data_batch_1.bin to data_batch_5.bin and test_batch.bin"
            )
        self.parts = {}
        for test, files in parts.items():
            if not files:
                continue
            images = np.concatenate([images for images, _ in files])
            if images.ndim == 3:
                images = images[..., None]
            self.parts[test] = images, np.concatenate([labels for _, labels in files])
        data = recipe["data"]
        images, self.labels = self.parts[False]
        if data["limit"] is not None:
            images, self.labels = images[: data["limit"]], self.labels[: data["limit"]]
        self.images = images
        got = [images.shape[3], *images.shape[1:3]]
        if data["shape"] is not None and got != data["shape"]:
            raise SystemExit(f"the images are {got}, those of the lab {data['shape']} (C, H, W)")
        # The lab's number of each image, which its random changes depend on.
        runs = data["runs"] or [[0, len(images)]]
        self.numbers = np.concatenate([np.arange(start, start + count) for start, count in runs])

    def test(self):
        """Images that are only for the test; none where the set has none."""
        return self.parts.get(True)


def divided(labels, has_test, split):
    """The places of the images for training, validation and test."""
    test = 0.0 if has_test else split["test"]
    ends = [
        int(min(max(share, 0.0), 1.0) * BLOCK * BLOCK) for share in (test, test + split["validation"])
    ]
    parts = [], [], []
    seen, blocks, within = {}, {}, {}
    for place, label in enumerate(labels.tolist()):
        block, slot = divmod(seen.get(label, 0), BLOCK)
        seen[label] = seen.get(label, 0) + 1
        if slot == 0:
            blocks[label] = list(range(BLOCK))
            Random.of(split["seed"], SPLIT, label, block).shuffle(blocks[label])
            chosen = Random.of(split["seed"], label, block).below(np.array([BLOCK]))
            within[label] = int(chosen[0])
        rank = blocks[label][slot] * BLOCK + within[label]
        part = 2 if rank < ends[0] else 1 if rank < ends[1] else 0
        parts[part].append(place)
    return parts


def order(training, settings, epoch):
    """The places of the training images in the order of this epoch."""
    places = list(training)
    if settings["shuffle"]:
        Random.of(settings["seed"], ORDER, epoch).shuffle(places)
    return places


def checked(data, training, settings, wanted):
    """Whether the data and their order are the lab's, as it wrote them."""
    counts = {"images": len(data.labels), "training": len(training)}
    for name, count in counts.items():
        if count != wanted[name]:
            raise SystemExit(f"{name}: {count} here, {wanted[name]} in the lab; other data?")
    for epoch in wanted["epochs"]:
        places = order(training, settings, epoch["epoch"])[: len(epoch["places"])]
        labels = data.labels[places].tolist()
        if places != epoch["places"] or labels != epoch["labels"]:
            raise SystemExit(f"the order of epoch {epoch['epoch']} is not the lab's; other data?")


def gaussian(deviation):
    """From its middle to three standard deviations; the sum over both sides is 1."""
    at = np.arange(math.ceil(3 * deviation) + 1, dtype=F) / F(deviation)
    taps = np.exp(F(-0.5) * at * at)
    return taps / (F(2) * taps.sum() - taps[0])


def smoothed(values, taps, axis):
    result = np.zeros_like(values)
    length = values.shape[axis]
    for by in range(1 - len(taps), len(taps)):
        if abs(by) >= length:
            continue
        to = slice(max(0, -by), length - max(0, by))
        of = slice(max(0, by), length - max(0, -by))
        pick = (lambda it: (slice(None), it)) if axis else (lambda it: (it, slice(None)))
        result[pick(to)] += taps[abs(by)] * values[pick(of)]
    return result


def changed(image, number, epoch, settings):
    """The image with the random changes of this epoch."""
    augmentation = settings["augmentation"]
    height, width, channels = image.shape
    random = Random.of(settings["seed"], AUGMENTATION, epoch, int(number))
    within = lambda bound: random.within(bound, 1)[0]
    turn = within(F(augmentation["rotate"]) * F(math.pi / 180))
    slant = within(augmentation["shear"])
    scale = [F(1) + within(augmentation["scale"]) for _ in range(2)]
    shift = [within(augmentation["shift"]) * F(side) for side in (width, height)]
    brightness = within(augmentation["brightness"])
    contrast = within(augmentation["contrast"])
    saturation = within(augmentation["saturation"])
    # Only where it mirrors is a number drawn.
    flip = augmentation["flip"] and bool(random.draw(1)[0] >> np.uint64(63))
    columns = np.arange(width, dtype=F)
    columns = columns[::-1] if flip else columns
    x, y = np.meshgrid(columns, np.arange(height, dtype=F))
    middle = [F(width - 1) / F(2), F(height - 1) / F(2)]
    right = (x - middle[0] - shift[0]) / scale[0]
    down = (y - middle[1] - shift[1]) / scale[1]
    sin, cos = F(math.sin(turn)), F(math.cos(turn))
    from_x = cos * right - sin * down + slant * down + middle[0]
    from_y = sin * right + cos * down + middle[1]
    elastic = augmentation.get("elastic")
    if elastic:
        taps = gaussian(elastic["smoothness"])
        for place, values in enumerate((from_x, from_y)):
            noise = random.within(1.0, width * height).reshape(height, width)
            moves = smoothed(smoothed(noise, taps, 1), taps, 0) * F(elastic["strength"])
            values += moves[:, ::-1] if flip else moves
    left, top = np.floor(from_x), np.floor(from_y)
    right_share, lower_share = (from_x - left)[..., None], (from_y - top)[..., None]
    left, top = left.astype(np.int64), top.astype(np.int64)

    def level(x, y):
        values = image[y.clip(0, height - 1), x.clip(0, width - 1)].astype(F)
        if channels == 1:
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            values *= inside[..., None]
        return values

    def row(y):
        return level(left, y) * (F(1) - right_share) + level(left + 1, y) * right_share

    values = row(top) * (F(1) - lower_share) + row(top + 1) * lower_share
    if contrast != 0:
        mean = values.mean(dtype=F)
        values = mean + (values - mean) * (F(1) + contrast)
    if brightness != 0:
        values = values + F(255) * brightness
    if saturation != 0 and channels == 3:
        grey = (values * np.array([0.299, 0.587, 0.114], F)).sum(2, keepdims=True, dtype=F)
        values = grey + (values - grey) * (F(1) + saturation)
    return np.clip(values + F(0.5), 0, 255).astype(np.uint8)


def shares(old, new):
    """The matrix that scales one axis by area averaging."""
    matrix = np.zeros((new, old), F)
    for place in range(new):
        start, end = place * old, (place + 1) * old
        for pixel in range(start // new, (end - 1) // new + 1):
            covered = min(end, (pixel + 1) * new) - max(start, pixel * new)
            matrix[place, pixel] = covered / old
    return matrix


def prepared(image, recipe):
    """A network's input: channels × height × width."""
    channels, height, width = recipe["input"]
    if channels == 1 and image.shape[2] == 1:
        return drawing(image[..., 0], recipe["means"]["drawing"], height, width)
    return photo(image, recipe["means"]["photo"], channels, height, width)


def drawing(image, means, height, width):
    field = image.astype(F) / F(255)
    shorter = min(height, width)
    if shorter > 36 or shorter < max(image.shape):
        field = shares(len(field), shorter) @ field @ shares(field.shape[1], shorter).T
    if means["pad"]:
        padded = np.zeros((height, width), F)
        # The margin, rounded towards 0; where it is negative the field is cut.
        top, left = (int((side - of) / 2) for side, of in zip((height, width), field.shape))
        field = field[max(0, -top) :, max(0, -left) :]
        top, left = max(0, top), max(0, left)
        field = field[: height - top, : width - left]
        padded[top : top + len(field), left : left + field.shape[1]] = field
    else:
        padded = shares(len(field), height) @ field @ shares(field.shape[1], width).T
    if means["normalise"]:
        padded = (padded - F(0.1307)) / F(0.3081)
    return padded[None]


def photo(image, means, channels, height, width):
    if image.shape[2] == 1:
        image = image.repeat(3, axis=2)
    high, wide = image.shape[:2]
    kept = lambda side: max(int(side * float(F(means["crop"]))), 1)
    other = lambda side, ours, theirs: max((side * theirs + ours // 2) // ours, 1)
    if wide * height >= high * width:
        cut_high = kept(high)
        cut_wide = min(other(cut_high, height, width), wide)
    else:
        cut_wide = kept(wide)
        cut_high = min(other(cut_wide, width, height), high)
    top, left = (high - cut_high) // 2, (wide - cut_wide) // 2
    image = image[top : top + cut_high, left : left + cut_wide]
    if channels != 3:
        luma = (image.astype(np.int64) * [19595, 38470, 7471]).sum(2, keepdims=True)
        image = ((luma + 0x8000) >> 16).astype(np.uint8).repeat(3, axis=2)
    if image.shape[:2] != (height, width):
        from PIL import Image

        resized = Image.fromarray(np.ascontiguousarray(image))
        image = np.asarray(resized.resize((width, height), Image.BICUBIC))
    mean, scale = (np.array(means[key], F) for key in ("mean", "scale"))
    if channels != 3:
        parts = np.array([19595, 38470, 7471]) / 65536
        grey = (image[..., 0].astype(F) - F((mean * parts).sum())) / F((scale * parts).sum())
        return np.repeat(grey[None], channels, axis=0)
    colours = [0, 1, 2] if means["order"] == "rgb" else [2, 1, 0]
    planes = (image.astype(F) - mean) / scale
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[colours])


def cut(examples, shards):
    """A batch in consecutive shards of two examples at least, as equal as possible."""
    used = max(min(shards, examples // 2), 1)
    start = lambda shard: examples * min(shard, used) // used
    return [(start(shard), start(shard + 1)) for shard in range(shards)]


def steps_of(examples, batch):
    """Steps of an epoch; a single example that is left over is left out, unless batches are of one."""
    whole, rest = divmod(examples, batch)
    return whole + int(rest > 1 or whole == 0 or (rest == 1 and batch == 1))


def half_cosine(share):
    return (1 + math.cos(math.pi * share)) / 2


def cycle(decay, step, steps, start, top, down, end):
    peak, last = decay["rising"] * steps - 1, steps - 1
    if decay["three_phases"]:
        phases = [(0, peak, start, top), (peak, 2 * peak, top, down), (2 * peak, last, down, end)]
    else:
        phases = [(0, peak, start, top), (peak, last, top, end), (last, last, end, end)]
    begin, stop, first, then = next((it for it in phases if step <= it[1]), phases[2])
    share = min((step - begin) / (stop - begin), 1) if stop > begin else 1
    if decay["linear"]:
        return first + (then - first) * share
    return then + (first - then) * half_cosine(share)


def rate_of(schedule, step, steps):
    """The learning rate of a step, and the momentum where the schedule sets it."""
    rate, decay, warm_up = schedule["rate"], schedule["decay"], schedule.get("warm_up")
    kind = decay["decay"]
    momentum = None
    if kind == "one_cycle" and decay.get("momentum"):
        high, low = decay["momentum"]
        momentum = cycle(decay, step, steps, high, low, high, high)
    if warm_up:
        if step < warm_up["steps"]:
            share = 1.0
            if warm_up["rise"]:
                risen = min(step, warm_up["rise"]) / warm_up["rise"]
                share = warm_up["start"] + (1 - warm_up["start"]) * risen
            return rate * share, momentum
        step, steps = step - warm_up["steps"], max(steps - warm_up["steps"], 0)
    if kind == "step":
        rate *= decay["factor"] ** (step // max(decay["every"], 1))
    elif kind == "milestones":
        rate *= decay["factor"] ** sum(at <= step for at in decay["at"])
    elif kind == "exponential":
        rate *= decay["factor"] ** step
    elif kind == "cosine":
        rate = decay["least"] + (rate - decay["least"]) * half_cosine(step / max(steps, 1))
    elif kind == "one_cycle":
        start = rate / decay["divisor"]
        rate = cycle(decay, step, steps, start, rate, start, start / decay["final_divisor"])
    return rate, momentum
