import { expect, test } from "@playwright/test";

import { type Point, SEVEN } from "../pages/lab.ts";
import { Firefox, type Remote, WebKit } from "../pages/remote.ts";

/** The lab in a browser that Playwright does not drive; parts are found by their test ids. */
class RemoteLab {
  readonly #browser: Remote;

  constructor(browser: Remote) {
    this.#browser = browser;
  }

  /** Waits until the page is ready, with nothing under way. */
  async open(): Promise<void> {
    await this.#browser.goto(String(process.env.BASE_URL));
    await expect
      .poll(() => this.#browser.run(() => document.documentElement.dataset.ready), { timeout: 60_000 })
      .toBe("true");
    await expect
      .poll(() => this.#browser.run(() => document.querySelectorAll("[aria-busy='true']").length))
      .toBe(0);
  }

  /** The text of the first such part; nothing where there is none. */
  text(part: string): Promise<string | undefined> {
    return this.#browser.run((part) => document.querySelector(part)?.textContent ?? undefined, part);
  }

  attribute(part: string, name: string): Promise<string | undefined> {
    return this.#browser.run(
      (part, name) => document.querySelector(part)?.getAttribute(name) ?? undefined,
      part,
      name,
    );
  }

  count(part: string): Promise<number> {
    return this.#browser.run((part) => document.querySelectorAll(part).length, part);
  }

  /** Points of an element, in shares of its sides, as points of the window. */
  async #points(part: string, points: readonly Point[]): Promise<[number, number][]> {
    const [x, y, width, height] = await this.#browser.run((part) => {
      const element = document.querySelector(part);
      if (!element) throw new Error(`${part} is not in the page`);
      element.scrollIntoView({ block: "nearest" });
      const box = element.getBoundingClientRect();
      return [box.x, box.y, box.width, box.height];
    }, part);
    return points.map(([right, down]) => [
      Math.round(x + right * width),
      Math.round(y + down * height),
    ]);
  }

  async click(part: string): Promise<void> {
    const [[x, y]] = await this.#points(part, [[0.5, 0.5]]);
    await this.#browser.act("mouse", [
      { type: "pointerMove", x, y },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ]);
  }

  async stroke(points: readonly Point[]): Promise<void> {
    const [[x, y], ...others] = await this.#points("[data-testid='draw-pad']", points);
    await this.#browser.act("mouse", [
      { type: "pointerMove", x, y },
      { type: "pointerDown", button: 0 },
      ...others.map(([x, y]) => ({ type: "pointerMove", x, y, duration: 100 }) as const),
      { type: "pointerUp", button: 0 },
    ]);
  }

  /** Selects what a field has, types over it and presses Enter. */
  async type(part: string, text: string): Promise<void> {
    await this.click(part);
    await this.#browser.run((part) => document.querySelector<HTMLInputElement>(part)?.select(), part);
    // Enter is U+E007 there (WebDriver, section 15.4.2).
    const keys = [...text, "\uE007"];
    await this.#browser.act(
      "keyboard",
      keys.flatMap((value) => [
        { type: "keyDown", value } as const,
        { type: "keyUp", value } as const,
      ]),
    );
  }

  /** The canvas of a layer's card as text, to see whether it has changed. */
  maps(node: string): Promise<string> {
    return this.#browser.run(
      (part) => document.querySelector(part)?.closest(".stage")?.querySelector("canvas")?.toDataURL() ?? "",
      `[data-testid='node'][data-name='${node}']`,
    );
  }
}

const PREDICTION = "[data-testid='prediction']";
const node = (name: string) => `[data-testid='node'][data-name='${name}']`;

const BROWSERS: readonly [name: string, start: () => Promise<Remote>][] = [
  ["Firefox", () => Firefox.start(String(process.env.FIREFOX))],
  ["WebKit", () => WebKit.start(String(process.env.WEBKIT_DRIVER))],
];

for (const [name, start] of BROWSERS) {
  test(`${name} opens the lab, draws, reads, shows maps, edits, undoes and reloads`, async () => {
    test.setTimeout(180_000);
    const browser = await start();
    try {
      const lab = new RemoteLab(browser);
      await lab.open();
      // MNIST's first test image is a seven.
      await expect.poll(() => lab.text(PREDICTION)).toBe("7");
      await expect.poll(() => lab.text("[data-testid='weights-state']")).toBe("trained weights");
      expect(await lab.count("[data-testid='error']")).toBe(0);

      await lab.click("[data-testid='clear']");
      await expect.poll(() => lab.text(PREDICTION)).toBe("–");
      const blank = await lab.maps("C1");
      expect(blank).toContain("data:image/png");
      await lab.stroke(SEVEN);
      await expect.poll(() => lab.text(PREDICTION)).toBe("7");
      await expect.poll(() => lab.maps("C1")).not.toBe(blank);

      await lab.click("[data-testid='area'][data-area='build']");
      await lab.click(`${node("C1")} .node-head`);
      await lab.type("[data-testid='field'][data-field='channels'] input", "8");
      await expect.poll(() => lab.attribute(node("C1"), "data-shape")).toBe("8x28x28");
      await expect.poll(() => lab.text(PREDICTION)).toMatch(/^[0-9]$/);
      await lab.click("[data-testid='undo']");
      await expect.poll(() => lab.attribute(node("C1"), "data-shape")).toBe("6x28x28");
      await expect.poll(() => lab.text(PREDICTION)).toBe("7");
      await lab.click("[data-testid='redo']");
      await expect.poll(() => lab.attribute(node("C1"), "data-shape")).toBe("8x28x28");

      // The work is there after a reload.
      await lab.open();
      await expect.poll(() => lab.attribute(node("C1"), "data-shape")).toBe("8x28x28");
      await lab.click("[data-testid='undo']");
      await expect.poll(() => lab.text(PREDICTION)).toBe("7");
      expect(await lab.count("[data-testid='error']")).toBe(0);
    } finally {
      await browser.end();
    }
  });
}
