import type { BrowserContext } from "@playwright/test";

import { SEVEN } from "../pages/lab.ts";
import { expect, type Problems, test } from "../pages/test.ts";

const RANDOM = "seeded random weights: the maps are real, the answer is not";

/** Makes the site answer 404 for this file, which the browser's console then tells. */
async function without(context: BrowserContext, problems: Problems, file: RegExp): Promise<void> {
  problems.allow(file);
  await context.route(file, (route) => route.fulfill({ status: 404, body: "missing" }));
}

test("A browser without WebAssembly SIMD is told what it lacks and which browsers have it", async ({
  context,
  lab,
  page,
}) => {
  await context.route(/worker\.js/, async (route) => {
    const response = await route.fetch();
    const prelude = "WebAssembly.validate = () => false;\n";
    await route.fulfill({ response, body: prelude + (await response.text()) });
  });
  await page.goto("./");
  await expect(lab.errors).toContainText("no WebAssembly SIMD, which the engine needs");
  await expect(lab.errors).toContainText("Firefox from 89");
  // What needs no engine is there all the same.
  await expect(lab.totalParams).toHaveAttribute("data-value", "61706");
});

test("Without its weights the network goes on with random ones, and says so", async ({
  context,
  lab,
  problems,
}) => {
  await without(context, problems, /lenet-5\.safetensors/);
  await lab.open();
  await expect(lab.errors).toContainText("models/lenet-5.safetensors is missing from the site");
  await expect(lab.errors).toContainText("random weights");
  await expect(lab.weights).toHaveText(RANDOM);
  await expect(lab.untrained).toHaveText(
    "Untrained: random weights, so the answer is a guess.",
  );
  await lab.clear();
  const blank = await lab.allMaps();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText(/^[0-9]$/);
  expect((await lab.allMaps())["C1"]).not.toBe(blank["C1"]);
});

test("Weights that are damaged are told, and the network goes on with random ones", async ({
  context,
  lab,
}) => {
  await context.route(/lenet-5\.safetensors/, (route) => route.fulfill({ body: "not weights" }));
  await lab.open();
  await expect(lab.errors).toContainText("has no trained weights");
  await expect(lab.weights).toHaveText(RANDOM);
});

test("Without the engine's file the page says which one, and a later start works", async ({
  context,
  lab,
  page,
  problems,
}) => {
  await without(context, problems, /engine-first\.wasm/);
  await page.goto("./");
  await expect(lab.errors).toContainText("engine/engine-first.wasm is missing from the site");
  await expect(lab.totalParams).toHaveAttribute("data-value", "61706");

  await context.unroute(/engine-first\.wasm/);
  await page.getByRole("button", { name: "Start again" }).click();
  await lab.waitReady();
  await expect(lab.errors).toHaveCount(0);
  expect(await lab.prediction()).toBe(7);
});

test("Without the engine's script the page says which one", async ({
  context,
  lab,
  page,
  problems,
}) => {
  await without(context, problems, /engine-first\.js/);
  await page.goto("./");
  await expect(lab.errors).toContainText("The engine does not run");
  await expect(lab.errors).toContainText("engine-first");
});

test("Without the worker's start file the page says that the engine does not run", async ({
  context,
  lab,
  page,
  problems,
}) => {
  await without(context, problems, /worker\.js/);
  await page.goto("./");
  await expect(lab.errors).toContainText("The engine does not run");
});

test("Without the gallery a person still draws", async ({ context, lab, problems }) => {
  await without(context, problems, /test-00-images/);
  await lab.open();
  await expect(lab.errors).toContainText("Drawing works without it");
  await expect(lab.predicted).toHaveText("–");
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
