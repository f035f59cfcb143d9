import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cnnlab } from "../pages/cnnlab.ts";
import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { Training } from "../pages/training.ts";

test("A person trains LeNet-5, draws meanwhile, pauses, goes on, goes back in time and undoes", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await training.start.click();
  await training.reaches(3);
  await expect(training.status).toHaveText("training");

  // What is drawn is answered by the weights of the moment.
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");

  await training.reaches(25);
  await training.pause.click();
  await expect(training.status).toHaveText("paused");
  const paused = await training.step();
  const loss = await training.lastLoss();
  expect(loss).toBeGreaterThan(0);

  await training.makeStep();
  expect(await training.step()).toBe(paused + 1);

  // The first checkpoint has the weights before the training.
  await training.machine.press("Home");
  await expect(training.machineStep).toContainText("step 0");
  await expect(lab.predicted).toHaveText("7");
  await training.start.click();
  await training.reaches(1);
  await training.stop.click();
  await expect(training.status).toHaveText("stopped");

  await page.getByRole("tab", { name: /Runs/ }).click();
  await expect(training.runs).toHaveCount(2);

  await lab.undoEdit.click();
  await lab.undoEdit.click();
  await lab.undoEdit.click();
  await expect(lab.undoEdit).toBeDisabled();
});

test("The page's losses are those of the command line", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  const losses: number[] = [];
  for (let step = 1; step <= 3; step += 1) {
    await training.makeStep();
    expect(await training.step()).toBe(step);
    losses.push(await training.lastLoss());
  }
  const metrics = join(mkdtempSync(join(tmpdir(), "cnn-lab-")), "metrics.csv");
  const weights = ["--weights", "public/models/lenet-5.safetensors", "--data", "mnist"];
  const settings = ["--plain", "--validation", "0.1", "--epochs", "5", "--pause-after", "3"];
  cnnlab("train", "--arch", "lenet-5", ...weights, ...settings, "--metrics", metrics);
  const rows = readFileSync(metrics, "utf8").trimEnd().split("\n").map((row) => row.split(","));
  const column = rows[0]?.indexOf("loss") ?? -1;
  const native = rows.slice(1, 4).map((row) => Number(row[column]));
  expect(native).toHaveLength(3);
  for (const [at, loss] of native.entries()) {
    // 32-bit sums in another order.
    expect(Math.abs((losses[at] ?? Number.NaN) - loss), `step ${at + 1}`).toBeLessThan(1e-4 * (1 + loss));
  }
});

test("A training whose worker ends goes on at its last checkpoint", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await training.start.click();
  await training.reaches(12);
  const [worker] = page.workers();
  await worker?.evaluate(() => self.close());
  await expect(lab.notice).toContainText("started again");
  // The steps after the checkpoint are made again, and then new ones.
  await training.reaches(30);
  await expect(training.status).toHaveText("training");
  await training.pause.click();
  await expect(training.status).toHaveText("paused");
  await expect(training.failure).toHaveCount(0);
});

test("A network with other outputs than there are classes is repaired by one click", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.edit("output");
  await lab.setField("features", "4");
  await lab.showArea("train");
  const training = new Training(page);
  await expect(training.head).toContainText("tells 4 classes apart; MNIST has 10");
  await expect(training.start).toBeDisabled();
  await training.repairHead.click();
  await expect(training.head).toHaveCount(0);
  await training.makeStep();
});
