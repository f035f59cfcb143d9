import type { Worker } from "@playwright/test";

import { type Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

function engine(lab: Lab): Worker {
  const [worker] = lab.page.workers();
  if (!worker) {
    throw new Error("the page has no worker");
  }
  return worker;
}

/** Ends the engine in the middle of a stroke. */
async function drawSevenAnd(lab: Lab, end: () => Promise<void>): Promise<void> {
  const [start, corner, foot] = await lab.onScreen(SEVEN);
  await lab.page.mouse.move(...start);
  await lab.page.mouse.down();
  await lab.page.mouse.move(...corner, { steps: 8 });
  // Not waited for: the pen goes on while the engine ends.
  const ended = end();
  await lab.page.mouse.move(...foot, { steps: 20 });
  await lab.page.mouse.up();
  await ended;
}

async function expectRecovered(lab: Lab): Promise<void> {
  await expect(lab.notice).toContainText("your drawing is kept");
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.errors).toHaveCount(0);
  expect(lab.page.workers().length).toBe(1);

  // The next drawing is answered too.
  await lab.clear();
  await lab.drawStroke([
    [0.5, 0.15],
    [0.5, 0.85],
  ]);
  await expect(lab.predicted).toHaveText("1");
}

test("The engine's worker is ended in the middle of a stroke: another one answers", async ({
  lab,
}) => {
  await lab.open();
  await lab.clear();
  const first = engine(lab);
  await drawSevenAnd(lab, () => first.evaluate(() => self.close()));
  await expectRecovered(lab);
});

test("The engine throws in the middle of a stroke: another one answers", async ({
  lab,
  problems,
}) => {
  problems.allow(/thrown by the test/);
  await lab.open();
  await lab.clear();
  await drawSevenAnd(lab, () =>
    engine(lab).evaluate(() => {
      setTimeout(() => {
        throw new Error("thrown by the test");
      });
    }),
  );
  await expectRecovered(lab);
});

test("The drawing stays on the pad, pixel by pixel", async ({ lab }) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const before = await pixelsOf(lab.pad);
  const first = engine(lab);
  await first.evaluate(() => self.close());
  await expect(lab.notice).toBeVisible();
  expect(await pixelsOf(lab.pad)).toEqual(before);
});

test("An engine that stops again and again is not started for ever", async ({ lab }) => {
  await lab.open();
  for (let time = 0; time < 4; time += 1) {
    await expect.poll(() => lab.page.workers().length).toBe(1);
    const shown = await lab.shownAnswers();
    if (time > 0) {
      await lab.nextSample.click();
      await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(shown);
    }
    const worker = engine(lab);
    const closed = worker.waitForEvent("close");
    await worker.evaluate(() => self.close());
    await closed;
  }
  await expect(lab.errors).toContainText("stopped 4 times within a minute");
  await lab.page.getByRole("button", { name: "Start again" }).click();
  await expect(lab.errors).toHaveCount(0);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
