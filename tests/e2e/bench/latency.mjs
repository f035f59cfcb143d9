// Measures the page as a person meets it: how long the pen's movement takes to reach the screen,
// whether the page's thread stalls meanwhile, and how long a first visit takes. It prints the
// tables and writes docs/bench.md. It asserts nothing: times belong to a machine.

import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

import { chromium } from "@playwright/test";

import { FLAGS } from "../chromium.mjs";
import { writeSection } from "../report.mjs";

const { BASE_URL, CHROMIUM } = process.env;
if (!BASE_URL || !CHROMIUM) {
  throw new Error("BASE_URL or CHROMIUM is not set; start this with `cargo xtask bench`");
}
const VIEWPORT = { width: 1280, height: 800 };

const DIGITS = 10;
/** Pointer moves for each digit, and the least time between two of them: a pen at 60 Hz. */
const MOVES = 30;
const BETWEEN_MS = 16;

const VISITS = 5;
const RESTARTS = 7;
const SETTLED_MS = 2000;
/** How many times slower a weak machine's page is. */
const SLOWDOWN = 4;
/** 10 Mbit/s, with the round trip of a good home line. */
const LINE = {
  offline: false,
  latency: 20,
  downloadThroughput: 10e6 / 8,
  uploadThroughput: 10e6 / 8,
};

/** Runs in the page before its own scripts: notes when answers were on screen and painted. */
function watch() {
  const seen = { strokes: new Map(), answers: [], stalls: [] };
  window.seen = seen;
  const mark = performance.mark.bind(performance);
  performance.mark = (name, options) => {
    const made = mark(name, options);
    if (name === "cnnlab:stroke") {
      seen.strokes.set(made.detail, made.startTime);
    }
    const from = seen.strokes.get(made.detail);
    if (name === "cnnlab:shown" && from !== undefined) {
      const answer = { shown: made.startTime - from, painted: undefined };
      seen.answers.push(answer);
      requestAnimationFrame(() => {
        // A message sent in a frame's callback comes when the frame has been painted.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          answer.painted = performance.now() - from;
        };
        port2.postMessage(null);
      });
    }
    return made;
  };
  new PerformanceObserver((list) => {
    seen.stalls.push(...list.getEntries().map((entry) => entry.duration));
  }).observe({ type: "longtask" });
}

/** Draws digits with the mouse; gives the milliseconds from pointer event to screen. */
async function drawing(browser) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.addInitScript(watch);
  await page.goto(BASE_URL);
  await page.waitForSelector('html[data-ready="true"]');
  const pad = await page.getByTestId("draw-pad").boundingBox();
  const at = (x, y) => [pad.x + x * pad.width, pad.y + y * pad.height];
  const draw = async () => {
    await page.getByTestId("clear").click();
    await page.mouse.move(...at(0.25, 0.22));
    await page.mouse.down();
    for (let move = 1; move <= MOVES; move += 1) {
      const along = move / MOVES;
      const [x, y] = along < 0.4 ? [0.25 + along * 1.25, 0.22] : [0.75, 0.22];
      const down = Math.max(0, along - 0.4) / 0.6;
      await page.mouse.move(...at(x - 0.3 * down, y + 0.63 * down));
      await pause(BETWEEN_MS);
    }
    await page.mouse.up();
  };
  // Once unmeasured: what is compiled and made on first use.
  await draw();
  await page.evaluate(() => {
    window.seen.answers.length = 0;
    window.seen.stalls.length = 0;
  });
  for (let digit = 0; digit < DIGITS; digit += 1) {
    await draw();
  }
  await pause(500);
  const { answers, stalls } = await page.evaluate(() => ({
    answers: window.seen.answers,
    stalls: window.seen.stalls,
  }));
  const badge = await page.getByTestId("device-badge").textContent();
  await page.close();
  // Such as “CPU · 0.3 ms”; the reason follows.
  return { answers, stalls, device: /^\S+ · \S+ ms/.exec(badge.trim())?.[0] ?? badge };
}

/** Runs in the page before its own scripts: keeps the first mark of each kind. */
function watchMarks() {
  window.first = {};
  const mark = performance.mark.bind(performance);
  performance.mark = (name, options) => {
    const made = mark(name, options);
    window.first[name.replace("cnnlab:", "")] ??= made.startTime;
    return made;
  };
}

/** A first visit on the slow line, with an empty cache, on a page's thread so many times slower. */
async function visit(browser, slowdown) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  await page.addInitScript(watchMarks);
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Network.emulateNetworkConditions", LINE);
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  const requests = [];
  page.on("request", (request) => requests.push(request));
  await page.goto(BASE_URL);
  await page.waitForSelector('html[data-ready="true"]');
  // On the page's own clock: from the start of the navigation to the first answer on screen.
  const { shown, ready: complete } = await page.evaluate(() => window.first);
  const files = new Map();
  for (const request of requests.slice()) {
    const response = await request.response();
    const { responseBodySize } = await request.sizes();
    // Chromium does not tell the size of a worker's start file; its header does.
    const bytes = responseBodySize || Number(await response.headerValue("content-length")) || 0;
    files.set(fileName(request.url()), { bytes, status: response.status() });
  }
  await context.close();
  return { shown, complete, files };
}

/** Ends the engine's worker again and again: milliseconds until another one's answer is on screen. */
async function restarts(browser) {
  const page = await browser.newPage({ viewport: VIEWPORT });
  await page.addInitScript(() => {
    window.shown = [];
    const mark = performance.mark.bind(performance);
    performance.mark = (name, options) => {
      const made = mark(name, options);
      if (name === "cnnlab:shown") window.shown.push(performance.timeOrigin + made.startTime);
      return made;
    };
  });
  await page.goto(BASE_URL);
  await page.waitForSelector('html[data-ready="true"]');
  const times = [];
  for (let time = 0; time < RESTARTS; time += 1) {
    // What follows an answer, such as fetching the whole engine, is not part of it.
    await pause(SETTLED_MS);
    const [worker] = page.workers();
    const ended = await worker.evaluate(() => {
      const now = performance.timeOrigin + performance.now();
      self.close();
      return now;
    });
    const answered = await page.waitForFunction(
      (from) => window.shown.find((at) => at > from),
      ended,
    );
    times.push((await answered.jsonValue()) - ended);
  }
  await page.close();
  return times;
}

/** The path below the site, without the hash that trunk puts into names. */
function fileName(address) {
  const path = decodeURI(address.slice(BASE_URL.length)).replace(/\?.*$/, "");
  return path.replace(/-[0-9a-f]{16}/, "") || "index.html";
}

/** The value that this share of the values does not exceed (nearest rank). */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** A row of the table with the values at these shares. */
function row(name, values, shares, goal) {
  const figures = shares.map((share) => `${quantile(values, share).toFixed(1)} ms`);
  return `| ${name} | ${figures.join(" | ")} | ${goal} |`;
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  const version = browser.version();
  const drawn = await drawing(browser);
  const restarted = await restarts(browser);
  const visits = [];
  const slow = [];
  for (let time = 0; time < VISITS; time += 1) {
    visits.push(await visit(browser, 1));
    slow.push(await visit(browser, SLOWDOWN));
  }
  const painted = drawn.answers.map((answer) => answer.painted).filter((it) => it !== undefined);
  const shown = drawn.answers.map((answer) => answer.shown);
  const loads = (visits, what) => visits.map((one) => one[what]);
  const { files } = visits[0];
  const sizes = [...files].sort(([, one], [, other]) => other.bytes - one.bytes);
  const total = sizes.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  const count = (number) => number.toLocaleString("en-US");
  // The pen also comes down.
  const events = DIGITS * (MOVES + 1);
  const report = `# Measurements

Written by \`cargo xtask bench latency\`. Chromium ${version}, headless, ${VIEWPORT.width}×${VIEWPORT.height};
${cpus().length} cores (${cpus()[0].model.trim()}); ${new Date().toISOString().slice(0, 10)}.

## From the pointer to the screen
${events} pointer events in ${DIGITS} digits, at least ${BETWEEN_MS} ms apart, on LeNet-5 (${drawn.device});
${shown.length} drawings were answered: an event that arrives during a pass belongs to the next drawing.
A time starts at the browser's time stamp of the last pointer event in the drawing, so it includes the
wait for the frame in which the browser dispatches the event. *On screen* is when every map and bar has
been drawn, *painted* when the frame that shows them is done.

| | median | 95 % | worst | goal |
| --- | --- | --- | --- | --- |
${row("maps and bars on screen", shown, [0.5, 0.95, 1], "median 16 ms, 95 % 33 ms")}
${row("… and painted", painted, [0.5, 0.95, 1], "")}

Tasks longer than 50 ms on the page's thread while drawing: ${drawn.stalls.length} (goal: 0)${
    drawn.stalls.length > 0 ? `, the longest ${Math.max(...drawn.stalls)} ms` : ""
  }.

## Restart
From the end of the engine's worker to the answer of another one on screen, ${RESTARTS} times.

| | median | worst | goal |
| --- | --- | --- | --- |
${row("answer after a restart", restarted, [0.5, 1], "100 ms")}

## First visit
At 10 Mbit/s down and up with ${LINE.latency} ms latency (Chromium's own throttle), an empty cache,
${VISITS} visits each; from the start of the navigation to the first answer on screen. Chromium slows down
only the page's thread, not the engine's worker.

| | median | worst | goal |
| --- | --- | --- | --- |
${row("first answer", loads(visits, "shown"), [0.5, 1], "1500 ms")}
${row("… and all its visible maps", loads(visits, "complete"), [0.5, 1], "")}
${row(`first answer, ${SLOWDOWN} times slower`, loads(slow, "shown"), [0.5, 1], "")}
${row("… and all its visible maps", loads(slow, "complete"), [0.5, 1], "")}

| file | bytes transferred |
| --- | --- |
${sizes.map(([name, { bytes }]) => `| ${name} | ${count(bytes)} |`).join("\n")}
| **total** | **${count(total)}** |
`;
  console.log(report);
  writeSection("latency", report);
  console.log("Written to docs/bench.md.");
} finally {
  await browser.close();
}
