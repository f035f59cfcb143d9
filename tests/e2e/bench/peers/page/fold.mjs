// Batch norm folded into the convolution before it, as converters of other engines do.

/**
 * The graph without the batch norms that follow a convolution and nothing else does, and the weights
 * that make up for them.
 */
export function folded(graph, tensors) {
  const weights = new Map(tensors);
  const consumers = (id) => graph.nodes.filter(({ inputs }) => inputs.includes(id));
  const instead = new Map();
  const nodes = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => instead.get(input) ?? input);
    const before = nodes.find(({ id }) => id === inputs[0]);
    const alone = before && consumers(before.id).length === 1;
    if (node.layer.kind === "batch_norm" && before?.layer.kind === "conv" && alone) {
      fold(before, node, weights);
      instead.set(node.id, before.id);
    } else {
      nodes.push({ ...node, layer: { ...node.layer }, inputs });
    }
  }
  return { graph: { ...graph, nodes }, tensors: weights };
}

/** `(conv(x) − mean) · weight / √(variance + eps) + bias` as one convolution. */
function fold(conv, norm, weights) {
  const of = (node, role) => weights.get(`${node.name}.${role}`)?.values;
  const kernel = weights.get(`${conv.name}.weight`);
  const [channels] = kernel.dims;
  const each = kernel.values.length / channels;
  const values = new Float32Array(kernel.values.length);
  const bias = new Float32Array(channels);
  const [mean, variance] = [of(norm, "running_mean"), of(norm, "running_var")];
  for (let channel = 0; channel < channels; channel += 1) {
    const gain = of(norm, "weight")?.[channel] ?? 1;
    const scale = gain / Math.sqrt(variance[channel] + norm.layer.eps);
    for (let place = channel * each; place < (channel + 1) * each; place += 1) {
      values[place] = kernel.values[place] * scale;
    }
    const own = of(conv, "bias")?.[channel] ?? 0;
    bias[channel] = (own - mean[channel]) * scale + (of(norm, "bias")?.[channel] ?? 0);
  }
  weights.set(`${conv.name}.weight`, { dims: kernel.dims, values });
  weights.set(`${conv.name}.bias`, { dims: [channels], values: bias });
  conv.layer.bias = true;
}
