// Measures the picture of the graph as a person meets it: how evenly it pans and zooms with
// ResNet-50 and ResNet-152 open, how long an edit takes to be painted, and how long until its maps
// are there. It prints tables, writes them into docs/bench.md and asserts nothing: times belong to
// a machine.

import { setTimeout as pause } from "node:timers/promises";

import { chromium } from "@playwright/test";

import { FLAGS } from "../chromium.mjs";
import { writeSection } from "../report.mjs";

const { BASE_URL, CHROMIUM } = process.env;
if (!BASE_URL || !CHROMIUM) {
  throw new Error("BASE_URL or CHROMIUM is not set; start this with `cargo xtask bench`");
}
const VIEWPORT = { width: 1280, height: 800 };
/** Wheel events of each movement, and the time between two of them: a hand at 60 Hz. */
const MOVES = 120;
const BETWEEN_MS = 16;
const EDITS = 30;
/**
 * The time between two edits, in turn: faster than the network is computed anew, as soon as that
 * begins, and in the middle of it.
 */
const PACES_MS = [100, 400, 1000];
const FRAME_MS = 1000 / 60;
const LONG_TASK_MS = 50;

/** Runs in the page: marks keys and the frames that follow them on the recorded timeline. */
function watch() {
  // Keys are measured while they have a number.
  window.edit = { number: 0, shown: undefined };
  addEventListener(
    "keydown",
    (event) => {
      const { number } = window.edit;
      if (number === 0 || event.key === "Control") {
        return;
      }
      performance.mark(`edit:key:${number}`, { startTime: event.timeStamp });
      requestAnimationFrame(() => {
        // What the page holds now is what this frame paints.
        performance.mark(`edit:frame:${number}`);
        const { value } = document.querySelector('[data-testid="total-params"]').dataset;
        window.edit.shown = { number, value };
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
  await page.getByTestId("network-name").click();
  await page.locator(`[data-testid="preset"][data-preset="${preset}"]`).click();
  await settled(page);
  await page.getByTestId("network-menu").click();
  await page.getByTestId("save-maps").waitFor();
  const open = page.getByTestId("open-all");
  if ((await open.count()) > 0) {
    await open.click();
  } else {
    await page.keyboard.press("Escape");
  }
  await settled(page);
  return page;
}

/** Waits until no more cards come. */
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
  const categories = [
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
    "toplevel",
  ];
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
  const runs = traceEvents.filter(
    (event) => event.dur && onMain(event) && /RunTask/.test(event.name),
  );
  const tasks = runs.map(({ dur }) => dur / 1000);
  const long = tasks.filter((ms) => ms > LONG_TASK_MS);
  return { frames, long, longest: Math.max(0, ...tasks), painted: paints(traceEvents, runs) };
}

/**
 * Milliseconds from each numbered key to the end of the task in which its frame was laid out,
 * painted and handed to the compositor: those that passed, and those in which the page's thread had
 * a core.
 */
function paints(traceEvents, tasks) {
  const marks = (kind) =>
    traceEvents.filter(({ name }) => name.startsWith(`edit:${kind}:`)).map(({ name, ts }) => ({
      number: Number(name.split(":")[2]),
      ts,
    }));
  const frames = marks("frame");
  return marks("key").map(({ number, ts: from }) => {
    const frame = frames.find((it) => it.number === number);
    const task = tasks.find(({ ts, dur }) => ts <= frame.ts && frame.ts <= ts + dur);
    const to = task.ts + task.dur;
    const between = tasks.filter(({ ts, dur }) => ts + dur > from && ts < to);
    const ran = between.reduce((sum, { tdur }) => sum + tdur, 0);
    return { passed: (to - from) / 1000, ran: ran / 1000 };
  });
}

/** Moves the wheel over the middle of the picture. */
async function roll(page, step, key) {
  const view = await page.getByTestId("graph-view").boundingBox();
  await page.mouse.move(view.x + view.width / 2, view.y + view.height / 2);
  if (key) {
    await page.keyboard.down(key);
  }
  const rolled = [];
  for (let move = 0; move < MOVES; move += 1) {
    // Down and up again, or in and out. A hand does not wait for the page's answer.
    rolled.push(page.mouse.wheel(0, move < MOVES / 2 ? step : -step));
    await pause(BETWEEN_MS);
  }
  await Promise.all(rolled);
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

/** The page with this network as it opens, the cards of its first screen there. */
async function openNetwork(browser, preset) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.addInitScript(watch);
  await page.goto(BASE_URL);
  await page.waitForSelector('html[data-ready="true"]');
  await page.getByTestId("network-name").click();
  await page.locator(`[data-testid="preset"][data-preset="${preset}"]`).click();
  await settled(page);
  return page;
}

let presses = 0;

/** Presses a key that makes an edit; gives the count of parameters that its frame shows. */
async function press(page, key) {
  const number = (presses += 1);
  await page.evaluate((number) => {
    window.edit.number = number;
  }, number);
  await page.keyboard.press(key);
  await page.waitForFunction((number) => window.edit.shown?.number === number, number, {
    polling: 50,
  });
  return page.evaluate(() => {
    window.edit.number = 0;
    return window.edit.shown.value;
  });
}

/** Makes edits and takes them back, again and again, at different paces. */
async function edits(browser, page, edit) {
  const count = () => page.getByTestId("total-params").getAttribute("data-value");
  const before = await count();
  return traced(browser, page, async () => {
    for (let time = 0; time < EDITS; time += 1) {
      const pace = PACES_MS[time % PACES_MS.length];
      await pause(pace);
      const edited = await edit();
      if (edited === before || edited !== (await count())) {
        throw new Error("the key's frame does not show what the edit did");
      }
      await pause(pace);
      await page.getByTestId("graph-view").locator('[data-testid="stage"][tabindex="0"]').focus();
      if ((await press(page, "Control+z")) !== before) {
        throw new Error("the key's frame does not show the network as it was");
      }
    }
  });
}

/** A node duplicated, with every block open. */
async function duplicates(browser, preset, name) {
  const page = await openGraph(browser, preset);
  const node = page.locator(`[data-testid="node"][data-name="${name}"]`);
  const measured = await edits(browser, page, async () => {
    await node.focus();
    await page.keyboard.press("Enter");
    await pause(100);
    return press(page, "Control+d");
  });
  await page.close();
  return measured;
}

/** Another number of channels, which changes shapes and counts behind it. */
async function channels(browser, preset, name) {
  const page = await openGraph(browser, preset);
  await page.locator('[data-testid="area"][data-area="build"]').click();
  await page.locator(`[data-testid="node"][data-name="${name}"] .node-head`).click();
  const field = page.locator('[data-testid="field"][data-field="channels"]').getByRole("textbox");
  const usual = Number(await field.inputValue());
  const measured = await edits(browser, page, async () => {
    await field.fill(String(2 * usual));
    return press(page, "Enter");
  });
  await page.close();
  return measured;
}

/** From the key to the new maps of LeNet-5 on the screen: C1's number of kernels, and back. */
async function newMaps(browser) {
  const page = await openNetwork(browser, "lenet-5");
  await page.locator('[data-testid="area"][data-area="build"]').click();
  await page.locator('[data-testid="node"][data-name="C1"] .node-head').click();
  const field = page.locator('[data-testid="field"][data-field="channels"]').getByRole("textbox");
  const times = [];
  for (let time = 0; time < 2 * EDITS; time += 1) {
    const wanted = time % 2 === 0 ? 8 : 6;
    await pause(150);
    await field.fill(String(wanted));
    await page.evaluate(() => {
      const key = (event) => {
        window.pressed = event.timeStamp;
      };
      addEventListener("keydown", key, { capture: true, once: true });
    });
    await page.keyboard.press("Enter");
    const shown = await page.waitForFunction((wanted) => {
      const maps = document.querySelectorAll('[data-name="C1"] [data-testid="map"]');
      const mark = performance.getEntriesByName("cnnlab:shown").at(-1);
      return maps.length === wanted && mark?.startTime > window.pressed && mark.startTime;
    }, wanted);
    times.push((await shown.jsonValue()) - (await page.evaluate(() => window.pressed)));
  }
  await page.close();
  return times;
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  const rolled = [];
  let sizes = "";
  for (const [preset, movements] of [
    ["resnet-50", ["pan", "zoom", "pan far"]],
    ["resnet-152", ["pan", "zoom"]],
  ]) {
    const page = await openGraph(browser, preset);
    const nodes = await page.getByTestId("node").count();
    sizes += `${sizes && ", "}${preset} shows ${nodes} layers`;
    for (const movement of movements) {
      if (movement === "pan far") {
        const less = page.getByRole("button", { name: "Show less" });
        while (await less.isEnabled()) {
          await less.click();
        }
        await pause(1000);
      }
      const [step, key] = movement === "zoom" ? [20, "Control"] : [160, undefined];
      const level = await page.getByTestId("graph-view").getAttribute("data-level");
      const what = movement === "zoom" ? "zoom" : `pan, ${level}`;
      rolled.push(row(`${preset}, ${what}`, await traced(browser, page, () => roll(page, step, key))));
    }
    await page.close();
  }
  const edited = [];
  for (const [what, measured] of [
    ["resnet-152, a convolution duplicated", () => duplicates(browser, "resnet-152", "layer1.0.conv1")],
    ["resnet-152, a convolution's channels", () => channels(browser, "resnet-152", "layer1.0.conv1")],
    ["vgg-19, a convolution duplicated", () => duplicates(browser, "vgg-19", "features.0")],
    ["vgg-19, a convolution's channels", () => channels(browser, "vgg-19", "features.0")],
  ]) {
    const { painted, long, longest } = await measured();
    const figure = (times, share) => `${quantile(times, share).toFixed(1)} ms`;
    const passed = painted.map((it) => it.passed);
    const figures = [0.5, 0.95, 1].map((share) => figure(passed, share));
    figures.push(figure(painted.map((it) => it.ran), 0.95));
    edited.push(`| ${what} | ${figures.join(" | ")} | ${long.length} (${longest.toFixed(1)} ms) |`);
  }
  const maps = await newMaps(browser);
  const figures = [0.5, 0.95, 1].map((share) => `${quantile(maps, share).toFixed(1)} ms`);
  const report = `## The graph view
Written by \`cargo xtask bench graph\`. Every block open: ${sizes}. Frames as in a trace of Chromium
${browser.version()}; a frame is on time if it comes less than 25 ms after the one before.

| movement | frames | median | 95 % | on time | tasks over ${LONG_TASK_MS} ms |
| --- | --- | --- | --- | --- | --- |
${rolled.join("\n")}

From the key press to the end of the task in which the browser lays out, paints and submits the frame
that shows the new shapes and counts; ${EDITS} edits and their undos, ${PACES_MS.join(", ")} ms after the one
before. The thread has a core for only part of that time: the engine, the browser and this program use
the cores too.

| edit | median | 95 % | worst | with a core, 95 % | tasks over ${LONG_TASK_MS} ms (longest) |
| --- | --- | --- | --- | --- | --- |
${edited.join("\n")}

From the key press that changes the number of LeNet-5's C1 kernels to the new maps on the screen, on the
CPU: median ${figures[0]}, 95 % ${figures[1]}, worst ${figures[2]}.

Goals: 60 frames a second with 180 nodes; an edit painted in 50 ms (95 %); no task over
${LONG_TASK_MS} ms; LeNet-5's new maps in 100 ms.
`;
  console.log(report);
  writeSection("graph", report);
  console.log("Written to docs/bench.md.");
} finally {
  await browser.close();
}
