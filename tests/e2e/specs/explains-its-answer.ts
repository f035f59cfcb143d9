import type { Locator } from "@playwright/test";

import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** The number in an attribute. */
async function numberOf(locator: Locator, name: string): Promise<number> {
  return Number((await locator.getAttribute(name)) ?? Number.NaN);
}

test("“Why?” shows the methods over the drawing, and they follow it", async ({ lab, page }) => {
  await lab.open();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await page.getByTestId("why").click();
  await expect(page.getByTestId("why")).toHaveAttribute("aria-expanded", "true");
  const figures = page.getByTestId("attribution");
  await expect(figures).toHaveCount(3);
  for (const method of ["gradient", "gradient-input", "grad-cam"]) {
    const figure = page.locator(`[data-testid="attribution"][data-method="${method}"]`);
    await expect(figure).toHaveAttribute("data-class", "7");
    await expect.poll(async () => numberOf(figure, "data-most")).toBeGreaterThan(0);
  }

  // Another class is another map of the same drawing.
  const gradient = page.locator('[data-testid="attribution"][data-method="gradient"]');
  const most = await numberOf(gradient, "data-most");
  await page.getByTestId("why-class").selectOption("1");
  await expect(gradient).toHaveAttribute("data-class", "1");
  expect(await numberOf(gradient, "data-most")).not.toBe(most);

  // Another layer of Grad-CAM.
  await page.getByTestId("why-layer").selectOption({ label: "C1" });
  const cam = page.locator('[data-testid="attribution"][data-method="grad-cam"]');
  await expect(cam).toHaveAttribute("data-class", "1");
});

test("Occlusion is computed on a click and says when it is of an earlier drawing", async ({
  lab,
  page,
}) => {
  await lab.open();
  await page.getByTestId("why").click();
  const chips = page.getByRole("toolbar", { name: "Methods" });
  await chips.getByRole("button", { name: "Occlusion" }).click();
  const occlusion = page.locator('[data-testid="attribution"][data-method="occlusion"]');
  await expect(occlusion.getByTestId("occlusion")).toBeVisible();
  await occlusion.getByTestId("occlusion-patch").fill("40");
  await occlusion.getByTestId("occlusion-patch").press("Enter");
  await expect(occlusion.getByRole("alert")).toContainText("1 to 32");
  await occlusion.getByTestId("occlusion-patch").fill("8");
  await occlusion.getByTestId("occlusion-patch").press("Enter");
  await expect(occlusion.getByRole("alert")).toHaveCount(0);
  await occlusion.getByTestId("why-compute").click();
  await expect.poll(async () => numberOf(occlusion, "data-most")).toBeGreaterThan(0);
  await expect(occlusion).toHaveAttribute("data-stale", "false");
  await lab.drawStroke(SEVEN);
  await expect(occlusion).toHaveAttribute("data-stale", "true");
  await expect(occlusion.getByTestId("why-stale")).toBeVisible();
});

test("The sanity check has a picture for each layer from the last on", async ({ lab, page }) => {
  await lab.open();
  await page.getByTestId("why").click();
  const gradient = page.locator('[data-testid="attribution"][data-method="gradient"]');
  await gradient.getByTestId("sanity-check").click();
  const levels = page.getByTestId("sanity").getByRole("figure");
  await expect(levels).toHaveCount(6);
  await expect(levels.nth(1)).toContainText("random to output");
  await expect(levels.nth(5)).toContainText("random to C1");
  const last = await numberOf(levels.nth(5), "data-correlation");
  expect(Math.abs(last)).toBeLessThanOrEqual(1);
});

test("A map that is switched off is 0, and undo brings it back", async ({ lab, page }) => {
  await lab.open();
  await lab.lookAt("C1", 2);
  await lab.goTo(10, 16);
  const value = async () => Number(await lab.mapValue.getAttribute("data-value"));
  await expect.poll(value).not.toBe(0);
  const before = await value();
  await page.getByTestId("why").click();
  await page.getByRole("tab", { name: "Surgery" }).click();
  await expect(page.getByTestId("surgery-map")).toHaveValue("3");
  await page.locator('[data-testid="surgery"][data-action="switch-off"]').click();
  await expect.poll(value).toBe(0);
  const accuracy = page.getByTestId("surgery-accuracy");
  await expect(accuracy).toContainText("of the first 1,000 test images right");
  await lab.undoEdit.click();
  await expect.poll(value).toBeCloseTo(before, 5);
});
