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

async function expectRecovered(lab: Lab): Promise<void> {
  await expect(lab.notice).toContainText("your drawing is kept");
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.errors).toHaveCount(0);
  await expect.poll(() => lab.page.workers().length).toBe(1);

  // The next drawing is answered too.
  await lab.clear();
  await lab.drawStroke([
    [0.5, 0.15],
    [0.5, 0.85],
  ]);
  await expect(lab.predicted).toHaveText("1");
}

test("The engine's worker throws, or is ended in the middle of a run: another one answers", async ({
  lab,
}) => {
  await lab.open();
  await lab.clear();
  await engine(lab).evaluate(() => {
    self.postMessage = () => {
      setTimeout(() => {
        throw new Error("thrown by the test");
      });
    };
  });
  await lab.drawStroke(SEVEN);
  await expectRecovered(lab);
  await lab.clear();
  // In the moment when it would answer, so that a request is under way for certain.
  await engine(lab).evaluate(() => {
    self.postMessage = () => self.close();
  });
  await lab.drawStroke(SEVEN);
  await expectRecovered(lab);
});

test("A worker that ends while it is idle is replaced, and the drawing stays, pixel by pixel", async ({
  lab,
}) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const before = await pixelsOf(lab.pad);
  await engine(lab).evaluate(() => self.close());
  await expect(lab.notice).toBeVisible();
  await expect.poll(() => pixelsOf(lab.pad)).toEqual(before);
  await expectRecovered(lab);
});

test("A promise of the engine fails in the middle of a run: another one answers", async ({
  lab,
  problems,
}) => {
  problems.allow(/^page error: rejected by the test$/);
  await lab.open();
  await lab.clear();
  await engine(lab).evaluate(() => {
    const post = self.postMessage.bind(self);
    self.postMessage = () => {
      self.postMessage = post;
      void Promise.reject(new Error("rejected by the test"));
    };
  });
  await lab.drawStroke(SEVEN);
  await expectRecovered(lab);
});

test("An engine that stops again and again is not started for ever", async ({ lab }) => {
  await lab.open();
  await lab.source("digits").click();
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
  await lab.source("draw").click();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
