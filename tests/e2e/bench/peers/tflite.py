#!/usr/bin/env python3
"""Turns networks of the bench into .tflite files: for each name in a folder its NAME.json and
NAME.safetensors, as peers.mjs writes them, become NAME.tflite and, where the network ends in a softmax,
NAME.logits.tflite without it.

    pip install tensorflow-cpu
    python tflite.py FOLDER NAME…
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf


def tensors(path):
    """The arrays of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    arrays = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:last], dtype="<f4")
        arrays[name] = values.reshape(entry["shape"])
    return arrays


def sides(layer):
    """Top, left, bottom, right; None where TensorFlow has a name for it."""
    padding = layer.get("padding", "valid")
    return padding["sides"] if isinstance(padding, dict) else None


def padded(x, layer, value=0.0):
    """The map with its zeros, and the padding that is left to the operation."""
    around = sides(layer)
    if around is None:
        return x, layer.get("padding", "valid").upper()
    if any(around):
        top, left, bottom, right = around
        pads = [[0, 0], [top, bottom], [left, right], [0, 0]]
        x = tf.pad(x, pads, constant_values=value)
    return x, "VALID"


def conv(x, layer, param):
    x, padding = padded(x, layer)
    stride, dilation = layer.get("stride", [1, 1]), layer.get("dilation", [1, 1])
    groups, weight = layer.get("groups", 1), param("weight")
    if groups == 1:
        kernel = tf.constant(weight.transpose(2, 3, 1, 0))
        y = tf.nn.conv2d(x, kernel, stride, padding, dilations=dilation)
    elif groups == x.shape[3]:
        kernel = tf.constant(weight.transpose(2, 3, 0, 1))
        y = tf.nn.depthwise_conv2d(x, kernel, [1, *stride, 1], padding, dilations=dilation)
    else:
        raise ValueError("groups of several channels are not translated")
    bias = param("bias")
    return y if bias is None else tf.nn.bias_add(y, bias)


def linear(x, layer, param, channels):
    """`channels` is that of the map that was flattened: its values come row by row here."""
    weight = param("weight")
    outputs, inputs = weight.shape
    if channels:
        weight = weight.reshape(outputs, channels, inputs // channels)
        weight = weight.transpose(0, 2, 1).reshape(outputs, inputs)
    y = tf.matmul(tf.reshape(x, [1, inputs]), tf.constant(np.ascontiguousarray(weight.T)))
    bias = param("bias")
    return y if bias is None else tf.nn.bias_add(y, bias)


def forward(layer, inputs, param, channels):
    x, kind = inputs[0], layer["kind"]
    if kind == "conv":
        return conv(x, layer, param)
    if kind == "linear":
        return linear(x, layer, param, channels)
    if kind == "batch_norm":
        scale = param("weight") / np.sqrt(param("running_var") + layer["eps"])
        return x * scale + (param("bias") - param("running_mean") * scale)
    if kind == "max_pool":
        x, padding = padded(x, layer, value=-3.4e38)
        return tf.nn.max_pool2d(x, layer["kernel"], layer["stride"], padding)
    if kind == "avg_pool" and not any(sides(layer) or [0]):
        return tf.nn.avg_pool2d(x, layer["kernel"], layer["stride"], "VALID")
    if kind == "global_pool" and layer["mode"] == "avg":
        return tf.reduce_mean(x, [1, 2], keepdims=True)
    if kind == "adaptive_avg_pool" and layer["output"] == [1, 1]:
        return tf.reduce_mean(x, [1, 2], keepdims=True)
    if kind == "adaptive_avg_pool" and layer["output"] == list(x.shape[1:3]):
        return x
    if kind == "pad":
        top, left, bottom, right = layer["sides"]
        pads = [[0, 0], [top, bottom], [left, right], [0, 0]]
        return tf.pad(x, pads, constant_values=layer["value"])
    if kind in ("dropout", "flatten"):
        return x
    if kind == "merge" and layer["how"] == "add":
        return inputs[0] + inputs[1]
    functions = {"relu": tf.nn.relu, "relu6": tf.nn.relu6, "tanh": tf.nn.tanh, "softmax": tf.nn.softmax}
    if kind == "activation" and layer["function"] in functions:
        return functions[layer["function"]](x)
    raise ValueError(f"{layer} is not translated to TensorFlow")


def model(graph, arrays, last):
    """The network up to the node `last`, as the bytes of a file."""
    size = graph["input"]
    shape = [1, size["height"], size["width"], size["channels"]]

    def run(x):
        values, flattened = {0: x}, {}
        for node in graph["nodes"]:
            name, layer = node["name"], node["layer"]
            before = node["inputs"][0]
            if layer["kind"] == "flatten":
                flattened[node["id"]] = values[before].shape[-1]
            elif layer["kind"] == "dropout" and before in flattened:
                flattened[node["id"]] = flattened[before]
            inputs = [values[place] for place in node["inputs"]]
            values[node["id"]] = forward(
                layer, inputs, lambda role: arrays.get(f"{name}.{role}"), flattened.get(before)
            )
            if node["id"] == last:
                return tf.reshape(values[last], [1, -1])
        raise ValueError(f"the graph has no node {last}")

    function = tf.function(run, input_signature=[tf.TensorSpec(shape, tf.float32)])
    concrete = function.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    return converter.convert()


def main(folder, names):
    for name in names:
        document = json.loads((folder / f"{name}.json").read_text())
        graph, logits = document["graph"], document["logits"]
        arrays = tensors(folder / f"{name}.safetensors")
        last = graph["nodes"][-1]["id"]
        (folder / f"{name}.tflite").write_bytes(model(graph, arrays, last))
        if document["hasSoftmax"]:
            (folder / f"{name}.logits.tflite").write_bytes(model(graph, arrays, logits))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
