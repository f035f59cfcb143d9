import { readFileSync } from "node:fs";

import { expect, test } from "../pages/test.ts";

test("Versions are saved, tested, compared, opened again and kept over a reload", async ({ lab, page }) => {
  test.setTimeout(240_000);
  await lab.open();
  await lab.showArea("deploy");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("deploy-versions").click();
  const versions = page.getByTestId("version");
  await page.getByTestId("version-name").fill("first");
  await page.getByTestId("version-note").fill("as shipped");
  await page.getByTestId("save-version").click();
  await expect(versions).toHaveCount(1);
  const first = page.locator('[data-testid="version"][data-version="first"]');
  await expect(first).toHaveAttribute("data-open", "");
  await first.getByTestId("test-version").click();
  // Of the weights' notice: 98.9 % of MNIST's test images.
  await expect(first.getByTestId("version-accuracy")).toHaveText(/^9[89]\.\d % of [\d,]+$/, { timeout: 120_000 });
  await first.getByTestId("drift-version").click();
  await expect(page.getByTestId("drift").locator("tbody tr")).toHaveCount(4, { timeout: 120_000 });

  // Half of the channels go: another network, whose answers differ.
  await lab.showArea("shrink");
  await page.getByTestId("prune-share").fill("0.5");
  await page.getByTestId("shrink-apply").click();
  await expect(page.getByTestId("shrink-result")).toContainText("accuracy", { timeout: 120_000 });
  await lab.showArea("deploy");
  await page.getByTestId("deploy-versions").click();
  await expect(first).not.toHaveAttribute("data-open", "");
  await page.getByTestId("version-name").fill("second");
  await page.getByTestId("save-version").click();
  const second = page.locator('[data-testid="version"][data-version="second"]');
  await second.getByTestId("test-version").click();
  await expect(second.getByTestId("version-accuracy")).toHaveText(/% of/, { timeout: 120_000 });
  await expect(page.getByTestId("version-layers")).toContainText("Changed: C1");
  const answers = page.getByTestId("version-answers");
  expect(Number(await answers.getAttribute("data-changed"))).toBeGreaterThan(0);
  await expect(page.getByTestId("version-classes").locator("tbody tr")).toHaveCount(10);
  const download = page.waitForEvent("download");
  await page.getByTestId("versions-csv").click();
  const file = await (await download).path();
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(3);

  await first.getByTestId("restore-version").click();
  await expect(first).toHaveAttribute("data-open", "");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);

  await page.reload();
  await lab.waitReady();
  await lab.showArea("deploy");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("deploy-versions").click();
  await expect(versions).toHaveCount(2);
  await second.getByTestId("restore-version").click();
  await expect(second).toHaveAttribute("data-open", "");
  await expect(lab.predicted).not.toBeEmpty();
  await first.getByTestId("remove-version").click();
  await expect(versions).toHaveCount(1);
});
