import { expect, test } from "../pages/test.ts";

// An allowance that is never met fails its test: each of these passes only when the trouble that it
// makes is noticed, as every other test then would.

test("A warning, an error on the engine's console and an error that no script catches are noticed", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/^console warning: made on the page /);
  problems.allow(/^console error: made in the worker /);
  problems.allow(/^page error: thrown on the page$/);
  await lab.open();
  await page.evaluate(() => console.warn("made on the page"));
  const inTheWorker = page.waitForEvent("console", (it) => it.text() === "made in the worker");
  await page.workers()[0].evaluate(() => console.error("made in the worker"));
  await inTheWorker;
  const thrown = page.waitForEvent("pageerror");
  await page.evaluate(() => {
    setTimeout(() => {
      throw new Error("thrown on the page");
    });
  });
  await thrown;
});

test("A request that fails is noticed, on the page and in the engine", async ({
  context,
  lab,
  page,
  problems,
}) => {
  problems.allow(/^request failed: .*lost-on-the-page/);
  problems.allow(/^request failed: .*lost-in-the-worker/);
  problems.allow(/^console error: .*lost-/);
  await context.route(/lost-/, (route) => route.abort());
  await lab.open();
  const [engine] = page.workers();
  const lost = (address: string) => fetch(address).then(String, () => "lost");

  const onThePage = page.waitForEvent("requestfailed");
  expect(await page.evaluate(lost, "lost-on-the-page")).toBe("lost");
  await onThePage;

  const inTheWorker = page.waitForEvent("requestfailed");
  expect(await engine.evaluate(lost, "lost-in-the-worker")).toBe("lost");
  await inTheWorker;
});

test("An aborted request is noticed, unless loading its page again has aborted it", async ({
  context,
  lab,
  page,
  problems,
}) => {
  problems.allow(/^request failed: .*held-and-aborted: net::ERR_ABORTED/);
  // These requests get no answer.
  await context.route(/held-/, () => {});
  await lab.open();
  const aborted = page.waitForEvent("requestfailed");
  await page.evaluate(async () => {
    const controller = new AbortController();
    const answer = fetch("held-and-aborted", { signal: controller.signal });
    setTimeout(() => controller.abort());
    await answer.catch(() => undefined);
  });
  await aborted;

  const sent = page.waitForEvent("request", (it) => it.url().endsWith("held-over-a-reload"));
  await page.evaluate(() => {
    void fetch("held-over-a-reload");
  });
  await sent;
  const ended = page.waitForEvent("requestfailed", (it) => it.url().endsWith("held-over-a-reload"));
  await page.reload();
  expect((await ended).failure()?.errorText).toBe("net::ERR_ABORTED");
  await lab.waitReady();
});
