import type { Page } from "@playwright/test";

import { type Answer, elements, Engine, type Graph, openBarePage, zooGraph } from "../pages/engine.ts";
import { expect, test } from "../pages/test.ts";

const SEED = 1;
const GIB = 2 ** 30;
/** Shaders are compiled for tens of seconds on a software adapter. */
const SLOW = 200_000;

/** The full-size networks of the literature, each with the shape of its answer. */
const NETWORKS: readonly [name: string, answer: string][] = [
  ["lenet-5", "10x1x1"],
  ["alexnet", "1000x1x1"],
  ["alexnet-torchvision", "1000x1x1"],
  ["nin", "1000x1x1"],
  ["vgg-16", "1000x1x1"],
  ["vgg-19", "1000x1x1"],
  ["googlenet", "1000x1x1"],
  ["resnet-50", "1000x1x1"],
  ["resnet-152", "1000x1x1"],
  ["resnext-50", "1000x1x1"],
  ["mobilenet", "1000x1x1"],
  // Its 21 classes for each of 64 × 64 places, as many as went in: nothing in it subsamples.
  ["context-basic", "21x64x64"],
];

interface LayerTime {
  readonly node: number;
  readonly ms: number;
  readonly live_bytes: number;
}

function noise(graph: Graph): { kind: "noise"; count: number; seed: number } {
  return { kind: "noise", count: elements(graph.input), seed: SEED };
}

/** Loads a network, runs it on values or a photo at its own resolution and times its layers. */
async function runAndTime(engine: Engine, graph: Graph, shape: string): Promise<Answer> {
  const loaded = await engine.load(graph, SEED);
  expect(loaded, graph.name).toMatchObject({ event: "loaded", trained: 0 });
  const output = graph.nodes[graph.nodes.length - 1];
  const maps = [{ node: output.id, first: 0 }];
  const run = { input: { input: "values" }, maps };
  const traced = await engine.expect("traced", "run", run, [noise(graph)]);
  expect(traced.warning, graph.name).toBeUndefined();
  const [map] = traced.maps as { shape: { channels: number; height: number; width: number } }[];
  const { channels, height, width } = map.shape;
  expect(`${channels}x${height}x${width}`, graph.name).toBe(shape);
  // What ends in maps has no answer: the output's values are those of its map.
  const answers = height === 1 && width === 1;
  const answer = traced.answer as number[];
  expect(answer.length, graph.name).toBe(answers ? elements(map.shape) : 0);
  expect(answer.every(Number.isFinite), graph.name).toBe(true);
  expect(await engine.nonFinite(traced), graph.name).toBe(0);
  // Seeded weights give an answer, not one value everywhere.
  expect(await engine.distinct(traced), graph.name).toBeGreaterThan(1);
  const probable = graph.nodes.findLast((node) => node.layer.kind !== "flatten");
  if (answers && probable?.layer.function === "softmax") {
    const sum = answer.reduce((all, share) => all + share, 0);
    expect(Math.abs(sum - 1), `${graph.name} sums to ${sum}`).toBeLessThan(1e-4);
  }
  const timed = await engine.expect("timed", "time", { runs: 1 });
  const layers = timed.layers as LayerTime[];
  expect(layers.map(({ node }) => node), graph.name).toEqual(graph.nodes.map(({ id }) => id));
  for (const { ms, live_bytes: live } of layers) {
    expect(ms, graph.name).toBeGreaterThanOrEqual(0);
    expect(live, graph.name).toBeGreaterThan(0);
  }
  const peak = Math.max(...layers.map((layer) => layer.live_bytes));
  expect(timed.peak_live_bytes, graph.name).toBeGreaterThanOrEqual(peak);
  expect(timed.total_ms, graph.name).toBeGreaterThan(0);
  expect(timed.memory_bytes, graph.name).toBeLessThan(4 * GIB);
  return timed;
}

function row(graph: Graph, timed: Answer): string {
  const layers = [...(timed.layers as LayerTime[])].sort((one, other) => other.ms - one.ms);
  const slowest = graph.nodes.find(({ id }) => id === layers[0].node)?.name;
  const megabytes = (bytes: unknown): string => ((bytes as number) / 1e6).toFixed(1).padStart(8);
  return [
    graph.name.padEnd(28),
    String(graph.nodes.length).padStart(5),
    (timed.total_ms as number).toFixed(1).padStart(9),
    layers.reduce((sum, { ms }) => sum + ms, 0).toFixed(1).padStart(9),
    megabytes(timed.peak_live_bytes),
    megabytes(timed.memory_bytes),
    ` ${slowest} ${layers[0].ms.toFixed(1)} ms`,
  ].join(" ");
}

async function inFreshWorker<T>(page: Page, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await Engine.start(page, "cpu");
  try {
    return await work(engine);
  } finally {
    await engine.end();
  }
}

test("Every full-size network runs in the page's worker at its own resolution", async ({
  page,
}) => {
  test.setTimeout(SLOW);
  await openBarePage(page);
  const rows = [];
  for (const [name, shape] of NETWORKS) {
    const graph = zooGraph(name);
    const timed = await inFreshWorker(page, (engine) => runAndTime(engine, graph, shape));
    rows.push(row(graph, timed));
  }
  const head = "network                      nodes   pass ms layers ms  live MB   all MB  slowest";
  console.log([head, ...rows].join("\n"));
});

test("A photo runs through MobileNet, and its preparation is told", async ({ page }) => {
  await openBarePage(page);
  const graph = zooGraph("mobilenet");
  const [width, height] = [400, 300];
  const level = { mean: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375] };
  const preparation = { crop: 1, order: "rgb", ...level };
  const input = { input: "photo", width, height, preparation };
  const traced = await inFreshWorker(page, async (engine) => {
    expect(await engine.load(graph, SEED)).toMatchObject({ event: "loaded" });
    const run = { input, maps: [] };
    return await engine.expect("traced", "run", run, [{ kind: "photo", width, height }]);
  });
  const sum = (traced.answer as number[]).reduce((all, share) => all + share, 0);
  expect(Math.abs(sum - 1)).toBeLessThan(1e-4);
  const steps = traced.steps as { channels: number; width: number; height: number }[];
  expect(steps.length).toBeGreaterThan(0);
  for (const { channels, width: shownWidth, height: shownHeight } of steps) {
    expect(channels).toBe(3);
    // For the eye: at most 128 pixels a side.
    expect(Math.max(shownWidth, shownHeight)).toBeLessThanOrEqual(128);
  }
  // The network takes a square, so the last step shows one.
  expect(steps.at(-1)?.width).toBe(steps.at(-1)?.height);
});

test("Two of the largest networks, one after the other in one worker", async ({ page }) => {
  test.setTimeout(SLOW);
  await openBarePage(page);
  await inFreshWorker(page, async (engine) => {
    for (const name of ["vgg-16", "vgg-19", "vgg-16"]) {
      const graph = zooGraph(name);
      expect(await engine.load(graph, SEED), name).toMatchObject({ event: "loaded" });
      const run = { input: { input: "values" }, maps: [] };
      const traced = await engine.expect("traced", "run", run, [noise(graph)]);
      expect((traced.answer as number[]).every(Number.isFinite), name).toBe(true);
    }
  });
});

/** 32,768 × 32,768 weights of 4 bytes are 4.3 GB: more than 32-bit addresses reach. */
const TOO_LARGE = {
  name: "too large",
  input: { channels: 32_768, height: 1, width: 1 },
  nodes: [{ id: 1, name: "fc", layer: { kind: "linear", features: 32_768 }, inputs: [0] }],
};

test("A network over 4 GiB is refused with the sum, and the worker goes on", async ({ page }) => {
  await openBarePage(page);
  const graph = zooGraph("lenet-5");
  await inFreshWorker(page, async (engine) => {
    await engine.load(graph, SEED);
    const refused = await engine.load(TOO_LARGE, SEED);
    expect(refused).toMatchObject({ event: "failed", command: "load" });
    expect(refused.message).toContain("4.3 GB of weights");
    expect(refused.message).toContain("the engine has 4.3 GB");
    // The network before it is still there.
    const run = { input: { input: "values" }, maps: [] };
    const traced = await engine.expect("traced", "run", run, [noise(graph)]);
    expect(traced.answer).toHaveLength(10);
  });
});

test.describe("on WebGPU", () => {
  test.beforeEach(async ({ request }) => {
    const there = (await request.head("engine/engine-gpu.wasm")).ok();
    test.skip(!there, "this build has no WebGPU engine (`cargo xtask build --no-gpu`)");
  });

  for (const name of ["lenet-5", "mobilenet-mini", "squeezenet-1.1"]) {
    test(`Every map of ${name} is the CPU's`, async ({ page }) => {
      test.setTimeout(SLOW);
      await openBarePage(page);
      const graph = zooGraph(name);
      const [cpu, gpu] = [await Engine.start(page, "cpu"), await Engine.start(page, "gpu")];
      for (const engine of [cpu, gpu]) {
        expect(await engine.load(graph, SEED)).toMatchObject({ event: "loaded" });
      }
      const maps = graph.nodes.map(({ id }) => ({ node: id, first: 0 }));
      const picture = noise(graph);
      const input = { input: "values" };
      const mapped = await cpu.expect("mapped", "maps", { input, maps }, [picture]);
      expect(await cpu.nonFinite(mapped)).toBe(0);
      const question = { input, input_bytes: picture.count * 4, maps: mapped.maps };
      const others = [picture, { kind: "answer", answer: mapped.stored } as const];
      const compared = await gpu.expect("compared", "compare", question, others);
      const layers = compared.layers as { node: number; largest: number; relative: number }[];
      expect(layers.map(({ node }) => node)).toEqual(graph.nodes.map(({ id }) => id));
      for (const { node, relative } of layers) {
        const { name: layer } = graph.nodes.find(({ id }) => id === node) ?? { name: "" };
        expect(relative, layer).toBeLessThanOrEqual(1e-3);
      }
      const worst = Math.max(...layers.map(({ relative }) => relative));
      console.log(`${graph.name}: largest relative difference ${worst.toExponential(1)}`);
      await cpu.end();
      await gpu.end();
    });
  }

  test("VGG-16 is refused before anything is allocated on an adapter that binds 128 MiB", async ({
    page,
    context,
  }) => {
    test.setTimeout(SLOW);
    // The standard's least adapter: the real one's answer with two other numbers, in the worker.
    await context.route("**/worker.js?*", async (route) => {
      const response = await route.fetch();
      const body = `(${bindLittle.toString()})(${128 * 2 ** 20});\n${await response.text()}`;
      await route.fulfill({ response, body });
    });
    await openBarePage(page);
    const engine = await Engine.start(page, "gpu");
    const refused = await engine.load(zooGraph("vgg-16"), SEED);
    expect(refused).toMatchObject({ event: "failed", command: "load" });
    // 4096 × 25,088 weights and 4096 biases of 4 bytes; 128 MiB are 134 MB.
    expect(refused.message).toContain("“classifier.0” needs a 411 MB buffer for its weights");
    expect(refused.message).toContain("this adapter binds 134 MB at most");
    // A small network still fits.
    const small = zooGraph("lenet-5");
    expect(await engine.load(small, SEED)).toMatchObject({ event: "loaded" });
    await engine.end();
  });
});

/** Runs in the worker before its own script: the adapter says that it binds this much. */
function bindLittle(bytes: number): void {
  const adapter: object = Reflect.get(globalThis, "GPUAdapter").prototype;
  const limits = Object.getOwnPropertyDescriptor(adapter, "limits")?.get;
  Object.defineProperty(adapter, "limits", {
    get() {
      const names = ["maxStorageBufferBindingSize", "maxBufferSize"];
      const get = (real: object, name: string): unknown =>
        names.includes(name) ? bytes : Reflect.get(real, name, real);
      return new Proxy(limits?.call(this) as object, { get });
    },
  });
}
