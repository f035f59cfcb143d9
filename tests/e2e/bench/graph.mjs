// Measures the picture of the graph as a person meets it: how evenly it pans and zooms with
// ResNet-152 open, and how long an edit takes to be painted. It prints a table and asserts nothing:
// times belong to a machine.

import { setTimeout as pause } from "node:timers/promises";

import { chromium } from "@playwright/test";

import { FLAGS } from "../chromium.mjs";

const { BASE_URL, CHROMIUM } = process.env;
if (!BASE_URL || !CHROMIUM) {
  throw new Error("BASE_URL or CHROMIUM is not set; start this with `cargo xtask bench`");
}
const VIEWPORT = { width: 1280, height: 800 };
/** Wheel events of each movement, and the time between two of them: a hand at 60 Hz. */
const MOVES = 120;
const BETWEEN_MS = 16;
const EDITS = 30;
const FRAME_MS = 1000 / 60;
const LONG_TASK_MS = 50;

/** Runs in the page: the time from a key to the end of the frame that shows what it did. */
function watch() {
  window.painted = [];
  addEventListener(
    "keydown",
    (event) => {
      requestAnimationFrame(() => {
        // A message sent in a frame's callback comes when the frame has been painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp);
        port2.postMessage(null);
      });
    },
    { capture: true },
  );
}

async function openGraph(browser, preset) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.addInitScript(watch);
  await page.goto(BASE_URL);
  await page.waitForSelector('html[data-ready="true"]');
  await page.getByTestId("view-switch").click();
  await page.getByTestId("network-name").click();
  await page.locator(`[data-testid="preset"][data-preset="${preset}"]`).click();
  const open = page.getByTestId("open-all");
  await open.click();
  await settled(page);
  return page;
}

/** Waits until no more boxes come. */
async function settled(page) {
  let before = -1;
  for (let now = 0; now !== before; ) {
    before = now;
    await pause(1500);
    now = await page.getByTestId("node").count();
  }
}

/** Frames and long tasks of the page's main thread while `act` runs, from a recorded trace. */
async function traced(browser, page, act) {
  const categories = ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "toplevel"];
  await browser.startTracing(page, { categories });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const mains = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain",
  );
  const onMain = ({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid);
  const drawn = traceEvents
    .filter(({ name }) => name === "DrawFrame")
    .map(({ ts }) => ts / 1000)
    .toSorted((one, other) => one - other);
  const frames = drawn.slice(1).map((at, index) => at - drawn[index]);
  const tasks = traceEvents
    .filter((event) => event.dur && onMain(event) && /RunTask/.test(event.name))
    .map(({ dur }) => dur / 1000);
  return { frames, long: tasks.filter((ms) => ms > LONG_TASK_MS), longest: Math.max(0, ...tasks) };
}

/** Moves the wheel over the middle of the picture. */
async function roll(page, step, key) {
  const view = await page.getByTestId("graph-view").boundingBox();
  await page.mouse.move(view.x + view.width / 2, view.y + view.height / 2);
  if (key) {
    await page.keyboard.down(key);
  }
  for (let move = 0; move < MOVES; move += 1) {
    // Down and up again, or in and out.
    await page.mouse.wheel(0, move < MOVES / 2 ? step : -step);
    await pause(BETWEEN_MS);
  }
  if (key) {
    await page.keyboard.up(key);
  }
}

/** The value that this share of the values does not exceed (nearest rank). */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function row(name, { frames, long, longest }) {
  const ms = (value) => `${value.toFixed(1)} ms`;
  const even = frames.filter((frame) => frame < 1.5 * FRAME_MS).length / frames.length;
  const cells = [
    name,
    frames.length,
    ms(quantile(frames, 0.5)),
    ms(quantile(frames, 0.95)),
    `${(even * 100).toFixed(1)} %`,
    `${long.length} (longest task ${ms(longest)})`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Duplicates a node and takes the copy back, again and again. */
async function edits(browser, preset, name) {
  const page = await openGraph(browser, preset);
  await page.locator(`[data-testid="node"][data-name="${name}"]`).focus();
  await page.keyboard.press("Enter");
  const painted = [];
  const long = await traced(browser, page, async () => {
    for (let edit = 0; edit < EDITS; edit += 1) {
      for (const key of ["Control+d", "Control+z"]) {
        await pause(100);
        await page.evaluate(() => {
          window.painted.length = 0;
        });
        await page.keyboard.press(key);
        await page.waitForFunction(() => window.painted.length > 1);
        // The first key is Control itself.
        painted.push(await page.evaluate(() => window.painted.at(-1)));
      }
    }
  });
  await page.close();
  return { painted, ...long };
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  const page = await openGraph(browser, "resnet-152");
  const nodes = await page.getByTestId("node").count();
  const rolled = [];
  for (const [name, step, key] of [
    ["pan at 100 %", 160, undefined],
    ["zoom", 20, "Control"],
  ]) {
    rolled.push(row(name, await traced(browser, page, () => roll(page, step, key))));
  }
  await page.getByTestId("fit").click();
  await pause(1000);
  for (let step = 0; step < 8; step += 1) {
    await page.getByRole("button", { name: "Zoom in" }).click();
  }
  rolled.push(row("pan with 180 nodes in sight", await traced(browser, page, () => roll(page, 20))));
  await page.close();
  const edited = [];
  for (const [preset, name] of [
    ["resnet-152", "layer1.0.conv1"],
    ["vgg-19", "features.0"],
  ]) {
    const { painted, long, longest } = await edits(browser, preset, name);
    const figures = [0.5, 0.95, 1].map((share) => `${quantile(painted, share).toFixed(1)} ms`);
    edited.push(`| ${preset} | ${figures.join(" | ")} | ${long.length} (${longest.toFixed(1)} ms) |`);
  }
  console.log(`## The picture of the graph
Every block open: ResNet-152 with ${nodes} boxes. Frames as in a trace of Chromium ${browser.version()};
on time is a frame that comes less than one and a half sixtieths of a second after the one before.

| movement | frames | median | 95 % | on time | tasks over ${LONG_TASK_MS} ms |
| --- | --- | --- | --- | --- | --- |
${rolled.join("\n")}

From the key to the end of the frame that shows the new shapes and counts; ${EDITS} times a convolution
duplicated and taken back.

| network | median | 95 % | worst | tasks over ${LONG_TASK_MS} ms (longest) |
| --- | --- | --- | --- | --- |
${edited.join("\n")}
Goals: 60 frames a second; an edit painted in 50 ms (95 %); no task over ${LONG_TASK_MS} ms.
`);
} finally {
  await browser.close();
}
