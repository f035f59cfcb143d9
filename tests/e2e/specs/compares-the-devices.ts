import { expect, test } from "../pages/test.ts";

test.describe.configure({ timeout: 180_000 });

test("CPU and WebGPU agree on every layer of LeNet-5", async ({ lab, page }) => {
  await lab.open();
  await lab.unfold("parity");
  await page.getByTestId("parity").click();
  const verdict = page.getByTestId("parity-verdict");
  await expect(verdict).toContainText("They agree", { timeout: 60_000 });
  const rows = page.getByTestId("parity-layers").locator("tbody tr");
  await expect(rows).toHaveCount(await lab.nodes.count() - 1);
  for (const relative of await rows.locator("td:last-child").allTextContents()) {
    expect(Number(relative)).toBeLessThanOrEqual(1e-3);
  }
  await expect(lab.errors).toHaveCount(0);
});

/** The WebGPU engine's verdict, made worse on its way to the page: no adapter here is wrong. */
async function spoil(page: import("@playwright/test").Page): Promise<void> {
  await page.addInitScript(() => {
    const own = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
    if (!own?.set) {
      throw new Error("a worker has no onmessage");
    }
    const { set } = own;
    const spoilt = (buffer: ArrayBuffer): ArrayBuffer => {
      const length = new DataView(buffer).getUint32(4, true);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
      if (!("compared" in header)) {
        return buffer;
      }
      header.compared.layers[0].relative = 0.5;
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

test("Devices that do not agree are told, and the CPU goes on even when WebGPU is chosen", async ({
  lab,
  page,
}) => {
  await spoil(page);
  await lab.open();
  await lab.device.selectOption("webgpu");
  await lab.unfold("parity");
  await page.getByTestId("parity").click();
  await expect(page.getByTestId("parity-verdict")).toContainText("They do not agree", {
    timeout: 60_000,
  });
  await expect(lab.errors).toContainText("WebGPU differs from the CPU by 5.0e-1");
  await expect(lab.badge).toContainText("CPU");
  await lab.clear();
  await lab.drawStroke([
    [0.25, 0.22],
    [0.75, 0.22],
    [0.45, 0.85],
  ]);
  await expect(lab.predicted).toHaveText("7");
});
