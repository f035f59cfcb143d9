import type { Page, TestInfo } from "@playwright/test";

import { type Lab, SEVEN } from "../pages/lab.ts";
import { asked, outside, refusals } from "../pages/origin.ts";
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

/**
 * The WebGPU engine's verdict, made worse on its way to the page once `window.spoilt` is set: no
 * adapter here is wrong.
 */
async function spoil(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const own = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
    if (!own?.set) {
      throw new Error("a worker has no onmessage");
    }
    const { set } = own;
    const spoilt = (buffer: ArrayBuffer): ArrayBuffer => {
      const length = new DataView(buffer).getUint32(4, true);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
      const { compared } = header.event;
      if (!(compared && "spoilt" in window)) {
        return buffer;
      }
      compared.layers[0].relative = 0.5;
      const text = new TextEncoder().encode(JSON.stringify(header).padEnd(length + 64));
      const padded = Math.ceil(text.length / 4) * 4;
      const bytes = new Uint8Array(8 + padded).fill(32, 8);
      bytes.set(new Uint8Array(buffer, 0, 8));
      new DataView(bytes.buffer).setUint32(4, padded, true);
      bytes.set(text, 8);
      return bytes.buffer;
    };
    Object.defineProperty(Worker.prototype, "onmessage", {
      ...own,
      set(this: Worker, hear: ((event: MessageEvent) => void) | null) {
        const heard = (event: MessageEvent): void => {
          const { data } = event;
          const passed = data instanceof ArrayBuffer ? spoilt(data) : data;
          hear?.call(this, new MessageEvent("message", { data: passed }));
        };
        set.call(this, hear && heard);
      },
    });
  });
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

// The one story that computes on WebGPU: more are among the long ones.
test("On WebGPU the page gives the CPU's answer, keeps to its origin, and tells what differs", async ({
  context,
  lab,
  page,
  request,
}, info) => {
  test.skip(!(await request.head("engine/engine-gpu.wasm")).ok(), NO_GPU_ENGINE);
  test.setTimeout(FIRST_PASS + 60_000);
  const addresses = asked(context);
  const refused = await refusals(page);
  await spoil(page);
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const cpu = await savedMaps(lab, info, "cpu");
  const percents = await lab.probabilities();

  await lab.chooseDevice("webgpu");
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
  expect(outside(addresses, page)).toEqual([]);
  expect(await refused()).toEqual([]);

  // The page compares the devices layer by layer.
  await lab.lookAt("C1");
  await lab.unfold("parity");
  await page.getByTestId("parity").click();
  const verdict = page.getByTestId("parity-verdict");
  await expect(verdict).toContainText("They agree", { timeout: FIRST_PASS });
  const rows = page.getByTestId("parity-layers").locator("tbody tr");
  await expect(rows).toHaveCount((await lab.nodes.count()) - 1);
  for (const relative of await rows.locator("td:last-child").allTextContents()) {
    expect(Number(relative)).toBeLessThanOrEqual(1e-3);
  }
  await expect(lab.errors).toHaveCount(0);

  // Where they do not agree, the CPU goes on although WebGPU is chosen.
  await page.evaluate(() => Object.assign(window, { spoilt: true }));
  await page.getByTestId("parity").click();
  await expect(verdict).toContainText("They do not agree", { timeout: FIRST_PASS });
  await expect(lab.errors).toContainText("WebGPU differs from the CPU by 5.0e-1");
  await expect(lab.badge).toContainText("CPU");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});

test("A browser without WebGPU answers on the CPU, and says why it stays there", async ({
  context,
  lab,
}) => {
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined });
  });
  await lab.open();
  await expect(lab.badge).toContainText(/^CPU · \d.*This browser has no WebGPU/);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await lab.chooseDevice("webgpu");
  await expect(lab.badge).toContainText("You chose WebGPU, but this browser has no WebGPU");
  await expect(lab.badge).toContainText(/^CPU · /);
  await expect(lab.errors).toHaveCount(0);
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
  page,
  problems,
}) => {
  problems.allow(/engine-gpu\.(js|wasm)/);
  await context.route(/engine-gpu\.(js|wasm)/, (route) => route.fulfill({ status: 404 }));
  await lab.open();
  // A site that was built without it says so, and does not ask for the files.
  await page.evaluate(() => document.documentElement.removeAttribute("data-no-webgpu"));
  await lab.chooseDevice("webgpu");
  await expect(lab.errors).toContainText("WebGPU does not run; the CPU goes on");
  await expect(lab.errors).toContainText("engine-gpu");
  await expect(lab.badge).toContainText(/^CPU · \d.*WebGPU did not start here/);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
