import { expect, test } from "../pages/test.ts";
import { Training } from "../pages/training.ts";
import { Workers } from "../pages/workers.ts";

test("two workers train; one that is ended is replaced, and the training goes on", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const [training, workers] = [new Training(page), new Workers(page)];
  await expect(workers.section).toHaveAttribute("data-count", "1");
  await workers.choose("2");
  await training.start.click();
  await workers.are(2);
  await expect(workers.timeline).toBeVisible();
  // The engine that trains, and the first worker beside it.
  await expect(workers.row(0)).toBeVisible();
  await expect(workers.row(1)).toBeVisible();
  await expect(workers.bytes).toContainText("measured");

  const [, beside] = page.workers();
  const before = await training.step();
  await beside?.evaluate(() => self.close());
  await expect(workers.row(2)).toBeVisible({ timeout: 60_000 });
  await expect(workers.row(1)).toHaveCount(0);
  await workers.are(2);
  await training.reaches(before + 1);

  await training.pause.click();
  await expect(training.status).toHaveText("paused");
  await workers.are(1);
  await expect(training.failure).toHaveCount(0);
  await expect.poll(() => page.workers().length).toBe(1);
});

test("one and two workers give the same loss, to the last bit", async ({ lab, page }) => {
  test.setTimeout(480_000);
  await lab.open();
  await lab.showArea("train");
  const [training, workers] = [new Training(page), new Workers(page)];
  await training.more.click();
  // Long enough for the second worker to take part; each training begins with the same weights.
  const settings = {
    batch: 32,
    length: { steps: 200 },
    initialisation: { rule: "he_uniform" },
    seed: 3,
    shards: 2,
  };
  await page.getByTestId("settings-file").setInputFiles({
    name: "settings.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(settings)),
  });
  await expect(workers.choice).toHaveAttribute("data-value", "Auto");
  const losses: number[] = [];
  for (const count of [1, 2]) {
    await workers.choose(`${count}`);
    await training.start.click();
    await workers.are(count);
    await expect(training.status).toHaveText("complete", { timeout: 200_000 });
    expect(await training.step()).toBe(200);
    losses.push(await training.lastLoss());
  }
  expect(losses[1]).toBe(losses[0]);
});
