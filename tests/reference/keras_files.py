"""Small files of Keras 3 with what Keras computes, for engine/tests/keras_files.rs.

    KERAS_BACKEND=jax python tests/reference/keras_files.py tests/reference/keras

Needs keras 3, h5py, safetensors and a backend from PyPI; nothing of it runs in CI. Writes for each model the file
and <name>.io.safetensors: `input` (2 pictures, channels first, as the lab takes them: behind a Rescaling at the
start), `output` (as the model gives it; channels first where it is a map), and its parameters' count as metadata.
"""

import gzip
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers as L
from safetensors.numpy import save_file

FOLDER = Path(sys.argv[1])
RANDOM = np.random.default_rng(25)


def randomise(model):
    """Weights that no initialiser gives: biases and statistics are no zeros and ones."""
    for variable in model.variables:
        if "float" not in str(variable.dtype):
            continue
        shape = variable.shape
        if variable.path.endswith("moving_variance"):
            value = RANDOM.uniform(0.5, 1.5, shape)
        elif variable.path.endswith("gamma"):
            value = RANDOM.uniform(0.5, 1.5, shape)
        else:
            fan = np.prod(shape[:-1]) if len(shape) > 1 else 4
            value = RANDOM.normal(0, 1 / np.sqrt(fan), shape)
        variable.assign(value.astype("float32"))


def packed(name):
    """The same zip, deflated: Keras stores its parts as they are, which is large."""
    path = FOLDER / name
    with zipfile.ZipFile(path) as archive:
        parts = [(it.filename, archive.read(it)) for it in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for part in parts:
            archive.writestr(*part)


def zipped(name):
    path = FOLDER / name
    with gzip.GzipFile(FOLDER / f"{name}.gz", "wb", mtime=0) as file:
        file.write(path.read_bytes())
    path.unlink()


def first(array):
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim == 4 else array


def save_io(name, model, scale=1.0, offset=0.0):
    shape = model.input_shape[1:]
    # Exact in 32 bits.
    pictures = RANDOM.integers(-128, 128, (2, *shape)).astype("float32") / 64
    output = np.asarray(model(pictures, training=False))
    given = pictures * np.float32(scale) + np.float32(offset)
    note = {"params": str(model.count_params())}
    tensors = {"input": first(given), "output": first(output).astype("float32")}
    save_file(tensors, str(FOLDER / f"{name}.io.safetensors"), metadata=note)


def sequential():
    return keras.Sequential([
        keras.Input((12, 10, 3)),
        L.Conv2D(4, 3, padding="same", activation="relu"),
        L.MaxPooling2D(2, padding="same"),
        L.BatchNormalization(),
        L.SeparableConv2D(6, 3, strides=2, padding="same", depth_multiplier=2, activation="elu"),
        L.DepthwiseConv2D((2, 3), padding="same", depth_multiplier=2),
        L.BatchNormalization(scale=False, epsilon=1e-5),
        L.PReLU(shared_axes=[1, 2]),
        L.AveragePooling2D(2, strides=1, padding="same"),
        L.Flatten(),
        L.Dense(8, activation="tanh"),
        L.Dropout(0.5),
        L.PReLU(),
        L.Dense(5, activation="softmax"),
    ])


def functional():
    picture = keras.Input((9, 12, 2), name="picture")
    x = L.ZeroPadding2D(((1, 0), (2, 1)))(picture)
    x = L.Conv2D(8, 3, strides=2, groups=2, use_bias=False, name="stem")(x)
    x = L.BatchNormalization(center=False, name="stem_norm")(x)
    x = L.ReLU(max_value=6.0)(x)
    # Squeeze and excitation.
    gate = L.GlobalAveragePooling2D(keepdims=True)(x)
    gate = L.Conv2D(2, 1, activation="silu")(gate)
    gate = L.Conv2D(8, 1, activation="hard_sigmoid")(gate)
    x = L.Multiply()([x, gate])
    a = L.Conv2D(8, 3, padding="same", dilation_rate=2)(x)
    a = L.LayerNormalization(epsilon=1e-4)(a)
    a = L.LeakyReLU(negative_slope=0.1)(a)
    b = L.Conv2D(8, 1)(x)
    b = L.GroupNormalization(groups=2)(b)
    b = keras.ops.silu(b)
    x = L.Add()([a, b]) + x
    up = L.Conv2DTranspose(4, 3, strides=2, padding="same", activation="gelu")(x)
    wide = L.Conv2DTranspose(4, (2, 4), strides=2, padding="valid")(x)
    wide = L.Conv2D(4, (1, 3), padding="valid")(wide)
    bilinear = L.UpSampling2D(2, interpolation="bilinear")(x)
    nearest = L.UpSampling2D((2, 2))(x)
    x = L.Concatenate()([up, wide, bilinear, nearest])
    x = L.Dense(6, activation="hard_silu")(x)
    x = L.SpatialDropout2D(0.2)(x)
    most = L.GlobalMaxPooling2D()(x)
    mean = L.GlobalAveragePooling2D()(x)
    x = L.Concatenate()([most, mean])
    x = L.Reshape((1, 1, 12))(x)
    x = L.Reshape((-1,))(x)
    return keras.Model(picture, L.Dense(4, name="logits")(x), name="branches")


def nested():
    inner = keras.Sequential([
        keras.Input((6, 6, 4)),
        L.Conv2D(4, 3, padding="same"),
        L.LayerNormalization(axis=[1, 2, 3]),
        L.Activation("relu"),
    ])
    picture = keras.Input((6, 6, 4))
    x = L.Conv2D(4, 3, padding="same")(picture)
    x = inner(x)
    x = L.GroupNormalization(groups=-1)(x)
    base = keras.Model(picture, x, name="base")
    start = keras.Input((6, 6, 3))
    x = L.Rescaling(1 / 127.5, offset=-1)(start)
    x = L.RandomFlip()(x)
    x = L.Conv2D(4, 1, name="conv2d")(x)
    x = base(x)
    shared = L.Conv2D(4, 3, padding="same", activation="relu", name="twice")
    x = shared(shared(x))
    x = L.Activation(L.LeakyReLU(negative_slope=0.3))(x)
    return keras.Model(start, L.Conv2D(2, 1)(x), name="within")


def unread():
    """A layer that no other program has."""
    picture = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, activation="relu", name="known")(picture)
    x = L.Permute((2, 1, 3), name="turned")(x)
    x = L.Conv2D(4, 3, name="behind")(x)
    return keras.Model(picture, L.GlobalAveragePooling2D()(x), name="unread")


def main():
    FOLDER.mkdir(exist_ok=True)
    model = sequential()
    randomise(model)
    model.save(FOLDER / "sequential.keras")
    model.save(FOLDER / "sequential.h5")
    model.save_weights(FOLDER / "sequential.weights.h5")
    save_io("sequential", model)
    # As Keras 2 has it: the layers alone, and with an optimiser's state.
    small = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(2, 3), L.Flatten(), L.Dense(3)])
    small.compile("adam", "mse")
    small.fit(np.ones((1, 6, 6, 1)), np.ones((1, 3)), verbose=0)
    randomise(small)
    small.save(FOLDER / "trained.keras")
    save_io("trained", small)
    for name, make, scale, offset in [
        ("functional", functional, 1.0, 0.0),
        ("nested", nested, 1 / 127.5, -1.0),
    ]:
        model = make()
        randomise(model)
        model.save(FOLDER / f"{name}.keras")
        save_io(name, model, scale, offset)
    model = unread()
    randomise(model)
    model.save(FOLDER / "unread.keras")
    # What h5py writes when it is asked to: chunks, packed; other floats; the newer superblock.
    values = (np.arange(5 * 7 * 3, dtype="float64").reshape(5, 7, 3) - 50) / 8
    for name, options in [("chunks", {}), ("latest", {"libver": "latest"})]:
        with h5py.File(FOLDER / f"{name}.h5", "w", **options) as file:
            group = file.create_group("group")
            group.create_dataset("plain", data=values.astype("<f4"))
            group.create_dataset("half", data=values.astype("<f2"))
            group.create_dataset("double", data=values)
            one = {"chunks": (5, 7, 3)} if name == "latest" else {"chunks": (2, 3, 2)}
            group.create_dataset("packed", data=values.astype("<f4"), compression="gzip", shuffle=True, **one)
            group.create_dataset("summed", data=values.astype("<f4"), fletcher32=True, **one)
            file.create_dataset("scalar", data=np.float32(2.5))
            file.create_dataset("whole", data=np.arange(3))
    with h5py.File(FOLDER / "big_endian.h5", "w") as file:
        file.create_dataset("values", data=values.astype(">f4"))
    with h5py.File(FOLDER / "many.h5", "w") as file:
        for number in range(300):
            file.create_dataset(f"v{number}", data=np.float32([number]))
    for name in ["sequential.keras", "functional.keras", "nested.keras", "unread.keras"]:
        packed(name)
    for name in ["sequential.h5", "many.h5"]:
        zipped(name)
    for path in FOLDER.iterdir():
        path.chmod(0o644)


main()
