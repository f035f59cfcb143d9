import { expect, looking, test } from "../pages/test.ts";

// LeNet-5's C1 and its totals by hand: six kernels of 5 × 5 over one channel, 28 × 28 places.
const LAYER = {
  Parameters: ["156", "6 × (1 × 5 × 5 + 1)"],
  MACs: ["117,600", "6 × 28 × 28 × 1 × 5 × 5"],
  Shape: ["6x28x28", "⌊(32 + 0 + 0 − 5) ÷ 1⌋ + 1"],
} as const;
const TOTALS = [
  ["total-params", "61,706", "156 + 2,416 + 48,120 + 10,164 + 850"],
  ["total-macs", "416,520", "117,600 + 240,000 + 48,000 + 10,080 + 840"],
  ["total-flops", "852,400", "2 × 416,520"],
  ["total-memory", "246,824 bytes", "61,706 × 4"],
  ["total-reach", "16×16 pixels", "14 + (2 − 1) × 2"],
] as const;

looking("A number that is touched shows its formula with this layer's values", async ({ lab, page }) => {
  const explained = page.getByTestId("explained");
  await lab.lookAt("C1");
  await lab.unfold("facts");
  for (const [name, [result, formula]] of Object.entries(LAYER)) {
    await page.getByTestId("layer-panel").getByTitle(`${name}: click for the formula`).click();
    await expect(explained.getByRole("heading")).toHaveText(name);
    await expect(explained).toContainText(result);
    await expect(explained).toContainText(formula);
  }
  for (const [total, result, formula] of TOTALS) {
    await page.getByTestId(total).getByRole("button").click();
    await expect(explained).toContainText(result);
    await expect(explained).toContainText(formula);
  }
});

test("A network of the zoo tells its story, its year, its paper and the published figures", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.openPreset("alexnet");
  await expect(lab.networkName).toContainText("AlexNet");
  await lab.networkName.click();
  const story = page.getByTestId("story");
  await expect(story).toContainText("AlexNet, 2012");
  await expect(story).toContainText("won ImageNet 2012");
  await expect(story).toContainText(
    "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks",
  );
  await expect(story).toContainText("60,965,224 trainable parameters");
  await expect(story).toContainText("ours is equal");
});
