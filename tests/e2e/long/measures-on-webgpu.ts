import { Compare } from "../pages/compare.ts";
import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** The first pass on a software adapter compiles its shaders for tens of seconds. */
const FIRST_PASS = 200_000;

test("A GPU is measured against the CPU on this network, and the faster one is taken", async ({
  context,
  lab,
}) => {
  test.setTimeout(2 * FIRST_PASS);
  // The software adapter under another name: only its speed tells now that it is none.
  await context.addInitScript(() => {
    const info = { vendor: "test", architecture: "disguise", isFallbackAdapter: false };
    const adapter: object = Reflect.get(globalThis, "GPUAdapter").prototype;
    Object.defineProperty(adapter, "info", { get: () => info });
  });
  await lab.open();
  await expect(lab.badge).toContainText("Measuring both on this network");
  await expect(lab.badge).toContainText(
    /^CPU · .*CPU took \d+\.\d ms on this network, the other \d+\.\d ms/,
    { timeout: FIRST_PASS },
  );
  await expect(lab.errors).toHaveCount(0);
});

test("A WebGPU engine that ends is started again, and the drawing is answered", async ({
  lab,
  page,
}) => {
  test.setTimeout(2 * FIRST_PASS);
  await lab.open();
  await lab.device.selectOption("webgpu");
  await expect(lab.badge).toContainText(/^WebGPU · /, { timeout: FIRST_PASS });
  await lab.clear();
  const gpu = page.workers().find((worker) => worker.url().includes("device=gpu"));
  await gpu?.evaluate(() => self.close());
  await expect(lab.notice).toContainText("The WebGPU engine stopped and was started again");
  // Meanwhile the CPU answers.
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.badge).toContainText(/^WebGPU · /, { timeout: FIRST_PASS });
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.errors).toHaveCount(0);
});

test("A pinned network is measured on WebGPU, beside its prediction", async ({ lab, page }) => {
  test.setTimeout(300_000);
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pinCurrent.click();
  await compare.part("This machine");
  await page.getByTestId("measure-webgpu").click();
  await expect(page.getByTestId("measuring")).toBeVisible();
  // The software adapter compiles its kernels first, a minute where nothing else runs.
  await expect(page.getByTestId("measuring")).toHaveCount(0, { timeout: 240_000 });
  await expect(compare.refused).toBeEmpty();
  await expect(page.locator('[data-testid="machine"][data-device="WebGPU"]')).toContainText("GMAC/s");
  await compare.part("Overview");
  for (const column of ["webgpu_ms", "webgpu_predicted_ms"]) {
    expect(Number(await compare.cell("LeNet-5", column)), column).toBeGreaterThan(0);
  }
});
