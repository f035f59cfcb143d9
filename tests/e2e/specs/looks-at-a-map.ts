import { fileURLToPath } from "node:url";

import type { Locator } from "@playwright/test";

import { pixelsOf } from "../pages/lab.ts";
import { expect, looking, test } from "../pages/test.ts";
import { type Tensor, readSafetensors } from "../pages/safetensors.ts";

const WEIGHTS = fileURLToPath(
  new URL("../../../public/models/lenet-5.safetensors", import.meta.url),
);

/** The full number behind a rounded one. */
async function exact(locator: Locator): Promise<number> {
  return Number((await locator.getAttribute("data-value")) ?? Number.NaN);
}

/** The numbers of a grid. */
async function numbers(locator: Locator): Promise<number[]> {
  return ((await locator.getAttribute("data-values")) ?? "").split(",").map(Number);
}

/** The value of a map, a kernel or a weight at these indices. */
function at({ shape, values }: Tensor, ...indices: number[]): number {
  const axes = shape.slice(-indices.length);
  const place = indices.reduce((sum, index, axis) => sum * axes[axis] + index, 0);
  return values[place];
}

looking("A value of C3 is the sum of patch ⊛ kernel over its maps, as the files have them", async ({
  lab,
  page,
}, info) => {
  const saved = info.outputPath("maps.safetensors");
  await (await lab.saveMaps()).saveAs(saved);
  const maps = readSafetensors(saved);
  const channel = 5;
  await lab.lookAt("C3", channel);
  await expect(page.getByTestId("map-place")).toHaveText("Map 6 of 16");
  // Rows and columns count from 1 on the screen.
  const [row, column] = [3, 8];
  await lab.goTo(row, column);
  await expect(lab.mapValue).toContainText(`row ${row + 1}, column ${column + 1}`);

  const weights = readSafetensors(WEIGHTS);
  const [input, kernels, output] = [maps.get("S2"), weights.get("C3.weight"), maps.get("C3")];
  if (!input || !kernels || !output) {
    throw new Error("the files have no S2, no C3 or no C3.weight");
  }

  // The patch stands in the network, too.
  const panel = page.getByTestId("layer-panel");
  const partials = panel.getByTestId("partial-value");
  await expect(partials).toHaveCount(6);
  let sum = 0;
  for (let from = 0; from < 6; from += 1) {
    await page.getByTestId("partial-row").nth(from).click();
    await expect(page.getByTestId("partial-row").nth(from)).toHaveAttribute("aria-pressed", "true");
    const [patch, kernel, products] = await Promise.all(
      ["patch", "kernel", "products"].map((name) => numbers(panel.getByTestId(name))),
    );
    expect(patch).toHaveLength(25);
    let partial = 0;
    for (let down = 0; down < 5; down += 1) {
      for (let right = 0; right < 5; right += 1) {
        const place = down * 5 + right;
        expect(kernel[place]).toBeCloseTo(at(kernels, channel, from, down, right), 6);
        expect(patch[place]).toBeCloseTo(at(input, from, row + down, column + right), 5);
        expect(products[place]).toBeCloseTo(patch[place] * kernel[place], 5);
        partial += patch[place] * kernel[place];
      }
    }
    expect(await exact(partials.nth(from))).toBeCloseTo(partial, 4);
    sum += partial;
  }
  const bias = weights.get("C3.bias")?.values[channel] ?? Number.NaN;
  expect(await exact(page.getByTestId("partial-bias"))).toBeCloseTo(bias, 6);
  expect(await exact(page.getByTestId("partial-sum"))).toBeCloseTo(sum + bias, 4);
  // The engine's value, on the screen and in the file.
  expect(await exact(lab.mapValue)).toBeCloseTo(sum + bias, 4);
  expect(at(output, channel, row, column)).toBeCloseTo(sum + bias, 4);
});

looking("Each product is read one after the other, to the sum", async ({ lab, page }) => {
  await lab.lookAt("C1");
  await lab.goTo(10, 16);
  const products = await numbers(page.getByTestId("products"));
  const next = page.getByRole("button", { name: "Next product" });
  await expect(page.getByRole("button", { name: "Previous product" })).toBeDisabled();
  for (let step = 1; step < 25; step += 1) {
    await expect(page.getByTestId("product-step")).toHaveText(`${step} of 25`);
    await next.click();
  }
  await expect(next).toBeDisabled();
  const total = products.reduce((sum, product) => sum + product, 0);
  expect(await exact(page.getByTestId("partial-total"))).toBeCloseTo(total, 4);
  const text = await page.getByTestId("calculation").textContent();
  const soFar = Number(/so far (\S+)$/.exec(text ?? "")?.[1].replace("−", "-"));
  // Shown with three digits.
  expect(Math.abs(soFar - total)).toBeLessThanOrEqual(Math.abs(total) / 100 + 0.001);
});

looking("Pooling, linear layers, tanh and softmax tell how their values are made", async ({
  lab,
  page,
}) => {
  const made = page.getByTestId("made");
  const shown = lab.mapValue;
  for (const name of ["S2", "F5", "F6", "output", "softmax"]) {
    if (name === "softmax") {
      await page.getByRole("button", { name: "After softmax" }).click();
    } else {
      await lab.lookAt(name);
    }
    await expect(page.getByTestId("layer-panel").getByRole("heading", { level: 2 })).toContainText(name);
    const apart = async () => (await exact(made)) - (await exact(shown));
    await expect.poll(apart, name).toBeCloseTo(0, 4);
  }
  // Behind C1 the same place has tanh of its value.
  await lab.lookAt("C1");
  await lab.goTo(10, 16);
  const before = await exact(shown);
  expect(await exact(page.getByTestId("after-value"))).toBeCloseTo(Math.tanh(before), 5);
  await page.getByRole("button", { name: "After tanh" }).click();
  await expect.poll(() => exact(shown)).toBeCloseTo(Math.tanh(before), 5);
  await expect(made).toContainText("tanh(");
});

looking("The panel goes from map to map and closes", async ({ lab, page }) => {
  await lab.lookAt("C1");
  const place = page.getByTestId("map-place");
  await expect(place).toHaveText("Map 1 of 6");
  await page.getByRole("button", { name: "Previous map" }).click();
  await expect(place).toHaveText("Map 6 of 6");
  await page.getByTestId("kernel-tile").nth(2).click();
  await expect(place).toHaveText("Map 3 of 6");
  await page.keyboard.press("ArrowRight");
  await expect(place).toHaveText("Map 4 of 6");
  await expect(page.getByTestId("kernel-tile").nth(3)).toBeFocused();
  await page.getByTestId("close-look").click();
  await expect(page.getByTestId("right-panel")).toBeHidden();
});

test("The input is seen in its colours, whichever the network takes first", async ({ lab, page }) => {
  await lab.open();
  // SqueezeNet takes blue first. The cat's photo has more red than blue.
  await lab.openPreset("squeezenet-1.1");
  await expect(lab.top.first()).toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
  await lab.lookAt("input");
  const picture = page.getByTestId("sees").locator("canvas");
  await expect(picture).toHaveAttribute("width", "227");
  const { rgba } = await pixelsOf(picture);
  const sum = (channel: number) =>
    rgba.reduce((sum, level, at) => (at % 4 === channel ? sum + level : sum), 0);
  expect(sum(0)).toBeGreaterThan(1.2 * sum(2));
});

test("A new drawing brings new arithmetic", async ({ lab, page }) => {
  await lab.open();
  await lab.lookAt("C1");
  const total = page.getByTestId("partial-sum");
  await expect(total).toBeVisible();
  await lab.clear();
  // On blank paper every value of the input is −0.1307 / 0.3081, so C1 is bias − 0.4242 · Σ kernel.
  const weights = readSafetensors(WEIGHTS);
  const kernel = weights.get("C1.weight")?.values.subarray(0, 25) ?? new Float32Array();
  const blank = (-0.1307 / 0.3081) * kernel.reduce((sum, weight) => sum + weight, 0);
  const bias = weights.get("C1.bias")?.values[0] ?? Number.NaN;
  await expect.poll(() => exact(total)).toBeCloseTo(blank + bias, 4);
});

looking("What a value sees follows the keyboard, and the gradient stays inside", async ({
  lab,
  page,
}) => {
  await lab.lookAt("S4");
  const field = page.getByTestId("reach-field");
  const box = () =>
    field.evaluate((rect) => ["x", "y", "width", "height"].map((it) => rect.getAttribute(it)));
  // S4's value at [2, 2]: 16 pixels (5 + 1 + 2·4 + 2), four apart.
  await lab.goTo(2, 2);
  await expect.poll(box).toEqual(["8", "8", "16", "16"]);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  await expect.poll(box).toEqual(["12", "4", "16", "16"]);

  await lab.unfold("reach");
  const effective = page.getByTestId("reach-effective");
  await expect(effective).toBeVisible();
  await expect(page.getByTestId("reach-heat")).toBeVisible();
  const edge = async (name: string) => Number(await effective.getAttribute(`data-${name}`));
  // Smooth tanh and mean pooling let every pixel of the field through, and none beside it.
  await expect.poll(() => edge("left")).toBe(12);
  await expect.poll(() => edge("right")).toBe(28);
  await expect.poll(() => edge("top")).toBe(4);
  await expect.poll(() => edge("bottom")).toBe(20);
});

looking("A map's values are spread in the histogram as they are in the map", async ({
  lab,
  page,
}) => {
  await lab.lookAt("C1");
  await lab.unfold("histogram");
  await page.getByText("Counts as a table").click();
  const rows = page.getByTestId("histogram-row");
  await expect(rows).toHaveCount(32);
  const counts = await rows.evaluateAll((all) =>
    all.map((row) => Number(row.lastElementChild?.textContent)),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(28 * 28);
});

looking("Every layer's time is measured on the device that answers", async ({ lab, page }) => {
  await lab.lookAt("C1");
  await lab.unfold("times");
  await page.getByTestId("time-layers").click();
  await expect(page.getByTestId("layer-time")).toHaveCount(13);
  await expect(page.getByTestId("total-ms")).toHaveText(/ms$/);
  // C1's output and tanh's are alive at once: 2 · 6 · 28 · 28 values of four bytes at least.
  await expect(page.getByTestId("peak-live")).toHaveText("37.6 kB");
});
