// A graph of ours as an ONNX model, written by hand in protobuf's wire format. The numbers of the
// fields are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).

const OPSET = 17;
/** The version of the file format that came with that opset. */
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };

const utf8 = (text) => Buffer.from(text, "utf8");

/** A whole number, 7 bits a byte, the last bits first. */
function varint(number) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(number));
  do {
    const more = rest > 127n;
    bytes.push(Number(rest & 127n) | (more ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const whole = (field, number) => [varint(field << 3), varint(number)];

function real(field, number) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(number);
  return [varint((field << 3) | 5), bytes];
}

/** A field that holds bytes, a text or a message. */
function bytes(field, parts) {
  const content = [parts].flat(Infinity);
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return [varint((field << 3) | 2), varint(length), ...content];
}

function attribute(name, value) {
  const named = bytes(1, utf8(name));
  const typed = (type) => whole(20, ATTRIBUTE[type]);
  if (Array.isArray(value)) {
    return [named, value.map((number) => whole(8, number)), typed("ints")];
  }
  return typeof value === "object"
    ? [named, real(2, value.float), typed("float")]
    : [named, whole(3, value), typed("int")];
}

function operation(type, inputs, output, attributes = {}) {
  const named = [inputs.map((input) => bytes(1, utf8(input))), bytes(2, utf8(output))];
  const kept = Object.entries(attributes).map((pair) => bytes(5, attribute(...pair)));
  return bytes(1, [named, bytes(3, utf8(output)), bytes(4, utf8(type)), kept]);
}

function initialiser(name, dims, values) {
  const type = values instanceof Float32Array ? FLOAT : INT64;
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const shape = dims.map((dim) => whole(1, dim));
  return bytes(5, [shape, whole(2, type), bytes(8, utf8(name)), bytes(9, raw)]);
}

/** The input (field 11) or output (field 12) of the graph. */
function value(field, name, dims) {
  const shape = bytes(2, dims.map((dim) => bytes(1, whole(1, dim))));
  const type = bytes(2, bytes(1, [whole(1, FLOAT), shape]));
  return bytes(field, [bytes(1, utf8(name)), type]);
}

/** `[top, left, bottom, right]`, which is ONNX's order too. */
function sides({ padding }, kind) {
  if (padding === undefined || padding === "valid") return { pads: [0, 0, 0, 0] };
  if (padding.sides) return { pads: padding.sides };
  throw new Error(`${kind} with padding ${JSON.stringify(padding)} is not translated to ONNX`);
}

/** SAME as sides: so much that the output is ⌈size / stride⌉, an odd pixel at the end. */
function convolutionSides(layer, [, height, width]) {
  if (layer.padding !== "same") return sides(layer, "a convolution");
  const total = [height, width].map((size, axis) => {
    const stride = (layer.stride ?? [1, 1])[axis];
    const reach = (layer.dilation ?? [1, 1])[axis] * (layer.kernel[axis] - 1) + 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  });
  const before = total.map((sum) => Math.floor(sum / 2));
  return { pads: [...before, ...total.map((sum, axis) => sum - before[axis])] };
}

/** The initialisers and operations of one node; its output carries the node's name. */
function translate({ name, layer }, inputs, shape, tensors) {
  const held = ["weight", "bias", "running_mean", "running_var"]
    .map((role) => `${name}.${role}`)
    .filter((tensor) => tensors.has(tensor));
  const one = (type, attributes, more = held) =>
    [operation(type, [...inputs, ...more], name, attributes)];
  const constant = (part, values) => initialiser(`${name}.${part}`, [], Float32Array.of(values));
  const { kind } = layer;
  switch (kind) {
    case "conv":
      return one("Conv", {
        kernel_shape: layer.kernel,
        strides: layer.stride ?? [1, 1],
        dilations: layer.dilation ?? [1, 1],
        group: layer.groups ?? 1,
        ...convolutionSides(layer, shape),
      });
    case "linear":
      return one("Gemm", { transB: 1 });
    case "batch_norm":
      return one("BatchNormalization", { epsilon: { float: layer.eps } });
    case "max_pool":
    case "avg_pool":
      return one(kind === "max_pool" ? "MaxPool" : "AveragePool", {
        kernel_shape: layer.kernel,
        strides: layer.stride,
        ceil_mode: layer.ceil_mode ? 1 : 0,
        ...sides(layer, "a pool"),
        ...(kind === "avg_pool" && { count_include_pad: (layer.count_include_pad ?? true) ? 1 : 0 }),
      });
    case "global_pool":
      return one(layer.mode === "avg" ? "GlobalAveragePool" : "GlobalMaxPool");
    case "adaptive_avg_pool":
      if (layer.output.join() === "1,1") return one("GlobalAveragePool");
      if (layer.output.join() === shape.slice(1).join()) return one("Identity");
      break;
    case "dropout":
      return one("Identity");
    case "flatten":
      if (layer.order === "chw") return one("Flatten", { axis: 1 });
      break;
    case "merge":
      if (layer.how === "add" && inputs.length === 2) return one("Add");
      break;
    case "pad": {
      const [top, left, bottom, right] = layer.sides;
      const pads = BigInt64Array.from([0, 0, top, left, 0, 0, bottom, right].map(BigInt));
      return [
        initialiser(`${name}.pads`, [8], pads),
        constant("value", layer.value),
        ...one("Pad", {}, [`${name}.pads`, `${name}.value`]),
      ];
    }
    case "activation":
      switch (layer.function) {
        case "relu":
          return one("Relu");
        case "tanh":
          return one("Tanh");
        case "softmax":
          return one("Softmax", { axis: 1 });
        case "relu6":
          return [
            constant("min", 0),
            constant("max", 6),
            ...one("Clip", {}, [`${name}.min`, `${name}.max`]),
          ];
      }
  }
  throw new Error(`“${name}” (${JSON.stringify(layer)}) is not translated to ONNX`);
}

/**
 * The model of a network from `makeNetwork` up to the node `last`, which is its output, for one
 * picture. Its input is called “input”.
 */
export function toOnnx({ graph, shapes, tensors }, last) {
  const nodes = graph.nodes.slice(0, graph.nodes.findIndex(({ id }) => id === last) + 1);
  const names = new Map([[0, "input"], ...nodes.map(({ id, name }) => [id, name])]);
  const own = nodes.map(({ name }) => name);
  const kept = tensors.filter(({ name }) => own.includes(name.slice(0, name.lastIndexOf("."))));
  const stored = new Map(kept.map((tensor) => [tensor.name, tensor]));
  const parts = nodes.flatMap((node) => {
    const inputs = node.inputs.map((input) => names.get(input));
    return translate(node, inputs, shapes.get(node.inputs[0]), stored);
  });
  const [channels, height, width] = shapes.get(last);
  const flat = nodes.some(({ layer }) => layer.kind === "flatten");
  const described = [
    ...parts,
    bytes(2, utf8(graph.name)),
    ...kept.map(({ name, dims, values }) => initialiser(name, dims, values)),
    value(11, "input", [1, ...shapes.get(0)]),
    value(12, names.get(last), flat ? [1, channels] : [1, channels, height, width]),
  ];
  const opset = bytes(8, [bytes(1, utf8("")), whole(2, OPSET)]);
  const model = [whole(1, IR_VERSION), opset, bytes(2, utf8("cnn-lab bench")), bytes(7, described)];
  return Buffer.concat(model.flat(Infinity));
}
