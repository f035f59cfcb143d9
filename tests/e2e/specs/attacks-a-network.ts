import { readFileSync } from "node:fs";

import { Compare } from "../pages/compare.ts";
import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

test("A person attacks a drawing, looks for the smallest noise, defends, and measures robustness", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await lab.showArea("attack");
  const panel = page.getByTestId("attack-panel");
  const attacked = panel.getByTestId("attacked-answer");
  await expect(attacked).toHaveAttribute("data-value", /^\d+$/);
  await expect(panel.getByTestId("original-answer")).toContainText("7");

  // Without noise the answer is the same; with much it is another.
  const epsilon = panel.getByTestId("epsilon-number");
  await epsilon.fill("0");
  await epsilon.press("Enter");
  await expect(attacked).toHaveAttribute("data-value", "7");
  await expect(panel.getByTestId("noise-linf")).toHaveText("0");
  await epsilon.fill("0.4");
  await epsilon.press("Enter");
  await expect(attacked).not.toHaveAttribute("data-value", "7");
  await expect(panel.getByTestId("noise-linf")).toHaveText("0.4");

  // The smallest ε lies between both, and the slider follows what is typed.
  const smallest = panel.getByTestId("smallest-epsilon");
  await expect(smallest).toHaveText(/^0\.\d+$/);
  expect(Number(await smallest.textContent())).toBeLessThan(0.4);
  const slider = panel.getByTestId("epsilon");
  const before = Number(await slider.inputValue());
  await slider.press("ArrowLeft");
  await expect(slider).toHaveValue(String(before - 1));
  await expect(epsilon).not.toHaveValue("0.4");

  // A number that cannot be is refused with its range, and the one before stays.
  await epsilon.fill("much");
  await epsilon.press("Enter");
  await expect(panel.getByRole("alert")).toContainText("is not a number");
  await epsilon.press("Escape");

  // A target is answered, or the engine says that it is the answer already.
  await epsilon.fill("0.4");
  await epsilon.press("Enter");
  await panel.getByTestId("attack-target").selectOption("7");
  await expect(panel.getByTestId("attack-failure")).toContainText("choose another target");
  await panel.getByTestId("attack-target").selectOption("any");

  // DeepFool has no ε.
  await panel.getByTestId("attack-method").selectOption("deep_fool");
  await expect(panel.getByTestId("epsilon")).toHaveCount(0);
  await expect(attacked).not.toHaveAttribute("data-value", "7");

  // Defences stand beside the plain network.
  await panel.getByTestId("sanitise-bits").check();
  await expect(panel.getByTestId("defences").locator("tbody tr")).toHaveCount(2);

  // Robustness on test images: accuracy falls as the noise grows.
  await page.getByTestId("open-totals").click();
  const dock = page.getByTestId("dock");
  await dock.getByTestId("study-images").selectOption("100");
  await dock.getByTestId("measure-robustness").click();
  const rows = dock.getByTestId("robustness-table").locator("tbody tr");
  await expect(rows).toHaveCount(7, { timeout: 90_000 });
  const share = async (row: number, column: number): Promise<number> =>
    Number(await rows.nth(row).locator("td").nth(column).getAttribute("data-value"));
  expect(await share(0, 0)).toBeGreaterThan(0.9);
  expect(await share(6, 0)).toBeLessThan(await share(0, 0));
  await expect(dock.getByTestId("robustness-curve").locator("svg")).toBeVisible();
});

test("Randomised smoothing certifies fewer images the larger the radius", async ({ lab, page }) => {
  test.setTimeout(240_000);
  await lab.open();
  await lab.showArea("attack");
  await page.getByTestId("open-totals").click();
  const dock = page.getByTestId("dock");
  await dock.getByTestId("study-images").selectOption("100");
  await dock.getByTestId("certified-tab").click();
  await dock.getByTestId("measure-certified").click();
  const tables = dock.getByTestId("certified-table");
  await expect(tables).toHaveCount(1, { timeout: 200_000 });
  const cells = tables.first().locator("tbody td");
  await expect(cells).toHaveCount(11);
  const shares = (await cells.evaluateAll((all) => all.map((it) => it.getAttribute("data-value")))).map(Number);
  // Whoever certifies a radius certifies every smaller one.
  expect(shares).toEqual([...shares].sort((a, b) => b - a));
  expect(shares[0]).toBeGreaterThan(0.8);
  await expect(dock.getByTestId("certified-curve").locator("svg")).toBeVisible();
  const download = page.waitForEvent("download");
  await dock.getByTestId("save-study").click();
  const file = await (await download).path();
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(12);
});

test("Pictures made against one network are judged by another", async ({ lab, page }) => {
  test.setTimeout(240_000);
  await lab.open();
  const compare = new Compare(page);
  await compare.open();
  await compare.pin("ResNet mini");
  await compare.leave();
  await lab.showArea("attack");
  await page.getByTestId("open-totals").click();
  const dock = page.getByTestId("dock");
  await dock.getByTestId("study-images").selectOption("100");
  await dock.getByTestId("transfer-tab").click();
  await dock.getByTestId("measure-transfer").click();
  const table = dock.getByTestId("transfer-table");
  const rows = table.locator("tbody tr");
  await expect(rows).toHaveCount(3, { timeout: 200_000 });
  const share = async (row: number, column: number): Promise<number> =>
    Number(await rows.nth(row).locator("td").nth(column).getAttribute("data-value"));
  for (const own of [0, 1]) {
    // Both are good without noise, and each is hurt most by the pictures made against itself.
    expect(await share(0, own)).toBeGreaterThan(0.9);
    expect(await share(own + 1, own)).toBeLessThan(await share(0, own));
    expect(await share(own + 1, own)).toBeLessThanOrEqual(await share(2 - own, own));
  }
});
