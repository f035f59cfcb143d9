// The safetensors format: the header's length in 8 bytes, a JSON header, the values.

/** One buffer with these 32-bit float tensors, `{ name, dims, values }`. */
export function encode(tensors) {
  const header = {};
  let end = 0;
  for (const { name, dims, values } of tensors) {
    header[name] = { dtype: "F32", shape: dims, data_offsets: [end, (end += values.byteLength)] };
  }
  const text = JSON.stringify(header);
  const names = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + names.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(names.length), true);
  bytes.set(names, 8);
  for (const { name, values } of tensors) {
    const [start] = header[name].data_offsets;
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    bytes.set(raw, 8 + names.length + start);
  }
  return bytes;
}

/** The tensors of such a buffer by name, `{ dims, values }`; the values are views into it. */
export function decode(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  return new Map(
    Object.entries(header).map(([name, { shape, data_offsets: [from, to] }]) => {
      const values = new Float32Array(buffer, 8 + length + from, (to - from) / 4);
      return [name, { dims: shape, values }];
    }),
  );
}
