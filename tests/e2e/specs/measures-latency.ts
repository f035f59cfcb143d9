import { expect, test } from "../pages/test.ts";

test("Deploy measures passes, and says how many machines a load needs", async ({ lab, page }) => {
  await lab.open();
  await lab.showArea("deploy");
  const panel = page.locator(".deploy-panel");
  await page.getByTestId("measure-latency").click();
  const p99 = panel.getByTestId("latency-p99");
  await expect(p99).toBeVisible({ timeout: 60_000 });
  const value = async (name: string): Promise<number> =>
    Number(await panel.getByTestId(`latency-${name}`).getAttribute("data-value"));
  expect(await value("p50")).toBeLessThanOrEqual(await value("p90"));
  expect(await value("p90")).toBeLessThanOrEqual(await value("p99"));

  // As many requests as two machines cannot carry need three at least.
  const mean = await value("p50");
  await panel.getByTestId("load-within").fill("1000");
  await panel.getByTestId("load-within").press("Enter");
  await panel.getByTestId("load-rate").fill(String(Math.ceil(2500 / Math.max(mean, 0.05))));
  await panel.getByTestId("load-rate").press("Enter");
  await expect(panel.getByTestId("machines")).toHaveAttribute("data-value", /^[1-9]/);

  // A limit that the network exceeds is red, and one it keeps is not.
  const budget = panel.getByTestId("budget-parameters");
  await budget.fill("1000");
  await budget.press("Enter");
  await expect(panel.locator('[data-state="not met"]')).toHaveCount(1);
  await budget.fill("100000");
  await budget.press("Enter");
  await expect(panel.locator('[data-state="not met"]')).toHaveCount(0);
  await expect(panel.locator('[data-state="met"]')).toHaveCount(1);

  // What cannot be is said, and the number that was stays.
  await panel.getByTestId("load-rate").fill("-3");
  await panel.getByTestId("load-rate").press("Enter");
  await expect(panel.getByRole("alert")).toContainText("above 0");

  await page.getByTestId("open-totals").click();
  const dock = page.getByTestId("dock");
  await expect(dock.getByTestId("latency-histogram")).toBeVisible();
  await expect(dock.getByTestId("batches").locator("tbody tr")).toHaveCount(4, { timeout: 60_000 });
  await expect(dock.getByTestId("devices").locator("tbody tr")).toHaveCount(5);
});

test("A step runs in the stages of a pipeline, with the gradients of one worker", async ({ lab, page }) => {
  await lab.open();
  await lab.showArea("deploy");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("deploy-pipeline").click();
  const dock = page.getByTestId("dock");
  await dock.getByTestId("pipeline-stages").selectOption("2");
  await dock.getByTestId("run-pipeline").click();
  const timeline = dock.getByTestId("pipeline-timeline");
  await expect(timeline).toHaveAttribute("data-workers", "2", { timeout: 60_000 });
  // Four micro-batches go forward and back through both.
  await expect(timeline.locator("rect.forward")).toHaveCount(8);
  await expect(timeline.locator("rect.back-pass")).toHaveCount(8);
  const told = await dock.getByTestId("pipeline-told").innerText();
  const difference = Number(/differ from those of one worker by ([\d.e-]+)/.exec(told)?.[1]);
  expect(difference).toBeLessThan(1e-4);
  // (2 − 1) / (4 + 2 − 1).
  expect(told).toContain("20.0 %");
  await expect(dock.getByTestId("all-reduce").locator("tbody tr")).toHaveCount(7);
});

test("Workers of their own make the step of a pipeline", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showArea("deploy");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("deploy-pipeline").click();
  const dock = page.getByTestId("dock");
  await dock.getByTestId("pipeline-stages").selectOption("2");
  await dock.getByTestId("pipeline-schedule").selectOption("1f1b");
  await dock.getByTestId("run-workers").click();
  const timeline = dock.getByTestId("pipeline-measured");
  await expect(timeline).toHaveAttribute("data-workers", "2", { timeout: 90_000 });
  await expect(timeline.locator("rect.forward")).toHaveCount(8);
  await expect(timeline.locator("rect.back-pass")).toHaveCount(8);
  const ran = dock.getByTestId("pipeline-ran");
  expect(Number(await ran.getAttribute("data-difference"))).toBeLessThan(1e-4);
  // (2 − 1) / (4 + 2 − 1).
  await expect(ran).toContainText("20.0 %");
});
