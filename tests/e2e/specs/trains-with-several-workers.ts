import type { Locator } from "@playwright/test";

import { expect, test } from "../pages/test.ts";

/** The value that an element tells programs. */
async function valueOf(element: Locator): Promise<number> {
  return Number(await element.getAttribute("data-value"));
}

test("two workers train; one that is ended is replaced, and the training goes on", async ({ lab }) => {
  const { page } = lab;
  await lab.open();
  await lab.showArea("train");
  const [workers, step] = [page.getByTestId("workers"), page.getByTestId("train-step")];
  await expect(workers).toHaveAttribute("data-count", "1");
  await page.getByTestId("workers-choice").getByRole("button", { name: "2", exact: true }).click();
  await page.getByTestId("train-start").click();
  await expect(workers).toHaveAttribute("data-count", "2", { timeout: 60_000 });
  await expect(page.getByTestId("workers-timeline")).toBeVisible();
  // The engine that trains, and the first worker beside it.
  await expect(page.locator('[data-testid="worker"][data-worker="0"]')).toBeVisible();
  await expect(page.locator('[data-testid="worker"][data-worker="1"]')).toBeVisible();
  await expect(page.getByTestId("workers-bytes")).toContainText("measured");

  const [, beside] = page.workers();
  const before = await valueOf(step);
  await beside?.evaluate(() => self.close());
  await expect(page.locator('[data-testid="worker"][data-worker="2"]')).toBeVisible({ timeout: 60_000 });
  await expect(page.locator('[data-testid="worker"][data-worker="1"]')).toHaveCount(0);
  await expect(workers).toHaveAttribute("data-count", "2");
  await expect.poll(() => valueOf(step)).toBeGreaterThan(before);

  await page.getByTestId("train-pause").click();
  await expect(page.getByTestId("train-start")).toBeVisible();
  await expect(workers).toHaveAttribute("data-count", "1");
  await expect(page.getByTestId("train-failure")).toHaveCount(0);
  await expect.poll(() => page.workers().length).toBe(1);
});
