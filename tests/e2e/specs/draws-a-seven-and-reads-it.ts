import { DIGITS, SEVEN } from "../pages/lab.ts";
import { expect, looking, test } from "../pages/test.ts";

/** LeNet-5 as the article's code builds it: shapes, parameters and multiply-adds by node. */
const LENET_5 = [
  ["C1", "6x28x28", "156", "117600"],
  ["S2", "6x14x14", "0", "0"],
  ["C3", "16x10x10", "2416", "240000"],
  ["S4", "16x5x5", "0", "0"],
  ["F5", "120x1x1", "48120", "48000"],
  ["F6", "84x1x1", "10164", "10080"],
  ["output", "10x1x1", "850", "840"],
] as const;

looking("A person opens the page and finds a trained LeNet-5 that has answered already", async ({
  lab,
}) => {
  await expect(lab.weights).toHaveText("trained weights");
  // MNIST's first test image is a seven.
  await expect(lab.sampleTruth).toContainText("test image 1, 7");
  expect(await lab.prediction()).toBe(7);
  await expect(lab.trueLabel).toHaveText("Right: label 7");
  await expect(lab.says).toContainText("LeNet-5 knows the digits 0–9.");
  await expect(lab.badge).toContainText(/CPU · \d+(\.\d+)? ms/);
  await expect(lab.errors).toHaveCount(0);
});

looking("A person reads what each layer is and costs, and the totals", async ({ lab }) => {
  await expect(lab.totalParams).toHaveAttribute("data-value", "61706");
  await expect(lab.totalMacs).toHaveAttribute("data-value", "416520");
  for (const [name, shape, params, macs] of LENET_5) {
    const node = lab.node(name);
    await expect(node).toHaveAttribute("data-shape", shape);
    await expect(node).toHaveAttribute("data-params", params);
    await expect(node).toHaveAttribute("data-macs", macs);
  }
});

test("A person draws a seven, every map follows while the pen is down, and takes it back", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.clear();
  const blank = await lab.settledMaps();
  const [start, corner, end] = await lab.onScreen(SEVEN);
  await page.mouse.move(...start);
  await page.mouse.down();
  await page.mouse.move(...corner, { steps: 8 });
  await expect(lab.predicted).not.toHaveText("–");
  const bar = await lab.allMaps();
  await page.mouse.move(...end, { steps: 8 });
  await expect(lab.predicted).toHaveText("7");
  await expect.poll(async () => (await lab.allMaps())["C1"]).not.toBe(bar["C1"]);
  await page.mouse.up();

  const unchanged = async () => {
    const drawn = await lab.allMaps();
    return Object.keys(blank).filter((name) => blank[name] === drawn[name]);
  };
  await expect.poll(unchanged, "nodes whose maps did not follow").toEqual([]);
  const percents = await lab.probabilities();
  expect(percents.indexOf(Math.max(...percents))).toBe(7);
  // Ten figures with one decimal: each may be off by half a tenth.
  const sum = percents.reduce((total, percent) => total + percent, 0);
  expect(Math.abs(sum - 100)).toBeLessThanOrEqual(DIGITS.length * 0.05 + 1e-9);

  await lab.undoButton.click();
  await expect(lab.predicted).toHaveText("–");
  await expect.poll(() => lab.allMaps()).toEqual(blank);
});
