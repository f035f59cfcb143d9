import { MEGABYTE, noteMemory, scales } from "../pages/memory.ts";
import { expect, test } from "../pages/test.ts";
import { Training } from "../pages/training.ts";

/** Runs in a worker before its own script: the memories of its programs are noted. */
function noteMemories(): void {
  const memories: WebAssembly.Memory[] = [];
  Object.assign(globalThis, { memories });
  const note = ({ exports }: WebAssembly.Instance): void => {
    for (const it of Object.values(exports)) {
      if (it instanceof WebAssembly.Memory) memories.push(it);
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
}

/** Steps before the first weighing: the time machine and the curve are full, and all shapes were made. */
const WARM = 2_000;
/** Steps between two weighings, and how many of these: about an hour of training on a slow machine. */
const ROUND = 2_000;
const ROUNDS = 4;

test(`${WARM + ROUND * ROUNDS} steps of a training leave the memory as it was`, async ({
  lab,
  page,
  context,
}) => {
  test.setTimeout(4 * 3_600_000);
  await context.route("**/worker.js?*", async (route) => {
    const response = await route.fetch();
    const body = `(${noteMemories.toString()})();\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  await noteMemory(page);
  await lab.open();
  await lab.showArea("train");
  const training = new Training(page);
  await page.getByTestId("train-more").click();
  const epochs = page.getByTestId("train-epochs");
  await epochs.fill("1000");
  await epochs.press("Enter");
  await training.start.click();

  const [worker] = page.workers();
  const worked = async (): Promise<number> => {
    const bytes = await worker?.evaluate(() => {
      const { memories } = globalThis as unknown as { memories: WebAssembly.Memory[] };
      return memories.reduce((sum, it) => sum + it.buffer.byteLength, 0);
    });
    expect(bytes, "the engine's memory was found").toBeGreaterThan(MEGABYTE);
    return bytes ?? 0;
  };
  const weigh = await scales(page);
  const until = (step: number) =>
    expect
      .poll(() => training.step(), { timeout: 3_600_000, intervals: [5_000] })
      .toBeGreaterThanOrEqual(step);

  await until(WARM);
  const before = { worker: await worked(), page: await weigh() };
  for (let round = 1; round <= ROUNDS; round += 1) {
    await until(WARM + round * ROUND);
    const [inWorker, inPage] = [await worked(), await weigh()];
    const grown = [inWorker - before.worker, inPage - before.page].map((it) => it / MEGABYTE);
    console.log(`${WARM + round * ROUND} steps: ${grown.map((it) => it.toFixed(1)).join(" MB in the worker, ")} MB in the page more`);
    // A memory of WebAssembly never shrinks; one more copy of the weights and the optimiser's state for
    // each step would be gigabytes.
    expect(inWorker - before.worker, "the engine's memory").toBeLessThan(16 * MEGABYTE);
    expect(inPage - before.page, "the page's memory").toBeLessThan(16 * MEGABYTE);
  }
  await expect(training.status).toHaveText("training");
  await training.pause.click();
  await expect(training.status).toHaveText("paused");
  await expect(training.failure).toHaveCount(0);
});
