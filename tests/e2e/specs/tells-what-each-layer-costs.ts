import { readFile } from "node:fs/promises";

import { expect, test } from "../pages/test.ts";

test("The table of layers marks the selected one, and is copied and saved as CSV", async ({
  context,
  lab,
  page,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lab.open();
  await page.getByTestId("open-totals").click();
  const table = page.getByTestId("layer-table");
  const row = (name: string) => table.locator(`[data-testid="layer-row"][data-name="${name}"]`);
  // LeCun et al. 1998: C3 of the article's code has 16 · (6 · 25 + 1) parameters.
  await expect(row("C3")).toContainText("2,416");
  await expect(row("S4")).toContainText("16 px");
  await expect(row("F6")).toContainText("all");
  await expect(page.getByTestId("layer-total")).toContainText("61,706");
  await row("C3").click();
  await expect(row("C3")).toHaveAttribute("aria-selected", "true");
  await expect(lab.node("C3")).toHaveAttribute("data-selected", "true");
  // The rows are one stop of the Tab key, and the arrows go from one to the next.
  await page.keyboard.press("ArrowDown");
  await expect(row("tanh3")).toBeFocused();
  await expect(lab.node("tanh3")).toHaveAttribute("data-selected", "true");

  await page.getByTestId("copy-layers").click();
  await expect(lab.notice).toContainText("on the clipboard as CSV");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const saving = page.waitForEvent("download");
  await page.getByTestId("save-layers").click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe("lenet-5-layers.csv");
  expect(await readFile(await saved.path(), "utf8")).toBe(copied);
  const [head, ...lines] = copied.trimEnd().split("\n");
  expect(head?.split(",").slice(0, 3)).toEqual(["name", "layer", "inputs"]);
  const parameters = head?.split(",").indexOf("trainable") ?? -1;
  const sum = lines.map((line) => Number(line.split(",")[parameters])).reduce((all, it) => all + it);
  expect(sum).toBe(61706);
});

test("The memory of a training step follows the optimiser and the batch", async ({ lab, page }) => {
  await lab.open();
  await page.getByTestId("total-memory").getByRole("button").click();
  const total = page.getByTestId("training-total");
  const training = page.getByTestId("training-memory");
  // engine/tests/training_memory.rs has the arithmetic.
  await expect(total).toHaveAttribute("data-value", String(2 * 246_824 + 64 * 79_360));
  await training.getByRole("button", { name: "Adam" }).click();
  await expect(total).toHaveAttribute("data-value", String(4 * 246_824 + 64 * 79_360));
  await page.getByTestId("training-batch").fill("1");
  await page.getByTestId("training-batch").press("Enter");
  await expect(total).toHaveAttribute("data-value", String(4 * 246_824 + 79_360));
});
