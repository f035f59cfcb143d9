import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cnnlab } from "../pages/cnnlab.ts";
import { Keep } from "../pages/keep.ts";
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

  // All of it is one step of the history.
  await lab.undoEdit.click();
  await expect(lab.undoEdit).toBeDisabled();
  await expect(page.getByTestId("trained")).toContainText("trained on MNIST");
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
  const folder = mkdtempSync(join(tmpdir(), "cnn-lab-"));
  const metrics = join(folder, "metrics.csv");
  const weights = ["--weights", "public/models/lenet-5.safetensors", "--data", "mnist"];
  const settings = ["--plain", "--validation", "0.1", "--epochs", "5", "--pause-after", "3"];
  const files = ["--out", join(folder, "weights.safetensors"), "--metrics", metrics];
  cnnlab("train", "--arch", "lenet-5", ...weights, ...settings, ...files);
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

test("A training goes on after the page was reloaded, with its curve", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await training.start.click();
  await training.reaches(5);
  await training.pause.click();
  await expect(training.status).toHaveText("paused");
  const paused = await training.step();
  const loss = await training.lastLoss();
  await new Keep(page).kept((record) => record.weights?.length === 1);
  await training.keptRuns(1);
  await page.reload();
  await lab.waitReady();
  await lab.showArea("train");
  await expect(training.status).toHaveText("paused");
  expect(await training.step()).toBe(paused);
  expect(await training.lastLoss()).toBe(loss);
  await page.getByTestId("open-totals").click();
  await page.getByTestId("training-curves").click();
  await page.getByTestId("curve-table").check();
  const rows = page.locator(".training-table tbody th");
  // From its first steps to the checkpoint.
  await expect(rows.last()).toHaveText(`${paused}`);
  expect(await rows.count()).toBeGreaterThan(2);
  await training.makeStep();
  expect(await training.step()).toBe(paused + 1);
  await expect(rows.last()).toHaveText(`${paused + 1}`);
  // It is the same run.
  await page.getByTestId("training-runs").click();
  await expect(training.runs).toHaveCount(1);
});

test("Runs are there after a reload: named, drawn, restored, deleted", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await training.makeStep();
  await training.stop.click();
  await training.start.click();
  await training.reaches(3);
  await training.stop.click();
  await expect(training.status).toHaveText("stopped");
  await page.getByTestId("training-runs").click();
  await expect(training.runs).toHaveCount(2);
  const name = training.runs.nth(0).getByTestId("run-name");
  await name.fill("One step");
  await name.press("Enter");
  await training.runs.nth(1).getByTestId("draw-run").uncheck();
  await training.keptRuns(2, ["One step", "Run 2"]);
  await training.keptDrawn(["One step"]);

  await page.reload();
  await lab.waitReady();
  await lab.showArea("train");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("training-runs").click();
  await expect(training.runs).toHaveCount(2);
  await expect(training.runs.nth(0).getByTestId("run-name")).toHaveValue("One step");
  await expect(training.runs.nth(0).getByTestId("draw-run")).toBeChecked();
  await expect(training.runs.nth(1).getByTestId("draw-run")).not.toBeChecked();
  await expect(page.getByTestId("runs-memory")).toContainText("Checkpoints:");
  await training.runs.nth(0).getByTestId("restore-run").click();
  await expect.poll(() => training.step()).toBe(1);
  await training.runs.nth(1).getByTestId("delete-run").click();
  await expect(training.runs).toHaveCount(1);
  await training.keptRuns(1, ["One step"]);
  await page.getByTestId("undelete-run").click();
  await training.keptRuns(2, ["One step", "Run 2"]);
});

test("Where the storage is full the runs stay in the list, and the page says so until there is room", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await page.addInitScript(() => {
    Object.assign(globalThis, { full: true });
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...given: Parameters<typeof put>) {
      if (this.name === "run-curves" && Reflect.get(globalThis, "full")) {
        throw new DOMException("no room", "QuotaExceededError");
      }
      return put.apply(this, given);
    };
  });
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await training.makeStep();
  await expect(lab.errors).toContainText(
    "The runs are not kept over a reload: the browser's storage for this page is full",
  );
  await page.getByTestId("training-runs").click();
  await expect(training.runs).toHaveCount(1);
  await training.keptRuns(0);
  await page.evaluate(() => Object.assign(globalThis, { full: false }));
  const name = training.runs.getByTestId("run-name");
  await name.fill("Mine");
  await name.press("Enter");
  await training.keptRuns(1, ["Mine"]);
  await expect(lab.errors).toHaveCount(0);
});

test("The answer to a drawing follows the weights of a training under way", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await page.getByTestId("train-more").click();
  // New weights know nothing.
  await page.getByTestId("train-initialisation").selectOption("by-activation");
  await training.start.click();
  await training.reaches(1);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  const early = await lab.probabilities();
  // Drawn again while it trains: each drawing is answered by the weights of the moment.
  await expect(training.status).toHaveText("training");
  await training.reaches(60);
  await expect.poll(() => lab.probabilities()).not.toEqual(early);
  await expect(lab.predicted).toHaveText("7", { timeout: 60_000 });
  await expect(training.status).toHaveText("training");
  await training.pause.click();
  await expect(training.status).toHaveText("paused");
});

test("Padlocks on the cards and in the list of frozen layers are the same", async ({ lab, page }) => {
  await lab.open();
  const padlock = page.getByRole("button", { name: "Freeze C1" }).and(page.getByTestId("freeze-card"));
  await expect(padlock).toHaveCount(0);
  await lab.showArea("train");
  await expect(padlock).toHaveAttribute("aria-pressed", "false");
  await padlock.click();
  await expect(padlock).toHaveAttribute("aria-pressed", "true");
  await page.getByTestId("train-more").click();
  const listed = page.getByTestId("freeze-layer").filter({ hasText: "C1" });
  await expect(listed).toHaveAttribute("aria-pressed", "true");
  // By the keyboard on the card itself.
  await page.locator("[data-testid=stage]", { has: padlock }).focus();
  await page.keyboard.press("l");
  await expect(padlock).toHaveAttribute("aria-pressed", "false");
  await expect(listed).toHaveAttribute("aria-pressed", "false");
  await lab.showArea("look");
  await expect(padlock).toHaveCount(0);
});

test("While a training runs its own settings are shown, and not those of the next", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  const used = page.getByTestId("run-settings");
  await expect(used).toBeHidden();
  await training.makeStep();
  await expect(used).toContainText("batch 64");
  await page.getByTestId("train-batch").getByRole("button", { name: "32" }).click();
  await training.makeStep();
  await expect(used).toContainText("batch 64");
  await training.stop.click();
  await expect(training.status).toHaveText("stopped");
  await training.oneStep.click();
  await expect.poll(() => training.step()).toBe(1);
  await expect(training.status).toHaveText("paused");
  await expect(used).toContainText("batch 32");
});
