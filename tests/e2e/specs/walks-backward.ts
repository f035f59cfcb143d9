import type { Locator } from "@playwright/test";

import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** The number in an attribute. */
async function numberOf(locator: Locator, name: string): Promise<number> {
  return Number((await locator.getAttribute(name)) ?? Number.NaN);
}

test("The walk goes from the loss to the input, and the chain rule adds up at each layer", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await page.getByTestId("why").click();
  await page.getByRole("tab", { name: "Backward" }).click();
  const walk = page.getByTestId("backward");
  const loss = walk.getByTestId("backward-loss");
  await expect(loss).toBeVisible();
  await expect.poll(async () => numberOf(loss, "data-value")).toBeLessThan(1);
  // Another right class is a larger loss.
  await walk.getByTestId("backward-label").selectOption("1");
  await expect.poll(async () => numberOf(loss, "data-value")).toBeGreaterThan(1);

  // Share − target: only the class that should be right has a negative gradient, and they sum to 0.
  await walk.getByTestId("step-next").click();
  await expect(walk).toHaveAttribute("data-stop", "logits");
  const slopes = walk.getByTestId("logit-gradient");
  await expect(slopes).toHaveCount(10);
  const values = await slopes.evaluateAll((all) => all.map((it) => Number(it.dataset["value"])));
  expect(values.filter((it) => it < 0)).toHaveLength(1);
  expect(values.reduce((sum, it) => sum + it, 0)).toBeCloseTo(0, 4);

  // By keys to every layer before.
  for (const layer of ["tanh6", "F6"]) {
    await walk.press("ArrowRight");
    await expect(walk).toHaveAttribute("data-stop", layer);
    const sum = walk.getByTestId("chain-sum");
    await expect(sum).toBeVisible();
    const [terms, gradient] = [await numberOf(sum, "data-value"), await numberOf(sum, "data-gradient")];
    expect(Math.abs(terms - gradient)).toBeLessThanOrEqual(1e-4 * Math.abs(gradient) + 1e-6);
  }
  await walk.getByTestId("step-previous").click();
  await expect(walk).toHaveAttribute("data-stop", "tanh6");
});

test("A step on one weight lowers the loss about as much as its gradient says", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  // The layer that is looked at is where the walk goes on.
  await lab.lookAt("C3", 2);
  await page.getByTestId("why").click();
  await page.getByRole("tab", { name: "Backward" }).click();
  const walk = page.getByTestId("backward");
  await walk.getByTestId("backward-label").selectOption("1");
  await expect(walk).toHaveAttribute("data-stop", "C3");
  await walk.getByTestId("step-rate").fill("0.0001");
  await walk.getByTestId("step-rate").press("Enter");
  const loss = walk.getByTestId("step-loss");
  await expect(loss).toBeVisible();
  const [before, after] = [await numberOf(loss, "data-before"), await numberOf(loss, "data-after")];
  expect(after).toBeLessThanOrEqual(before);
  const weight = walk.getByTestId("step-weight");
  const [old, slope, now] = [
    await numberOf(weight, "data-before"),
    await numberOf(weight, "data-gradient"),
    await numberOf(weight, "data-after"),
  ];
  expect(now).toBeCloseTo(old - 0.0001 * slope, 6);
});

test("The cards show gradients while the walk is open, and activations again after it", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await page.getByTestId("network-menu").click();
  await page.getByTestId("show-gradients").click();
  const overlay = page.getByTestId("overlay");
  const gradients = overlay.getByRole("button", { name: "Gradients" });
  await expect(gradients).toHaveAttribute("aria-pressed", "true");
  await overlay.getByRole("button", { name: "Activations" }).click();
  await expect(gradients).toHaveAttribute("aria-pressed", "false");
});

test("Skip connections keep the gradient of a deep stack, and cutting them is undone", async ({
  lab,
  page,
}) => {
  await lab.open();
  await page.getByTestId("why").click();
  await page.getByRole("tab", { name: "Depth" }).click();
  const depth = page.getByTestId("depth");
  // Every other pixel of 13 × 13, and all of them.
  const reached = (rates: string): Locator =>
    depth.locator(`[data-testid="gridding"][data-rates="${rates}"]`).getByTestId("reach-count");
  await expect(reached("2-2-2")).toHaveAttribute("data-count", "49");
  await expect(reached("1-2-3")).toHaveAttribute("data-count", "169");

  await depth.locator('[data-layers="20"][data-residual="true"]').click();
  const chart = depth.getByTestId("depth-chart");
  await expect(chart).toHaveAttribute("data-layers", "20");
  const cut = depth.getByTestId("cut-skips");
  await expect(cut).toHaveText("Cut all 9 skip connections");
  const whole = await numberOf(chart, "data-ratio");
  await cut.click();
  await expect(cut).toBeDisabled();
  // Without skips far less of the gradient comes back.
  await expect.poll(async () => numberOf(chart, "data-ratio")).toBeGreaterThan(3 * whole);
  await lab.undoEdit.click();
  await expect(cut).toHaveText("Cut all 9 skip connections");
  await cut.click();
  await depth.getByTestId("add-skips").click();
  await expect(cut).toHaveText("Cut all 9 skip connections");
});
