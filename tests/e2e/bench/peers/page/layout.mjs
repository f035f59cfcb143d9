// From PyTorch's layouts, which the lab's weights have, to TensorFlow's.

/** The values of a tensor with its axes in another order. */
export function permuted({ dims, values }, order) {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1));
  const newDims = order.map((axis) => dims[axis]);
  const newStrides = order.map((axis) => strides[axis]);
  const moved = new Float32Array(values.length);
  let to = 0;
  const walk = (axis, from) => {
    const [count, stride] = [newDims[axis], newStrides[axis]];
    if (axis === newDims.length - 1) {
      for (let step = 0; step < count; step += 1) moved[to++] = values[from + step * stride];
    } else {
      for (let step = 0; step < count; step += 1) walk(axis + 1, from + step * stride);
    }
  };
  walk(0, 0);
  return { dims: newDims, values: moved };
}
