import { readFileSync } from "node:fs";

/** A tensor of 32-bit floats. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Reads a file of 32-bit floats; the format is at huggingface.co/docs/safetensors. */
export function readSafetensors(path: string): Map<string, Tensor> {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") {
      continue;
    }
    if (dtype !== "F32") {
      throw new Error(`${path}: the tensor ${name} is ${dtype}, only F32 is read`);
    }
    const [start, end] = data_offsets.map((offset) => 8 + length + offset);
    // Copied, because a view on floats must lie aligned.
    const bytes = Uint8Array.from(file.subarray(start, end));
    tensors.set(name, { shape, values: new Float32Array(bytes.buffer) });
  }
  return tensors;
}

/** A file of 32-bit floats. */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Buffer {
  let end = 0;
  const entries = [...tensors].map(([name, { shape, values }]) => {
    const start = end;
    end += values.byteLength;
    return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  // Values lie aligned.
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const values = [...tensors.values()].map(({ values }) => new Uint8Array(values.slice().buffer));
  return Buffer.concat([length, header, ...values]);
}

/** The largest absolute difference of two equally long rows of numbers. */
export function largestDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) {
    throw new Error(`${one.length} values cannot be compared with ${other.length}`);
  }
  let largest = 0;
  for (let at = 0; at < one.length; at += 1) {
    const difference = Math.abs(one[at] - other[at]);
    // NaN counts as an infinite difference.
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}
