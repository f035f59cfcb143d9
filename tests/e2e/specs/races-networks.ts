import type { Page } from "@playwright/test";

import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { Training } from "../pages/training.ts";

/** Opens the tab Race of the area Train. */
async function openRace(lab: Lab): Promise<void> {
  await lab.open();
  await lab.showArea("train");
  await lab.page.getByTestId("open-totals").click();
  await lab.page.getByTestId("training-race").click();
}

/** Adds the open network with two learning rates. */
async function addTwo(page: Page): Promise<void> {
  await page.getByTestId("race-add").click();
  const rate = page.getByTestId("train-learning-rate");
  await rate.fill("0.01");
  await rate.press("Enter");
  await page.getByTestId("race-add").click();
}

test("Two entrants race for 20 steps each, and the page says who is ahead", async ({ lab, page }) => {
  test.setTimeout(180_000);
  const training = new Training(page);
  await openRace(lab);
  await expect(page.getByTestId("race")).toBeVisible();
  const start = page.getByTestId("race-start");
  await expect(start).toBeDisabled();

  await page.getByTestId("race-add").click();
  const entrants = page.getByTestId("race-entrant");
  await expect(entrants).toHaveCount(1);
  // The same network with the same settings is refused with the reason.
  await page.getByTestId("race-add").click();
  await expect(page.getByTestId("race-failure")).toContainText("same settings");

  // A rate with which nothing is learnt.
  const rate = page.getByTestId("train-learning-rate");
  await rate.fill("1e-7");
  await rate.press("Enter");
  await page.getByTestId("race-add").click();
  await expect(entrants).toHaveCount(2);
  await expect(page.getByTestId("race-failure")).toHaveCount(0);
  const name = page.getByTestId("race-name").nth(1);
  await name.fill("Slow");
  await name.press("Enter");
  await expect(entrants.nth(1)).toHaveAttribute("data-name", "Slow");

  // 20 batches of 64.
  await page.getByTestId("race-measure").selectOption("examples");
  const amount = page.getByTestId("race-amount");
  await amount.fill("0");
  await amount.press("Enter");
  await expect(page.getByTestId("race-amount-wrong")).toContainText("above 0");
  await expect(start).toBeDisabled();
  await amount.fill("1280");
  await amount.press("Enter");
  await page.getByTestId("race-seeds").selectOption("2");
  await start.click();
  await expect(page.getByTestId("race-progress")).toBeVisible();

  const verdict = page.getByTestId("race-verdict");
  await expect(verdict).toBeVisible({ timeout: 150_000 });
  await expect(verdict).toContainText("LeNet-5 is ahead of Slow");
  await expect(verdict).toHaveAttribute("data-verdict", "too-few-seeds");
  await expect(page.getByTestId("race-result")).toBeVisible();
  await expect(page.getByTestId("race-row")).toHaveCount(2);
  await expect(page.getByTestId("race-row").first()).toContainText("1,280");
  // The page's own network is as it was.
  await expect(training.status).toHaveText("not trained here");
  await expect(training.runs).toHaveCount(0);
});

test("A race that is ended early keeps what was over, and the next one starts", async ({ lab, page }) => {
  test.setTimeout(180_000);
  await openRace(lab);
  await addTwo(page);
  await page.getByTestId("race-start").click();
  await page.getByTestId("race-cancel").click();
  await expect(page.getByTestId("race-progress")).toHaveCount(0);

  await page.getByTestId("race-measure").selectOption("examples");
  const amount = page.getByTestId("race-amount");
  await amount.fill("128");
  await amount.press("Enter");
  await page.getByTestId("race-seeds").selectOption("1");
  await page.getByTestId("race-start").click();
  const verdict = page.getByTestId("race-verdict");
  await expect(verdict).toContainText("one seed each", { timeout: 150_000 });
});

test("A race's worker that ends fails its training, and the others go on", async ({ lab, page }) => {
  test.setTimeout(180_000);
  await openRace(lab);
  await addTwo(page);
  await page.getByTestId("race-measure").selectOption("examples");
  const amount = page.getByTestId("race-amount");
  await amount.fill("12800");
  await amount.press("Enter");
  await page.getByTestId("race-seeds").selectOption("1");
  const before = page.workers();
  await page.getByTestId("race-start").click();
  const progress = page.getByTestId("race-progress").locator("progress");
  const done = async (): Promise<number> => Number(await progress.getAttribute("value"));
  await expect.poll(done, { timeout: 90_000 }).toBeGreaterThan(0);
  const worker = page.workers().find((it) => !before.includes(it));
  await worker?.evaluate(() => self.close());
  await expect(page.getByTestId("race-verdict")).toContainText("there is no race", { timeout: 150_000 });
  await expect(page.getByTestId("race-failed")).toHaveCount(1);
});
