import type { APIRequestContext, TestInfo } from "@playwright/test";

import { type Lab, SEVEN } from "../pages/lab.ts";
import { largestDifference, readSafetensors, type Tensor } from "../pages/safetensors.ts";
import { expect, test } from "../pages/test.ts";

/** The first pass on a software adapter compiles its shaders for tens of seconds. */
const FIRST_PASS = 200_000;

const NO_GPU_ENGINE = "this build has no WebGPU engine (`cargo xtask build --no-gpu`)";

/** The maps on screen, through the file that the page gives. */
async function savedMaps(lab: Lab, info: TestInfo, name: string): Promise<Map<string, Tensor>> {
  const path = info.outputPath(`${name}.safetensors`);
  await (await lab.saveMaps()).saveAs(path);
  return readSafetensors(path);
}

async function hasGpuEngine(request: APIRequestContext): Promise<boolean> {
  return (await request.head("engine/engine-gpu.wasm")).ok();
}

test("A software adapter is left alone, and the badge says why", async ({ lab, page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await lab.open();
  await expect(lab.badge).toContainText("computed in software, slower than the CPU path");
  await expect(lab.badge).toContainText(/swiftshader/i);
  await expect(lab.badge).toContainText(/^CPU · /);
  // Its engine of many megabytes is not even fetched.
  expect(page.workers()).toHaveLength(1);
  expect(fetched.filter((address) => address.includes("engine-gpu"))).toEqual([]);
});

test("Forced on WebGPU, the page gives the CPU's answer", async ({ lab, request }, info) => {
  test.skip(!(await hasGpuEngine(request)), NO_GPU_ENGINE);
  test.setTimeout(FIRST_PASS + 40_000);
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const cpu = await savedMaps(lab, info, "cpu");
  const percents = await lab.probabilities();

  await lab.device.selectOption("webgpu");
  await expect(lab.badge).toContainText(/^WebGPU · /, { timeout: FIRST_PASS });
  await expect(lab.badge).toContainText("You chose WebGPU");
  await expect(lab.predicted).toHaveText("7");
  const gpu = await savedMaps(lab, info, "gpu");

  expect([...gpu.keys()].sort()).toEqual([...cpu.keys()].sort());
  expect(gpu.get("softmax")?.shape).toEqual([1, 10]);
  for (const [name, { values }] of cpu) {
    const ours = gpu.get(name)?.values ?? [];
    expect(largestDifference(ours, values), name).toBeLessThanOrEqual(1e-3);
  }
  expect(largestDifference(await lab.probabilities(), percents)).toBeLessThanOrEqual(0.1 + 1e-9);

  // And back again.
  await lab.device.selectOption("cpu");
  await expect(lab.badge).toContainText(/^CPU · .*You chose the CPU/);
});

test("A GPU is measured against the CPU on this network, and the faster one is taken", async ({
  context,
  lab,
  request,
}) => {
  test.skip(!(await hasGpuEngine(request)), NO_GPU_ENGINE);
  test.setTimeout(FIRST_PASS + 40_000);
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
  request,
}) => {
  test.skip(!(await hasGpuEngine(request)), NO_GPU_ENGINE);
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

test.describe("in a browser without WebGPU", () => {
  test.beforeEach(async ({ context }) => {
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined });
    });
  });

  test("the CPU answers, and the badge says why", async ({ lab }) => {
    await lab.open();
    await expect(lab.badge).toContainText(/^CPU · \d.*This browser has no WebGPU/);
    await expect(lab.errors).toHaveCount(0);
    await lab.clear();
    await lab.drawStroke(SEVEN);
    await expect(lab.predicted).toHaveText("7");
  });

  test("a person who asks for WebGPU is told why it stays on the CPU", async ({ lab }) => {
    await lab.open();
    await lab.device.selectOption("webgpu");
    await expect(lab.badge).toContainText("You chose WebGPU, but this browser has no WebGPU");
    await expect(lab.badge).toContainText(/^CPU · /);
    await expect(lab.errors).toHaveCount(0);
  });
});

test("A browser whose GPU is blocked has no adapter, and the badge says so", async ({
  context,
  lab,
}) => {
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "gpu", {
      get: () => ({ requestAdapter: () => Promise.resolve(null) }),
    });
  });
  await lab.open();
  await expect(lab.badge).toContainText(/^CPU · \d.*This browser found no graphics adapter/);
  await expect(lab.errors).toHaveCount(0);
});

test("A WebGPU engine that is missing from the site is told, and the CPU goes on", async ({
  context,
  lab,
  problems,
}) => {
  problems.allow(/engine-gpu\.(js|wasm)/);
  await context.route(/engine-gpu\.(js|wasm)/, (route) => route.fulfill({ status: 404 }));
  await lab.open();
  await lab.device.selectOption("webgpu");
  await expect(lab.errors).toContainText("WebGPU does not run; the CPU goes on");
  await expect(lab.errors).toContainText("engine-gpu");
  await expect(lab.badge).toContainText(/^CPU · \d.*WebGPU did not start here/);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
