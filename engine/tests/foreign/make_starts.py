"""How the files of other programs begin: the first 512 bytes of each, as hexadecimal digits.

    python3 make_starts.py > starts.json      (numpy, torch 1.13.1, h5py, Python's own modules)

The TensorFlow Lite and Keras lines are the formats' own: the file identifier of tflite's schema at
byte 4, and the first member that Keras 3 writes into its archive.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import tempfile
import zipfile

import h5py
import numpy
import torch


def made(write, name="file"):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/{name}"
        write(path)
        return open(path, "rb").read()


def zipped(member):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, "{}")
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.safetensors"))
    return out.getvalue()


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["dense/kernel:0"] = numpy.ones((2, 3), "f4")


array = numpy.ones((2, 3), "f4")
state = torch.nn.Linear(2, 3).state_dict()
picture = torch.ones(1, 2)


def onnx(path):
    torch.onnx.export(torch.nn.Linear(2, 3), picture, path)


weight_map = {"metadata": {"total_size": 4}, "weight_map": {"fc.bias": "model-00001-of-00002.safetensors"}}
files = {
    "numpy": made(lambda path: numpy.save(path, array), "a.npy"),
    "numpy_archive": made(lambda path: numpy.savez(path, weight=array), "a.npz"),
    "torch_archive": made(lambda path: torch.save(state, path), "a.pt"),
    "pickle": made(lambda path: torch.save(state, path, _use_new_zipfile_serialization=False)),
    "pickle 2": pickle.dumps({"fc.weight": array}, 2),
    "pickle 4": pickle.dumps({"fc.weight": array}, 4),
    "hdf5": made(hdf5, "a.h5"),
    "onnx": made(onnx, "a.onnx"),
    "keras_archive": zipped("metadata.json"),
    "zip": zipped("readme.txt"),
    "tensor_flow_lite": b"\x1c\x00\x00\x00TFL3" + bytes(24),
    "compressed": gzip.compress(b"weights"),
    "compressed 2": bz2.compress(b"weights"),
    "compressed 3": lzma.compress(b"weights"),
    "tar": tarred(),
    "lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "html": b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
    "html 2": b"\xef\xbb\xbf<html lang='en'>",
    "xml": b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>",
    "json": b'{"cnn-lab": 1, "graph": {}}',
    "shard_index": json.dumps(weight_map).encode(),
    "text": "Zugriff verweigert: zu groß".encode(),
    "text 2": b"Entry not found",
    "empty": b"",
    "empty 2": b"\n",
}
print(json.dumps({name: data[:512].hex() for name, data in files.items()}, indent=1))
