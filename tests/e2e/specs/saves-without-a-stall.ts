import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

/** As many steps as the history keeps. */
const STEPS = 500;
/** A longer task of the page's thread is felt. */
const LONG_MS = 50;
/** Saving begins 300 ms after an edit; by then the edit's own work is done. */
const AFTER_THE_EDIT_MS = 250;

interface Task {
  readonly start: number;
  readonly ms: number;
}

test("Saving ResNet-152 with 500 steps of history holds the page up for no 50 ms", async ({
  lab,
  page,
}) => {
  test.setTimeout(300_000);
  await lab.open();
  await lab.showList();
  await lab.openPreset("resnet-152");
  const keep = new Keep(page);
  // With a problem nothing new is run, so that what takes time is the saving.
  await lab.nodes.nth(1).locator(".node-head").click();
  await lab.setField("kernel", "999");
  await expect(lab.stillRunning).toBeVisible();
  await page.evaluate(() => {
    const tasks: Task[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map((it) => ({ start: it.startTime, ms: it.duration })));
    }).observe({ type: "longtask" });
  });
  /** Switches the layer's bias so often, each time as one step of the history; gives when. */
  const edit = (times: number) =>
    lab
      .field("bias")
      .getByRole("checkbox")
      .evaluate(async (box, times) => {
        let at = 0;
        for (let time = 0; time < times; time += 1) {
          at = performance.now();
          (box as HTMLElement).click();
          await new Promise((next) => setTimeout(next));
        }
        return at;
      }, times);
  await edit(STEPS);
  const newest = async () => {
    const records = Object.values(await keep.records());
    return records.find((record) => record.network === "ResNet-152");
  };
  await expect
    .poll(async () => (await newest())?.trail.before.length, { timeout: 120_000 })
    .toBe(STEPS);
  await expect
    .poll(async () => {
      const before = (await newest())?.revision;
      await page.waitForTimeout(1000);
      return (await newest())?.revision === before;
    })
    .toBe(true);

  /** The longest task over 50 ms of the saving after one edit more; 0 where there is none. */
  const longest = async () => {
    const revision = (await newest())?.revision ?? 0;
    const begin = (await edit(1)) + AFTER_THE_EDIT_MS;
    await page.waitForTimeout(2000);
    const tasks = await page.evaluate(() => (window as unknown as { tasks: Task[] }).tasks);
    // It has been saved meanwhile.
    expect((await newest())?.revision).toBeGreaterThan(revision);
    const saving = tasks.filter(({ start }) => start >= begin).map(({ ms }) => ms);
    return Math.max(0, ...saving);
  };
  const times: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    times.push(await longest());
  }
  // Other programs of the machine only add to a time: a stall of ours is there each time.
  expect(Math.min(...times), `${times}`).toBeLessThan(LONG_MS);

  // A storage that holds the page up is noticed.
  test.info().annotations.push({ type: "holds the page up", description: "by its last step" });
  await page.evaluate((ms) => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...given) {
      for (const begin = performance.now(); performance.now() - begin < 2 * ms; );
      return put.apply(this, given);
    };
  }, LONG_MS);
  expect(await longest()).toBeGreaterThan(LONG_MS);
});
