import { cnnlab } from "../pages/cnnlab.ts";
import { Graph } from "../pages/graph.ts";
import { type Pixels, type Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { SIDE, testImages } from "../pages/mnist.ts";
import { type Place, placeOf } from "../pages/place.ts";
import { largestDifference, readSafetensors, type Tensor } from "../pages/safetensors.ts";
import { expect, looking, test } from "../pages/test.ts";
import type { TestInfo } from "@playwright/test";

const WEIGHTS = "public/models/lenet-5.safetensors";
/** MNIST's mean and standard deviation, as everybody normalises it, and LeNet-5's side. */
const MEAN = 0.1307;
const DEVIATION = 0.3081;
const INPUT_SIDE = 32;

/** Saves the maps on screen and computes the same input natively. */
async function both(
  lab: Lab,
  info: TestInfo,
): Promise<{ shown: Map<string, Tensor>; native: Map<string, Tensor> }> {
  const shownPath = info.outputPath("shown.safetensors");
  const nativePath = info.outputPath("native.safetensors");
  await (await lab.saveMaps()).saveAs(shownPath);
  cnnlab("run", "lenet-5", "--weights", WEIGHTS, "--input", shownPath, "--out", nativePath);
  return { shown: readSafetensors(shownPath), native: readSafetensors(nativePath) };
}

function expectEqual(shown: Map<string, Tensor>, native: Map<string, Tensor>): void {
  // 13 nodes: seven layers with weights or pooling, four tanh, flatten and softmax.
  expect(native.size).toBe(13);
  for (const [name, tensor] of native) {
    const ours = shown.get(name);
    expect(ours?.shape, name).toEqual(tensor.shape);
    expect(largestDifference(ours?.values ?? [], tensor.values), name).toBeLessThanOrEqual(1e-4);
  }
}

test("The maps of a drawn seven equal the native engine's", async ({ lab }, info) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const { shown, native } = await both(lab, info);
  expectEqual(shown, native);
  // The ten percentages are the softmax's.
  const softmax = shown.get("softmax")?.values ?? new Float32Array();
  const percents = Array.from(softmax, (share) => share * 100);
  expect(largestDifference(await lab.probabilities(), percents)).toBeLessThanOrEqual(0.051);
});

test("The maps of an MNIST image equal the native engine's for MNIST's own pixels", async ({
  lab,
}, info) => {
  const [image] = testImages(1);
  await lab.open();
  await lab.gallery(0);
  const { shown, native } = await both(lab, info);
  expectEqual(shown, native);
  const margin = (INPUT_SIDE - SIDE) / 2;
  const wanted = Array.from({ length: INPUT_SIDE * INPUT_SIDE }, (_, at) => {
    const [x, y] = [(at % INPUT_SIDE) - margin, Math.floor(at / INPUT_SIDE) - margin];
    const inside = x >= 0 && x < SIDE && y >= 0 && y < SIDE;
    const ink = inside ? image.pixels[y * SIDE + x] / 255 : 0;
    return (ink - MEAN) / DEVIATION;
  });
  expect(largestDifference(shown.get("input")?.values ?? [], wanted)).toBeLessThanOrEqual(1e-4);
});

looking("A map's colours tell its values: orange above zero, blue below, darker the further", async ({
  lab,
}, info) => {
  const { native } = await both(lab, info);
  const graph = new Graph(lab.page);
  for (const name of ["C1", "S2", "C3", "S4"]) {
    const tensor = native.get(name);
    const [, channels, height, width] = tensor?.shape ?? [];
    const values = tensor?.values ?? new Float32Array();
    const limit = Math.max(...values.map(Math.abs));
    // A card paints all its maps on one canvas.
    const canvas = graph.stage(name).locator("canvas");
    const pixels = await pixelsOf(canvas);
    const whole = await placeOf(canvas);
    const places = await Promise.all((await lab.maps(name).all()).map(placeOf));
    expect(places).toHaveLength(channels);
    const dots = places.flatMap(({ x, y, width: wide, height: high }, channel) => {
      const map = values.subarray(channel * width * height, (channel + 1) * width * height);
      const place = { x: x - whole.x, y: y - whole.y, width: wide / width, height: high / height };
      return dotsOf(map, width, place, pixels, pixels.width / whole.width);
    });
    expectReadable(name, dots, limit);
  }
});

/** One value and the colour that stands for it. */
interface Dot {
  readonly value: number;
  readonly red: number;
  readonly blue: number;
  readonly light: number;
}

/**
 * The colours in the middle of a map's values: `place` is the first one's on the canvas, which has
 * `scale` pixels for one of the page.
 */
function dotsOf(
  values: Float32Array,
  across: number,
  place: Place,
  { width, rgba }: Pixels,
  scale: number,
): Dot[] {
  expect(Math.min(place.width, place.height) * scale, "pixels of a value").toBeGreaterThan(2);
  return Array.from(values, (value, at) => {
    const column = Math.floor((place.x + place.width * ((at % across) + 0.5)) * scale);
    const row = Math.floor((place.y + place.height * (Math.floor(at / across) + 0.5)) * scale);
    const first = (row * width + column) * 4;
    const [red, green, blue] = rgba.slice(first, first + 3);
    return { value, red, blue, light: 0.2126 * red + 0.7152 * green + 0.0722 * blue };
  });
}

/** `limit` is the layer's largest absolute value: what the colours' ends stand for. */
function expectReadable(name: string, dots: Dot[], limit: number): void {
  // A colour stands for 1/255 of the range; within two of them around zero it is neutral.
  const neutral = (limit * 4) / 255;
  for (const sign of [1, -1]) {
    const side = dots
      .filter(({ value }) => value * sign > neutral)
      .sort((one, other) => Math.abs(one.value) - Math.abs(other.value));
    expect(side.length, `${name} has values on this side`).toBeGreaterThan(20);
    const others = side.filter(({ red, blue }) => (red - blue) * sign <= 0);
    expect(others, `${name}: values in the other sign's colours`).toEqual([]);
    const lighter = side.filter((far, at) => at > 0 && far.light >= side[at - 1].light + 1);
    expect(lighter, `${name}: values lighter than those nearer to zero`).toEqual([]);
    expect(side[0].light - side[side.length - 1].light, `${name} uses its colours`).toBeGreaterThan(
      40,
    );
  }
}
