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
  return Number(await locator.getAttribute("data-value"));
}

/** The value of a map, a kernel or a weight at these indices. */
function at({ shape, values }: Tensor, ...indices: number[]): number {
  const axes = shape.slice(-indices.length);
  const place = indices.reduce((sum, index, axis) => sum * axes[axis] + index, 0);
  return values[place];
}

looking("Kernels and partial maps of C3 sum up to its map", async ({ lab, page }, info) => {
  await lab.inspect("C3");
  await lab.unfold("partials");
  const channel = 5;
  await lab.column("Inspector").locator(`.map-grid [data-number="${channel}"]`).first().click();

  // From the middle of the 10×10 map, at [5, 5], two up and three to the right.
  const viewer = page.getByTestId("viewer");
  await viewer.focus();
  for (const key of ["ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight"]) {
    await page.keyboard.press(key);
  }
  const [row, column] = [3, 8];
  await expect(page.getByTestId("map-value")).toContainText(`[${channel}, ${row}, ${column}]`);
  await lab.unfold("partials");
  await expect(page.getByTestId("partial-sum")).toContainText(`At [${row}, ${column}]`);

  const saved = info.outputPath("maps.safetensors");
  await (await lab.saveMaps()).saveAs(saved);
  const maps = readSafetensors(saved);
  const weights = readSafetensors(WEIGHTS);
  const [input, kernels] = [maps.get("S2"), weights.get("C3.weight")];
  if (!input || !kernels) {
    throw new Error("the files have no S2 or no C3.weight");
  }

  const partials = page.getByTestId("partial-value");
  await expect(partials).toHaveCount(6);
  let sum = 0;
  for (let from = 0; from < 6; from += 1) {
    const kernel = page.getByTestId("section-weights").locator(`.map-grid [data-number="${from}"]`);
    await kernel.click();
    await expect(page.getByTestId("kernel-name")).toHaveText(`Kernel for input channel ${from}`);
    const cells = page.getByTestId("kernel-table").locator("td");
    await expect(cells).toHaveCount(25);
    const shown = await cells.evaluateAll((all) => all.map((one) => Number(one.dataset.value)));
    // The kernel is the file's; over the 5×5 window of S2 it gives the partial map's value.
    let partial = 0;
    for (let down = 0; down < 5; down += 1) {
      for (let right = 0; right < 5; right += 1) {
        const weight = shown[down * 5 + right];
        expect(weight).toBeCloseTo(at(kernels, channel, from, down, right), 6);
        partial += weight * at(input, from, row + down, column + right);
      }
    }
    await expect.poll(() => exact(partials.nth(from))).toBeCloseTo(partial, 4);
    sum += partial;
  }
  const bias = weights.get("C3.bias")?.values[channel] ?? Number.NaN;
  await expect.poll(() => exact(page.getByTestId("partial-bias"))).toBeCloseTo(bias, 6);
  await expect.poll(() => exact(page.getByTestId("partial-sum"))).toBeCloseTo(sum + bias, 4);
  await expect.poll(() => exact(page.getByTestId("map-value"))).toBeCloseTo(sum + bias, 4);
});

test("Leafing to the last partial maps and back leaves the keyboard at a button", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.inspect("C1");
  await lab.setField("channels", "20");
  await lab.inspect("C3");
  await lab.unfold("partials");
  const [before, further] = ["before", "further"].map((where) =>
    page.getByRole("button", { name: `Input channels ${where}` }),
  );
  await expect(page.getByTestId("partial-row")).toHaveCount(16);
  await further.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("partial-row")).toHaveCount(4);
  await expect(further).toBeDisabled();
  await expect(before).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("partial-row")).toHaveCount(16);
  await expect(further).toBeFocused();
});

test("A layer's weights are called by their places in the file's tensor", async ({ lab, page }) => {
  await lab.open();
  // A vector's weights are one strip, which belongs to no channel.
  await lab.inspect("F6");
  await lab.unfold("weights");
  await expect(page.getByTestId("kernel-name")).toHaveText("One value for each input");
  const weights = readSafetensors(WEIGHTS);
  const viewer = page.getByTestId("kernel-viewer");
  await viewer.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("kernel-value")).toContainText("weight [0, 1]:");
  const f6 = weights.get("F6.weight");
  if (!f6) {
    throw new Error("the file has no F6.weight");
  }
  await expect.poll(() => exact(page.getByTestId("kernel-value"))).toBeCloseTo(at(f6, 0, 1), 6);

  // Of two groups the second's first input channel, 3, is the first in the tensor.
  await lab.inspect("C3");
  await lab.setField("groups", "2");
  await lab.column("Inspector").locator('.map-grid [data-number="9"]').first().click();
  await lab.unfold("weights");
  await expect(page.getByTestId("kernel-name")).toHaveText("Kernel for input channel 3");
  await expect(page.getByTestId("kernel-value")).toContainText("weight [9, 0, 0, 0]:");
});

test("The input is seen in its colours, whichever the network takes first", async ({ lab, page }) => {
  await lab.open();
  // SqueezeNet takes blue first. The cat's photo has more red than blue.
  await lab.openPreset("squeezenet-1.1");
  await expect(lab.top.first()).toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
  await lab.inspect("input");
  await lab.unfold("reach");
  const picture = page.locator(".receptive-field-picture canvas").first();
  await expect(picture).toHaveAttribute("width", "227");
  const { rgba } = await pixelsOf(picture);
  const sum = (channel: number) =>
    rgba.reduce((sum, level, at) => (at % 4 === channel ? sum + level : sum), 0);
  expect(sum(0)).toBeGreaterThan(1.2 * sum(2));
});

test("A new drawing brings new partial maps", async ({ lab, page }) => {
  await lab.open();
  await lab.inspect("C1");
  await lab.unfold("partials");
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
  await lab.inspect("S4");
  const field = page.getByTestId("reach-field");
  const box = () =>
    field.evaluate((rect) => ["x", "y", "width", "height"].map((it) => rect.getAttribute(it)));
  // S4's value at [2, 2]: 16 pixels (5 + 1 + 2·4 + 2), four apart.
  await expect(field).toHaveAttribute("width", "16");
  await expect.poll(box).toEqual(["8", "8", "16", "16"]);
  await page.getByTestId("viewer").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowUp");
  await expect(field).toHaveAttribute("x", "12");
  await expect.poll(box).toEqual(["12", "4", "16", "16"]);

  await page.getByTestId("reach-gradient").check();
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

test("A dilated kernel sees further, and the field is drawn before the network has run", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.inspect("C3");
  await lab.unfold("reach");
  const field = page.getByTestId("reach-field");
  const box = () =>
    field.evaluate((rect) => ["x", "y", "width", "height"].map((it) => rect.getAttribute(it)));
  // A 5×5 kernel over S2, whose values see 6 pixels and stand 2 apart: 6 + 4·2 = 14.
  await expect(field).toHaveAttribute("width", "14");
  await lab.setField("dilation", "2");
  // Taps two apart: 6 + 4·2·2 = 22, two pixels further for each of the map's 6 columns.
  await expect(field).toHaveAttribute("width", "22");
  await page.getByTestId("viewer").focus();
  await page.keyboard.press("Home");
  await expect(field).toHaveAttribute("x", "0");
  await page.keyboard.press("ArrowRight");
  await expect(field).toHaveAttribute("x", "2");
  await expect.poll(box).toEqual(["2", "10", "22", "22"]);

  // All gradients come from the pixels of the field.
  await page.getByTestId("reach-gradient").check();
  const effective = page.getByTestId("reach-effective");
  await expect(effective).toHaveAttribute("data-left", "2");
  await expect(effective).toHaveAttribute("data-right", "24");
  await expect(effective).toHaveAttribute("data-top", "10");
  await expect(effective).toHaveAttribute("data-bottom", "32");
});

test("The context network's dilations see 33 pixels, some of them in the padding", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.openPreset("context-mini");
  await lab.inspect("layer5");
  await lab.unfold("reach");
  const field = page.getByTestId("reach-field");
  // Yu and Koltun 2016: 3×3 with taps 1, 1, 2, 4 and 8 apart: 1 + 2 · (1 + 1 + 2 + 4 + 8) = 33,
  // 16 to each side of [14, 14].
  await expect(field).toHaveAttribute("width", "33");
  const box = () =>
    Promise.all(["x", "y", "width", "height"].map((it) => field.getAttribute(it)));
  await expect.poll(box).toEqual(["-2", "-2", "33", "33"]);
  const words = page.getByTestId("reach-words");
  // Of 33² pixels 28² are the picture's.
  await expect(words).toContainText("305 of its 1,089 pixels in the padding");
});

looking("A map's values are spread in the histogram as they are in the map", async ({
  lab,
  page,
}) => {
  await lab.inspect("C1");
  await page.getByText("Counts as a table").click();
  const rows = page.getByTestId("histogram-row");
  await expect(rows).toHaveCount(32);
  const counts = await rows.evaluateAll((all) =>
    all.map((row) => Number(row.lastElementChild?.textContent)),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(28 * 28);
});

looking("Every layer's time is measured on the device that answers", async ({ lab, page }) => {
  await lab.unfold("times");
  await page.getByTestId("time-layers").click();
  await expect(page.getByTestId("layer-time")).toHaveCount(13);
  await expect(page.getByTestId("total-ms")).toHaveText(/ms$/);
  // C1's output and tanh's are alive at once: 2 · 6 · 28 · 28 values of four bytes at least.
  await expect(page.getByTestId("peak-live")).toHaveText("37.6 kB");
});
