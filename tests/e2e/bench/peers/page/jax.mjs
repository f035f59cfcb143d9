// jax-js in a worker: a graph of ours as one compiled function, maps as N, C, H, W.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";
import { folded } from "./fold.mjs";
import { decode } from "./safetensors.mjs";

/** As ours is timed: a step of no length, so that every pass computes the same. */
const RATE = 0;
const MODULE = new URL("../npm/@jax-js/jax/dist/index.js", import.meta.url).href;

/** `backend` is "wasm" or "webgpu". */
export async function open({ name, backend }) {
  if (backend === "wasm") {
    // One thread, as all others: it takes several where a page is isolated.
    Object.defineProperty(self, "crossOriginIsolated", { value: false, configurable: true });
    self.SharedArrayBuffer = undefined;
  }
  const jax = await import(MODULE);
  const started = await jax.init(backend);
  if (!started.includes(backend)) throw new Error(`jax-js could not start its device ${backend}`);
  jax.defaultDevice(backend);
  const { numpy: np } = jax;
  const document = await fetchDocument(name);
  const tensors = decode((await fetchBytes(`${name}.safetensors`)).buffer);
  const { channels, height, width } = document.graph.input;
  const input = await fetchInput(name);
  const array = (values, dims) => np.array(values).reshape(dims);
  const put = (weights) => {
    const all = [...weights].map(([key, { dims, values }]) => [key, array(values, dims)]);
    return Object.fromEntries(all);
  };
  const forInference = folded(document.graph, tensors);
  const params = put(used(forInference.graph, forInference.tensors));
  const kept = () => Object.fromEntries(Object.entries(params).map(([key, it]) => [key, it.ref]));
  const upTo = (last) => jax.jit((params, x) => run(jax, forInference.graph, params, x, last));
  const last = forInference.graph.nodes.at(-1).id;
  const whole = upTo(last);
  const answer = async (pass) =>
    pass(kept(), array(input, [1, channels, height, width])).data();
  const classes = document.graph.nodes.find(({ id }) => id === document.logits).layer.features;
  let step;
  let trained = params;
  return {
    version: "0.1.25",
    /** The values before a last softmax. */
    logits: () => answer(upTo(document.logits)),
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const from = performance.now();
      await answer(whole);
      return performance.now() - from;
    },
    /** One step of SGD on the mean cross-entropy of `batch` examples; milliseconds. */
    async trainingStep(batch) {
      const labels = Int32Array.from({ length: batch }, (_, example) => example % classes);
      const targets = new Float32Array(batch * classes);
      labels.forEach((label, example) => (targets[example * classes + label] = 1));
      const examples = new Float32Array(input.length * batch);
      for (let copy = 0; copy < batch; copy += 1) examples.set(input, copy * input.length);
      step ??= jax.jit((params, x, targets) => {
        const loss = (params) => {
          const logits = run(jax, document.graph, params, x, document.logits);
          const likely = jax.nn.logSoftmax(logits.reshape([batch, classes]), -1);
          return likely.mul(targets).sum().mul(-1 / batch);
        };
        const [value, slopes] = jax.valueAndGrad(loss)(
          Object.fromEntries(Object.entries(params).map(([key, it]) => [key, it.ref])),
        );
        const moved = Object.entries(params).map(([key, it]) => [key, it.sub(slopes[key].mul(RATE))]);
        return [value, Object.fromEntries(moved)];
      });
      const from = performance.now();
      const x = array(examples, [batch, channels, height, width]);
      const [loss, moved] = step(trained, x, array(targets, [batch, classes]));
      trained = moved;
      const [value] = await loss.data();
      // The weights are part of the step.
      await jax.blockUntilReady(trained);
      const milliseconds = performance.now() - from;
      if (!Number.isFinite(value)) throw new Error(`the loss became ${value}`);
      return milliseconds;
    },
  };
}

/** The tensors that the graph's nodes use. */
function used(graph, tensors) {
  const names = new Set(graph.nodes.map(({ name }) => name));
  return [...tensors].filter(([key]) => names.has(key.slice(0, key.lastIndexOf("."))));
}

/** The value of the node `last`. Each parameter that is not used is given back. */
function run(jax, graph, params, x, last) {
  const uses = new Map();
  for (const { inputs } of graph.nodes) {
    for (const id of inputs) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  const values = new Map([[0, x]]);
  const read = (id) => {
    const left = uses.get(id) - 1;
    uses.set(id, left);
    return left > 0 ? values.get(id).ref : values.get(id);
  };
  const taken = new Set();
  const of = (name) => (role) => {
    taken.add(`${name}.${role}`);
    return params[`${name}.${role}`];
  };
  for (const { id, name, layer, inputs } of graph.nodes) {
    values.set(id, forward(jax, layer, inputs.map(read), of(name)));
    if (id === last) break;
  }
  for (const [key, it] of Object.entries(params)) if (!taken.has(key)) it.dispose();
  return values.get(last);
}

/** `[[top, bottom], [left, right]]`, or what jax has a name for. */
function padding({ padding }) {
  if (!padding?.sides) return (padding ?? "valid").toUpperCase();
  const [top, left, bottom, right] = padding.sides;
  return [
    [top, bottom],
    [left, right],
  ];
}

/** A bias as long as the axis of channels. */
const by = (values, rank) => values.reshape([1, values.shape[0], ...Array(rank - 2).fill(1)]);

function pool(jax, layer, x, most) {
  const { numpy: np, lax } = jax;
  const sides = padding(layer);
  let from = x;
  if (Array.isArray(sides) && sides.flat().some((side) => side > 0)) {
    if (!most) throw new Error("an average with padding is not translated to jax-js");
    from = np.pad(x, [[0, 0], [0, 0], ...sides], { constantValues: -Infinity });
  }
  return lax.reduceWindow(from, most ? np.max : np.mean, layer.kernel, layer.stride ?? layer.kernel);
}

function forward(jax, layer, [x, other], param) {
  const { numpy: np, lax, nn } = jax;
  switch (layer.kind) {
    case "conv": {
      const groups = { featureGroupCount: layer.groups ?? 1, rhsDilation: layer.dilation ?? [1, 1] };
      const weight = param("weight");
      const y = lax.convGeneralDilated(x, weight, layer.stride ?? [1, 1], padding(layer), groups);
      return (layer.bias ?? true) ? y.add(by(param("bias"), 4)) : y;
    }
    case "linear": {
      const flat = x.reshape([x.shape[0], -1]);
      const y = np.matmul(flat, np.transpose(param("weight")));
      return (layer.bias ?? true) ? y.add(by(param("bias"), 2)) : y;
    }
    case "max_pool":
      return pool(jax, layer, x, true);
    case "avg_pool":
      return pool(jax, layer, x, false);
    case "global_pool":
      return layer.mode === "avg"
        ? np.mean(x, [2, 3], { keepdims: true })
        : np.max(x, [2, 3], { keepdims: true });
    case "adaptive_avg_pool":
      if (layer.output.join() === "1,1") return np.mean(x, [2, 3], { keepdims: true });
      if (layer.output.join() === x.shape.slice(2).join()) return x;
      break;
    case "dropout":
      return x;
    case "flatten":
      if (layer.order === "chw") return x.reshape([x.shape[0], -1]);
      break;
    case "merge":
      if (layer.how === "add" && other) return x.add(other);
      break;
    case "pad": {
      const [top, left, bottom, right] = layer.sides;
      const sides = [[0, 0], [0, 0], [top, bottom], [left, right]];
      return np.pad(x, sides, { constantValues: layer.value });
    }
    case "activation":
      if (["relu", "relu6"].includes(layer.function)) return nn[layer.function](x);
      if (layer.function === "tanh") return np.tanh(x);
      if (layer.function === "softmax") return nn.softmax(x, 1);
  }
  throw new Error(`${JSON.stringify(layer)} is not translated to jax-js`);
}
