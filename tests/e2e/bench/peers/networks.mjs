// The networks that are compared: the zoo's own graphs, checked against what others published, with
// random weights and an input that are the same for every engine and in every run.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { uniform } from "./random.mjs";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * `parameters` are the trainable ones; `macs` as published, of which `figures` digits are given.
 * LeNet-5: LeCun et al. (1998) give 60,000 for the original's sparse C3; these two are of the dense
 * form: 6·26 + 16·151 + 48,120 + 10,164 + 850 and 6·25·784 + 16·150·100 + 48,000 + 10,080 + 840.
 * MobileNet: Keras' summary; the paper's table 4 (569 million). AlexNet and ResNet-18:
 * torchvision's tables of weights (61,100,840 and 0.71 G; 11,689,512 and 1.81 G).
 */
export const NETWORKS = [
  { name: "lenet-5", title: "LeNet-5", parameters: 61_706, macs: 416_520, figures: 6 },
  { name: "mobilenet", title: "MobileNet 1.0-224", parameters: 4_231_976, macs: 569e6, figures: 3 },
  {
    name: "alexnet-torchvision",
    title: "AlexNet (torchvision)",
    parameters: 61_100_840,
    macs: 0.71e9,
    figures: 2,
  },
  { name: "resnet-18", title: "ResNet-18", parameters: 11_689_512, macs: 1.81e9, figures: 3 },
];

/**
 * The graph of that network as the command line prints it: `{ name, input: { channels, height,
 * width }, nodes: [{ id, name, layer, inputs }] }`, as the engine loads it; and each node's output
 * shape, `[channels, height, width]`.
 */
function graphOf(name) {
  const verb = ["summary", name, "--json"];
  const { CNNLAB, CARGO = "cargo" } = process.env;
  const cargo = ["run", "--quiet", "--package", "engine", "--features", "cli", "--bin", "cnnlab"];
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 };
  const text = CNNLAB
    ? execFileSync(CNNLAB, verb, options)
    : execFileSync(CARGO, [...cargo, "--", ...verb], options);
  const summary = JSON.parse(text);
  const ids = new Map([["input", 0]]);
  const shapes = new Map([[0, summary.input]]);
  const nodes = summary.layers.map(({ name, layer, inputs, output }, place) => {
    const id = place + 1;
    ids.set(name, id);
    shapes.set(id, output);
    return { id, name, layer, inputs: inputs.map((input) => ids.get(input)) };
  });
  const [channels, height, width] = summary.input;
  return { graph: { name: summary.name, input: { channels, height, width }, nodes }, shapes };
}

/**
 * The parameters of a node, in PyTorch's names and layouts: `{ role, dims, from, to }`, to be filled
 * uniformly. Weights by He et al. (2015), uniform in ±√(6 / fan in), which keeps the values of ReLU
 * networks finite however deep; a batch norm gets statistics that are not those of an idle one.
 */
function parametersOf({ layer, inputs }, shapes) {
  const [channels, height, width] = shapes.get(inputs[0]);
  const weight = (dims, fanIn) => {
    const bound = Math.sqrt(6 / fanIn);
    return { role: "weight", dims, from: -bound, to: bound };
  };
  const around = (role, length, middle, spread) => {
    return { role, dims: [length], from: middle - spread, to: middle + spread };
  };
  const withBias = (first, length) =>
    (layer.bias ?? true) ? [first, around("bias", length, 0, 0.1)] : [first];
  switch (layer.kind) {
    case "conv": {
      const [rows, columns] = layer.kernel;
      const each = channels / (layer.groups ?? 1);
      const dims = [layer.channels, each, rows, columns];
      return withBias(weight(dims, each * rows * columns), layer.channels);
    }
    case "linear": {
      const fanIn = channels * height * width;
      return withBias(weight([layer.features, fanIn], fanIn), layer.features);
    }
    case "batch_norm":
      return [
        around("weight", channels, 1, 0.25),
        around("bias", channels, 0, 0.1),
        around("running_mean", channels, 0, 0.1),
        around("running_var", channels, 1, 0.25),
      ];
    default:
      return [];
  }
}

/** Multiply-accumulates of a node, by its weights and where they are used. */
function macsOf({ id, layer }, weights, shapes) {
  const [, height, width] = shapes.get(id);
  const count = weights.find(({ role }) => role === "weight")?.values.length ?? 0;
  return layer.kind === "conv" || layer.kind === "linear" ? count * height * width : 0;
}

function check(network, what, got, wanted) {
  if (got !== wanted) {
    throw new Error(`${network.title} has ${got} ${what}, but ${wanted} were published`);
  }
}

/**
 * A network ready to be handed to every engine: `graph`, `shapes`, `tensors` (name, dims, values),
 * `input` (channel after channel, row by row) and `logits`, the number of the node before a last
 * softmax.
 */
export function makeNetwork(network) {
  const { graph, shapes } = graphOf(network.name);
  const random = uniform(1998);
  const tensors = [];
  let [parameters, macs] = [0, 0];
  for (const node of graph.nodes) {
    const own = parametersOf(node, shapes).map(({ role, dims, from, to }) => {
      const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
      for (let place = 0; place < values.length; place += 1) {
        values[place] = from + (to - from) * random();
      }
      return { name: `${node.name}.${role}`, role, dims, values };
    });
    const trainable = own.filter(({ role }) => !role.startsWith("running"));
    parameters += trainable.reduce((sum, { values }) => sum + values.length, 0);
    macs += macsOf(node, own, shapes);
    tensors.push(...own);
  }
  check(network, "parameters", parameters, network.parameters);
  const rounded = Number(macs.toPrecision(network.figures));
  check(network, "multiply-accumulates", rounded, network.macs);
  const { channels, height, width } = graph.input;
  const input = Float32Array.from({ length: channels * height * width }, () => 2 * random() - 1);
  const last = graph.nodes.at(-1);
  const logits = last.layer.function === "softmax" ? last.inputs[0] : last.id;
  return { ...network, graph, shapes, tensors, input, logits, exactMacs: macs };
}
