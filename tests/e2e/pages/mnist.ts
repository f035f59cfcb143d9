import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** MNIST's images are this wide and high. */
export const SIDE = 28;

/** A test image as it was published, 255 being full ink. */
export interface Digit {
  readonly label: number;
  readonly pixels: Uint8Array;
}

/** The first `count` (at most 1,000) test images, in MNIST's own order. */
export function testImages(count: number): Digit[] {
  // IDX (LeCun et al.): four bytes that name the type, four for each size, then the values.
  const images = unzipped("test-00-images.idx3.gz").subarray(16);
  const labels = unzipped("test-00-labels.idx1.gz").subarray(8);
  if (labels.length < count || images.length !== labels.length * SIDE * SIDE) {
    throw new Error(`${images.length} bytes of images do not belong to ${labels.length} labels`);
  }
  return Array.from(labels.subarray(0, count), (label, at) => ({
    label,
    pixels: images.subarray(at * SIDE * SIDE, (at + 1) * SIDE * SIDE),
  }));
}

function unzipped(name: string): Uint8Array {
  return gunzipSync(readFileSync(new URL(`../../../public/data/mnist/${name}`, import.meta.url)));
}
