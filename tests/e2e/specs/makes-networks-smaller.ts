import { readFileSync } from "node:fs";

import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

test("A person prunes LeNet-5, quantises it, compares the variants and goes back", async ({
  lab,
  page,
}) => {
  test.setTimeout(240_000);
  await lab.open();
  await lab.showArea("shrink");
  const prune = page.getByTestId("prune");
  await expect(prune).toBeVisible();

  // What channels save is said before they go.
  const macs = page.locator('[data-cost="macs"] td[data-value]');
  const before = Number(await macs.getAttribute("data-value"));
  await page.getByTestId("prune-share").fill("0.5");
  await expect.poll(async () => Number(await macs.getAttribute("data-value"))).toBeLessThan(before);

  await page.getByTestId("shrink-apply").click();
  const variants = page.getByTestId("variant");
  await expect(variants).toHaveCount(2, { timeout: 120_000 });
  await expect(page.getByTestId("shrink-result")).toContainText("accuracy");
  await expect(variants.nth(1)).toHaveAttribute("data-open", "");

  // The smaller network answers.
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).not.toBeEmpty();

  // Weights of 8 bits follow.
  await page.getByRole("tab", { name: "Quantise" }).click();
  await expect(page.getByTestId("quantise")).toBeVisible();
  await page.getByTestId("shrink-apply").click();
  await expect(variants).toHaveCount(3, { timeout: 120_000 });
  await expect(page.getByTestId("shrink-result")).toContainText("In whole numbers");
  await expect(variants.nth(2)).toContainText("8-bit weights");

  // Three points, each of which can be gone back to.
  const points = page.getByTestId("pareto").getByRole("button", { name: /^Restore/ });
  await expect(points).toHaveCount(3);
  await points.first().click();
  await expect(variants.first()).toHaveAttribute("data-open", "");
  await lab.undoEdit.click();
  await expect(variants.nth(2)).toHaveAttribute("data-open", "");
  await lab.undoEdit.click();
  await lab.undoEdit.click();
  await expect(variants.first()).toHaveAttribute("data-open", "");
  await expect(lab.predicted).toHaveText("7");

  const download = page.waitForEvent("download");
  await page.getByTestId("save-variants").click();
  const file = await (await download).path();
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(4);
});

test("The open network teaches a smaller one", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("shrink");
  await page.getByRole("tab", { name: "Distil" }).click();
  await expect(page.getByTestId("distil")).toBeVisible();
  await expect(page.getByTestId("distil-start")).toBeDisabled();
  await page.getByTestId("keep-teacher").click();
  await expect(page.getByTestId("distil-start")).toBeEnabled();
  await page.getByTestId("distil-start").click();
  await expect(page.getByTestId("train-start")).toBeVisible();
  await expect(page.getByTestId("train-teacher")).toHaveText("Teacher: LeNet-5");
  await page.getByTestId("train-one-step").click();
  await expect
    .poll(async () => Number(await page.getByTestId("train-step").getAttribute("data-value")))
    .toBe(1);
  await expect(page.getByTestId("train-failure")).toHaveCount(0);
});

test("A network with shipped weights teaches what was pruned of it", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("shrink");
  await page.getByTestId("prune-share").fill("0.5");
  await page.getByTestId("shrink-apply").click();
  await expect(page.getByTestId("variant")).toHaveCount(2, { timeout: 60_000 });
  await page.getByRole("tab", { name: "Distil" }).click();
  await page.getByTestId("distil-teacher").selectOption({ label: "LeNet-5" });
  await expect(page.getByTestId("distil-start")).toBeEnabled();
  await expect(page.getByTestId("shrink-failure")).toHaveCount(0);
});

test("Variants are kept over a reload, restored and removed", async ({ lab, page }) => {
  test.setTimeout(240_000);
  await lab.open();
  await lab.showArea("shrink");
  await page.getByTestId("prune-share").fill("0.5");
  await page.getByTestId("shrink-apply").click();
  const variants = page.getByTestId("variant");
  await expect(variants).toHaveCount(2, { timeout: 120_000 });
  const accuracy = await variants.nth(1).getByTestId("variant-accuracy").textContent();
  await variants.nth(1).getByTestId("pin-variant").click();
  await variants.nth(0).getByTestId("restore-variant").click();
  await expect(variants.nth(0)).toHaveAttribute("data-open", "");
  // Written after the list has changed; the storage says when.
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const opening = indexedDB.open("cnn-lab");
          opening.onsuccess = () => resolve(opening.result);
          opening.onerror = () => reject(opening.error);
        });
        const all = database.transaction("variants").objectStore("variants").getAll();
        const records = await new Promise<string[]>((resolve, reject) => {
          all.onsuccess = () => resolve(all.result);
          all.onerror = () => reject(all.error);
        });
        database.close();
        return records.map((it) => JSON.parse(it).pinned).sort();
      }),
    )
    .toEqual([false, true]);

  await page.reload();
  await lab.waitReady();
  await lab.showArea("shrink");
  await page.getByTestId("open-totals").click();
  await expect(variants).toHaveCount(2);
  const smaller = variants.nth(1);
  await expect(smaller.getByTestId("variant-accuracy")).toHaveText(accuracy ?? "");
  await expect(smaller.getByTestId("pin-variant")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("pareto").getByRole("button", { name: /^Restore/ })).toHaveCount(2);
  await smaller.getByTestId("restore-variant").click();
  await expect(smaller).toHaveAttribute("data-open", "");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).not.toBeEmpty();
  await smaller.getByTestId("remove-variant").click();
  await expect(variants).toHaveCount(1);
});

test("Pruned weights are seen layer by layer, and a quantised network's maps beside the original ones", async ({
  lab,
  page,
}) => {
  test.setTimeout(240_000);
  await lab.open();
  await lab.showArea("shrink");
  await page.getByTestId("prune-what").selectOption("layer");
  await page.getByTestId("prune-share").fill("0.5");
  await page.getByTestId("shrink-apply").click();
  const variants = page.getByTestId("variant");
  await expect(variants).toHaveCount(2, { timeout: 120_000 });
  await page.getByTestId("shrink-masks").click();
  const masks = page.getByTestId("layer-mask");
  // Three convolutions and two linear layers.
  await expect(masks).toHaveCount(5);
  const sparsity = await masks.evaluateAll((all) => all.map((it) => Number(it.getAttribute("data-sparsity"))));
  expect(Math.max(...sparsity)).toBeGreaterThan(0.4);

  await page.getByRole("tab", { name: "Quantise" }).click();
  await page.getByTestId("quantise-bits").selectOption("4");
  await page.getByTestId("shrink-apply").click();
  await page.getByTestId("shrink-variants").click();
  await expect(variants).toHaveCount(3, { timeout: 120_000 });
  await page.getByTestId("shrink-maps").click();
  const layers = page.getByTestId("map-errors").locator("tbody tr");
  await expect(layers).toHaveCount(5, { timeout: 60_000 });
  const error = async (): Promise<number> => Number(await layers.first().getAttribute("data-rms"));
  const before = await error();
  expect(before).toBeGreaterThan(0);
  await expect(page.getByTestId("map-beside")).toHaveCount(3);
  // It follows the drawing.
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect.poll(error).not.toBe(before);
});
