// TensorFlow.js in a worker: a graph of ours as calls of its operations, maps as N, H, W, C.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";
import { folded } from "./fold.mjs";
import { permuted } from "./layout.mjs";
import { decode } from "./safetensors.mjs";

/** As ours is timed: a step of no length, so that every pass computes the same. */
const RATE = 0;
const FOLDER = new URL("../npm/@tensorflow/", import.meta.url).href;

/** `backend` is "cpu", "wasm" or "webgpu". */
export async function open({ name, backend }) {
  // With the backend cpu and all gradients. These are scripts, not modules: they leave a global.
  await import(`${FOLDER}tfjs/dist/tf.min.js`);
  if (backend !== "cpu") {
    await import(`${FOLDER}tfjs-backend-${backend}/dist/tf-backend-${backend}.min.js`);
  }
  const { tf } = globalThis;
  if (backend === "wasm") {
    // The build with SIMD and without threads.
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    tf.wasm.setWasmPaths(`${FOLDER}tfjs-backend-wasm/dist/`);
  }
  if (!(await tf.setBackend(backend))) {
    throw new Error(`TensorFlow.js could not start its backend ${backend}`);
  }
  await tf.ready();
  const { graph: published, logits, hasSoftmax } = await fetchDocument(name);
  const read = decode((await fetchBytes(`${name}.safetensors`)).buffer);
  // As its converter does.
  const { graph, tensors } = folded(published, read);
  const model = translated(tf, graph, tensors);
  const { channels, height, width } = graph.input;
  const input = permuted(
    { dims: [channels, height, width], values: await fetchInput(name) },
    [1, 2, 0],
  ).values;
  const answer = async (last) => {
    const output = tf.tidy(() => model.run(tf.tensor4d(input, [1, height, width, channels]), last));
    const values = await output.data();
    output.dispose();
    return values;
  };
  const last = graph.nodes.at(-1).id;
  const classes = graph.nodes.find(({ id }) => id === logits).layer.features;
  return {
    version: tf.version_core,
    /** The values before a last softmax. */
    logits: () => answer(hasSoftmax ? logits : last),
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const from = performance.now();
      await answer(last);
      return performance.now() - from;
    },
    /**
     * One step of SGD on the mean cross-entropy of `batch` examples, handing the examples over and
     * reading the loss included; milliseconds.
     */
    async trainingStep(batch) {
      const from = performance.now();
      const loss = tf.train.sgd(RATE).minimize(() => {
        const x = tf.tensor4d(repeated(input, batch), [batch, height, width, channels]);
        const labels = Int32Array.from({ length: batch }, (_, example) => example % classes);
        const targets = tf.oneHot(tf.tensor1d(labels, "int32"), classes);
        return tf.losses.softmaxCrossEntropy(targets, model.run(x, logits));
      }, true);
      const [value] = await loss.data();
      const milliseconds = performance.now() - from;
      loss.dispose();
      if (!Number.isFinite(value)) throw new Error(`the loss became ${value}`);
      return milliseconds;
    },
  };
}

/** These values `count` times. */
function repeated(values, count) {
  const all = new Float32Array(values.length * count);
  for (let copy = 0; copy < count; copy += 1) all.set(values, copy * values.length);
  return all;
}

/** The sides `[top, left, bottom, right]` as TensorFlow.js takes them. */
function padding(layer) {
  if (!layer.padding?.sides) return layer.padding ?? "valid";
  const [top, left, bottom, right] = layer.padding.sides;
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}

/** The graph with its weights in TensorFlow's layouts: `{ parameters, run(x, last) }`. */
function translated(tf, graph, tensors) {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const consumers = (id) => graph.nodes.filter(({ inputs }) => inputs.includes(id));
  const parameters = new Map();
  const keep = (name, { dims, values }, trainable = true) => {
    parameters.set(name, tf.variable(tf.tensor(values, dims), trainable, name));
  };
  const channelsOf = new Map([[0, graph.input.channels]]);
  const fused = new Map();
  for (const { id, name, layer, inputs } of graph.nodes) {
    const channels = channelsOf.get(inputs[0]);
    channelsOf.set(id, layer.channels ?? layer.features ?? channels);
    const stored = (role) => tensors.get(`${name}.${role}`);
    if (layer.kind === "conv") {
      const depthwise = (layer.groups ?? 1) > 1;
      if (depthwise && layer.groups !== channels) {
        throw new Error("TensorFlow.js has no convolution in groups");
      }
      keep(`${name}.weight`, permuted(stored("weight"), depthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]));
    }
    if (layer.kind === "linear") {
      keep(`${name}.weight`, linearWeight(nodes, inputs[0], channelsOf, stored("weight")));
    }
    if (layer.kind === "batch_norm") keep(`${name}.weight`, stored("weight"));
    if (stored("bias")) keep(`${name}.bias`, stored("bias"));
    for (const role of ["running_mean", "running_var"]) {
      if (stored(role)) keep(`${name}.${role}`, stored(role), false);
    }
    // As TensorFlow's own converter does: a rectifier becomes part of the operation before it.
    const [next, ...others] = consumers(id);
    const absorbs = layer.kind === "linear" || layer.kind === "conv";
    if (absorbs && others.length === 0 && /^relu6?$/.test(next?.layer.function)) {
      fused.set(id, next.layer.function);
      fused.set(next.id, "done");
    }
  }
  const of = (name) => (role) => parameters.get(`${name}.${role}`);
  const run = (x, last) => {
    const values = new Map([[0, x]]);
    for (const node of graph.nodes) {
      const inputs = node.inputs.map((input) => values.get(input));
      const output =
        fused.get(node.id) === "done"
          ? inputs[0]
          : forward(tf, node.layer, inputs, of(node.name), fused.get(node.id) ?? "linear");
      values.set(node.id, output);
      if (node.id === last) return output;
    }
    throw new Error(`the graph has no node ${last}`);
  };
  return { parameters, run };
}

/**
 * A linear layer's weight as inputs × outputs. After a flattened map its inputs come row by row
 * here, and channel after channel in the lab.
 */
function linearWeight(nodes, input, channelsOf, { dims: [outputs, inputs], values }) {
  let source = nodes.get(input);
  while (source.layer.kind === "dropout") source = nodes.get(source.inputs[0]);
  if (source.layer.kind !== "flatten") return permuted({ dims: [outputs, inputs], values }, [1, 0]);
  const channels = channelsOf.get(source.inputs[0]);
  const { values: moved } = permuted(
    { dims: [outputs, channels, inputs / channels], values },
    [2, 1, 0],
  );
  return { dims: [inputs, outputs], values: moved };
}

function forward(tf, layer, [x, other], param, activation) {
  switch (layer.kind) {
    case "conv": {
      const convolution = {
        x,
        filter: param("weight"),
        strides: layer.stride ?? [1, 1],
        pad: padding(layer),
        dilations: layer.dilation ?? [1, 1],
        bias: param("bias"),
        activation,
      };
      return (layer.groups ?? 1) > 1
        ? tf.fused.depthwiseConv2d(convolution)
        : tf.fused.conv2d(convolution);
    }
    case "linear":
      return tf.fused.matMul({ a: x, b: param("weight"), bias: param("bias"), activation });
    case "batch_norm": {
      const [mean, variance] = [param("running_mean"), param("running_var")];
      return tf.batchNorm(x, mean, variance, param("bias"), param("weight"), layer.eps);
    }
    case "max_pool":
      return tf.maxPool(x, layer.kernel, layer.stride, padding(layer));
    case "avg_pool":
      if (!layer.padding) return tf.avgPool(x, layer.kernel, layer.stride, "valid");
      break;
    case "global_pool":
      return layer.mode === "avg" ? tf.mean(x, [1, 2], true) : tf.max(x, [1, 2], true);
    case "adaptive_avg_pool":
      if (layer.output.join() === "1,1") return tf.mean(x, [1, 2], true);
      if (layer.output.join() === x.shape.slice(1, 3).join()) return x;
      break;
    case "dropout":
      return x;
    case "flatten":
      // The order is in the weights of the linear layer that follows.
      if (layer.order === "chw") return tf.reshape(x, [x.shape[0], -1]);
      break;
    case "merge":
      if (layer.how === "add" && other) return tf.add(x, other);
      break;
    case "pad": {
      const [top, left, bottom, right] = layer.sides;
      return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]], layer.value);
    }
    case "activation":
      if (["relu", "relu6", "tanh", "softmax"].includes(layer.function)) {
        return tf[layer.function](x);
      }
  }
  throw new Error(`${JSON.stringify(layer)} is not translated to TensorFlow.js`);
}
