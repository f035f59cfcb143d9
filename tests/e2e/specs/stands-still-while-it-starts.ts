import { expect, test } from "../pages/test.ts";

/** Shares of the window that move unasked; https://web.dev/articles/cls calls up to 0.1 good. */
const LIMIT = 0.02;

declare global {
  interface Window {
    /** What moved, as the browser tells it: how much, and what. */
    moved: Array<{ value: number; what: string }>;
  }
}

interface LayoutShift extends PerformanceEntry {
  value: number;
  sources: Array<{ node: Node | null }>;
}

for (const [width, height] of [[1440, 900], [390, 844]] as const) {
  test(`What is seen stays where it is while the lab starts, ${width} pixels wide`, async ({
    lab,
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.addInitScript(() => {
      window.moved = [];
      const told = (node: Node | null) =>
        node instanceof Element
          ? `${node.tagName.toLowerCase()}.${node.getAttribute("class")}`
          : (node?.textContent ?? "gone");
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as LayoutShift[]) {
          const what = entry.sources.map(({ node }) => told(node)).join(", ");
          window.moved.push({ value: entry.value, what });
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await lab.open();
    // The reason for the device comes when WebGPU has been asked, after the first answer.
    await expect(page.getByTestId("device-badge")).not.toContainText("starting");
    await expect(page.getByTestId("device-badge")).toContainText("The adapter");
    const moved = await page.evaluate(
      () =>
        new Promise<Window["moved"]>((done) => {
          requestAnimationFrame(() => requestAnimationFrame(() => done(window.moved)));
        }),
    );
    const sum = moved.reduce((sum, { value }) => sum + value, 0);
    expect(sum, JSON.stringify(moved)).toBeLessThan(LIMIT);
  });
}
