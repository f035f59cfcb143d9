import { writeFile } from "node:fs/promises";
import type { Page } from "@playwright/test";

import { Keep } from "../pages/keep.ts";
import type { Lab } from "../pages/lab.ts";
import { collectGarbage } from "../pages/memory.ts";
import { header } from "../pages/png.ts";
import { expect, test } from "../pages/test.ts";

const MEGABYTE = 1_000_000;

/** How often each is tried again after the first time, which brings what is kept for all. */
const TIMES = 4;

// The program's own memory, which the browser's count of the heap leaves out.
test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const memories = new Set<WebAssembly.Memory>();
    Object.assign(window, { memories });
    const note = ({ exports }: WebAssembly.Instance) => {
      for (const it of Object.values(exports)) {
        if (it instanceof WebAssembly.Memory) {
          memories.add(it);
        }
      }
    };
    const { instantiate, instantiateStreaming } = WebAssembly;
    Object.assign(WebAssembly, {
      async instantiate(source: BufferSource | WebAssembly.Module, imports: WebAssembly.Imports) {
        const made = await instantiate(source as BufferSource, imports);
        note(made instanceof WebAssembly.Instance ? made : made.instance);
        return made;
      },
      async instantiateStreaming(source: Response, imports: WebAssembly.Imports) {
        const made = await instantiateStreaming(source, imports);
        note(made.instance);
        return made;
      },
    });
  });
});

/** What the page's program has for itself, in bytes. It never gives back what it once had. */
async function own(page: Page): Promise<number> {
  const bytes = await page.evaluate(() => {
    const { memories } = window as unknown as { memories: Set<WebAssembly.Memory> };
    return [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  });
  expect(bytes, "the program's memory was found").toBeGreaterThan(MEGABYTE);
  return bytes;
}

/** Gives what the page holds after a full collection, in bytes: objects, buffers and its program. */
async function weigh(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  return async () => {
    await collectGarbage(session);
    const { usedSize, backingStorageSize } = (await session.send("Runtime.getHeapUsage")) as {
      usedSize: number;
      backingStorageSize: number;
    };
    return usedSize + backingStorageSize + (await own(page));
  };
}

/** A file on the disk: a large one is not to go through the page on its way to the page. */
async function onDisk(name: string, content: Buffer | string): Promise<string> {
  const path = test.info().outputPath(name);
  await writeFile(path, content);
  return path;
}

async function choosePhoto(lab: Lab, content: Buffer, why: RegExp): Promise<void> {
  await lab.photoFile.setInputFiles(await onDisk("cat.png", content));
  await expect(lab.errors).toContainText(why);
  await lab.errors.getByRole("button", { name: "Dismiss" }).click();
  await expect(lab.errors).toBeHidden();
}

async function openFile(lab: Lab, content: Buffer | string, why: RegExp): Promise<void> {
  const keep = new Keep(lab.page);
  await keep.openList();
  const path = await onDisk("exercise.cnnlab.json", content);
  await lab.page.getByTestId("open-file").setInputFiles(path);
  await expect(keep.experiments.getByRole("alert")).toContainText(why);
  await keep.closeList();
}

async function openLink(lab: Lab, hash: string, why: RegExp): Promise<void> {
  await lab.page.evaluate((hash) => {
    location.hash = hash;
  }, hash);
  await expect(lab.errors).toContainText(why);
  await lab.errors.getByRole("button", { name: "Dismiss" }).click();
  await expect(lab.errors).toBeHidden();
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
const HTML = "<!doctype html><p>Hello</p>";

/** This and spaces, so many bytes together. */
const padded = (begin: Buffer, bytes: number) =>
  Buffer.concat([begin, Buffer.alloc(bytes - begin.length, " ")]);

/** What is refused, the message, and the bytes of one of it that may not be held for each time. */
const REFUSED: readonly (readonly [string, number, (lab: Lab) => Promise<void>])[] = [
  [
    "a garbage link of a megabyte",
    MEGABYTE,
    (lab) => openLink(lab, `#lab=2${"A".repeat(MEGABYTE)}`, /the limit is 32768/),
  ],
  [
    "a file that was cut short",
    MEGABYTE,
    (lab) => openFile(lab, `{"cnn-lab": 2, "graph": {"name": "${"a".repeat(MEGABYTE)}`, /not JSON/),
  ],
  ["a file of 50 MB", 50 * MEGABYTE, (lab) => openFile(lab, Buffer.alloc(50 * MEGABYTE, " "), /50\.0 MB/)],
  [
    "a photo of 100 megapixels",
    400 * MEGABYTE,
    (lab) => choosePhoto(lab, header(10_000, 10_000), /100 megapixels; at most 40/),
  ],
  [
    "a photo of 51 MB",
    51 * MEGABYTE,
    (lab) => choosePhoto(lab, padded(header(100, 100), 51 * MEGABYTE), /51 MB; at most 50 MB/),
  ],
  [
    "a photo that was cut short",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(header(100, 100), MEGABYTE), /not a picture the browser can read/),
  ],
  [
    "an SVG named .png",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(Buffer.from(SVG), MEGABYTE), /not a picture the browser can read/),
  ],
  [
    "an HTML page named .png",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(Buffer.from(HTML), MEGABYTE), /not a picture the browser can read/),
  ],
];

for (const [name, bytes, refuse] of REFUSED) {
  test(`after ${name} nothing is lost and the memory is as before`, async ({ lab, page }) => {
    test.setTimeout(120_000);
    await lab.open();
    await lab.showList();
    await lab.inspect("C1");
    await lab.setField("channels", "8");
    await lab.source("photo").click();
    await expect(lab.photoCaption).toContainText("Cat");
    const empty = await own(page);
    await refuse(lab);
    const weight = await weigh(page);
    const before = await weight();
    for (let time = 0; time < TIMES; time += 1) {
      await refuse(lab);
    }
    // Were it held each time it would be four of them; half of one is what else a page does.
    expect((await weight()) - before).toBeLessThan(Math.min(bytes / 2, 5 * MEGABYTE));
    // A large one never comes into the program at all.
    expect((await own(page)) - empty).toBeLessThan(5 * MEGABYTE);
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await expect(lab.undoEdit).toBeEnabled();
    await expect(lab.photoCaption).toContainText("Cat");
  });
}

test("a link that asks for 10^9 channels opens with its problem, and the memory is as before", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(page);
  await lab.inspect("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);
  const conv = { id: 1, name: "C1", layer: { kind: "conv", channels: 1e9, kernel: [1, 1] }, inputs: [0] };
  const input = { channels: 1, height: 4, width: 4 };
  const huge = JSON.stringify({ "cnn-lab": 2, graph: { name: "Huge", input, nodes: [conv] } });
  await keep.openList();
  await keep.openFile("huge.cnnlab.json", huge);
  await expect(lab.networkName).toHaveText("Huge");
  await keep.closeList();
  const { hash } = new URL(await keep.shared());

  const back = async () => {
    await keep.openList();
    await keep.row("LeNet-5").getByTestId("open-experiment").click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await expect(lab.problems).toHaveCount(0);
  };
  // So that what the link opens is not what is there already.
  await back();

  /** Opens the link and goes back to the own work. */
  const visit = async () => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
    await expect(lab.networkName).toHaveText("Huge");
    await expect(lab.problem("C1")).toContainText("channels is 1000000000; the limit is 1048576");
    await expect(lab.stillRunning).toBeVisible();
    await back();
  };
  await visit();
  const weight = await weigh(page);
  const before = await weight();
  for (let time = 0; time < TIMES; time += 1) {
    await visit();
  }
  // 10^9 channels are 8 GB of weights and biases; each visit leaves a row in the list.
  expect((await weight()) - before).toBeLessThan(2 * MEGABYTE);
  await expect(lab.undoEdit).toBeEnabled();
});

test("without storage nothing piles up while the person works", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await page.addInitScript(() => {
    Object.defineProperty(window, "indexedDB", {
      get: () => {
        throw new DOMException("not here", "SecurityError");
      },
    });
  });
  await lab.open();
  await expect(lab.errors).toContainText("Your work is not being kept");
  await lab.showList();
  await lab.inspect("C1");
  const work = async () => {
    await lab.setField("channels", "8");
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await lab.undoEdit.click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  };
  await work();
  const weight = await weigh(page);
  const before = await weight();
  for (let time = 0; time < 20; time += 1) {
    await work();
  }
  expect((await weight()) - before).toBeLessThan(2 * MEGABYTE);
  // Said once, and it stays said.
  await expect(lab.errors.locator("li")).toHaveCount(1);
});

test("Maps that leave the page give their pixels back, those that stay keep them", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showList();
  const [first, gone] = [lab.maps("C1").first(), await lab.maps("C3").first().elementHandle()];
  expect(gone).not.toBeNull();
  const width = () => gone?.evaluate((map) => (map as HTMLCanvasElement).width);
  expect(await width()).toBe(10);
  await lab.head("C3").click();
  await page.keyboard.press("Delete");
  await expect(lab.node("C3")).toHaveCount(0);
  await expect.poll(width).toBe(0);
  // A canvas that gets maps of another size stays as well: 32 − 7 + 1.
  await lab.inspect("C1");
  await lab.setField("kernel", "7");
  await expect(first).toHaveAttribute("width", "26");
  await lab.undoEdit.click();
  await expect(first).toHaveAttribute("width", "28");
  await collectGarbage(await page.context().newCDPSession(page));
  await expect(first).toHaveAttribute("width", "28");
});

test("a file of weights does not pass through the page's program", async ({ lab, page }) => {
  await lab.open();
  const before = await own(page);
  const [response] = await Promise.all([
    page.waitForResponse(/efficientnet-lite0\.safetensors/),
    lab.openPreset("efficientnet-lite0"),
  ]);
  const bytes = Number((await response.allHeaders())["content-length"]);
  expect(bytes).toBeGreaterThan(9 * MEGABYTE);
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.predicted).not.toHaveText("–");
  expect((await own(page)) - before).toBeLessThan(bytes);
});

test("memory that is held is noticed: bytes, text and the program's own", async ({ lab, page }) => {
  await lab.open();
  const weight = await weigh(page);
  const grow = "[...window.memories].forEach((memory) => memory.grow(64))";
  for (const code of ["new Uint8Array(bytes)", "'A'.repeat(bytes).split('').join('B')", grow]) {
    const before = await weight();
    await page.evaluate(`{ const bytes = 64 * 65536; (window.held ??= []).push(${code}); }`);
    expect((await weight()) - before, code).toBeGreaterThan(3 * MEGABYTE);
  }
});
