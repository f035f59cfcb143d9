import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

test("The page is ready with a digit, not with blank paper, when the gallery comes late", async ({
  context,
  lab,
}) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await context.route(/test-00-images/, async (route) => {
    await held;
    await route.continue();
  });
  await lab.page.goto("./");
  // The engine has its network, and so could have answered.
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.page.locator("html")).not.toHaveAttribute("data-ready");
  await expect(lab.predicted).toHaveText("–");
  release();
  await lab.waitReady();
  expect(await lab.prediction()).toBe(7);
});

test("A person who draws does not wait for a late gallery", async ({ context, lab }) => {
  await context.route(/test-00-images/, async () => {
    // Never answered.
  });
  await lab.page.goto("./");
  await lab.drawStroke(SEVEN);
  await lab.waitReady();
  await expect(lab.predicted).toHaveText("7");
  await context.unrouteAll({ behavior: "ignoreErrors" });
});

test("A browser that refuses storage and locks still answers", async ({ context, lab, page }) => {
  const refuse = `
    if (self.navigator.locks) {
      Object.defineProperty(Object.getPrototypeOf(self.navigator.locks), "request", {
        value: () => Promise.reject(new DOMException("refused by the test", "SecurityError")),
      });
    }
    Object.defineProperty(self, "localStorage", {
      get() { throw new DOMException("refused by the test", "SecurityError"); },
    });
  `;
  await context.addInitScript(refuse);
  await context.route(/worker\.js/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: refuse + (await response.text()) });
  });
  await lab.open();
  expect(await lab.prediction()).toBe(7);
  await lab.chooseTheme("dark");
  await expect(lab.errors).toHaveCount(0);

  // Without locks an engine's end is noticed by its silence.
  await lab.clear();
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    self.postMessage = () => self.close();
  });
  await lab.drawStroke(SEVEN);
  await expect(lab.notice).toContainText("your drawing is kept");
  await expect(lab.predicted).toHaveText("7");
});

test("On blank paper the page says that its bars are not a reading", async ({ lab }) => {
  await lab.open();
  await lab.clear();
  await expect(lab.column("Answer")).toContainText("The paper is blank");
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.column("Answer")).not.toContainText("The paper is blank");
  const shares = await lab.probabilities();
  expect(shares.indexOf(Math.max(...shares))).toBe(7);
});
