import { expect, test } from "../pages/test.ts";
import { Training } from "../pages/training.ts";

/** The first step on a software adapter compiles its shaders for a minute or more. */
const FIRST_STEP = 300_000;

test("Two steps on WebGPU have the losses that the CPU's have", async ({ lab, page, request }) => {
  test.skip(
    !(await request.head("engine/engine-gpu.wasm")).ok(),
    "this build has no WebGPU engine (`cargo xtask build --no-gpu`)",
  );
  test.setTimeout(2 * FIRST_STEP);
  const training = new Training(page);
  const losses = async (): Promise<number[]> => {
    const both: number[] = [];
    for (const step of [1, 2]) {
      await training.oneStep.click();
      await expect.poll(() => training.step(), { timeout: FIRST_STEP }).toBe(step);
      await expect(training.status).toHaveText("paused");
      both.push(await training.lastLoss());
    }
    return both;
  };
  await lab.open();
  await lab.showArea("train");
  const cpu = await losses();
  await training.stop.click();
  await lab.undoEdit.click();
  await lab.chooseDevice("webgpu");
  await expect(lab.badge).toContainText(/^WebGPU · /, { timeout: FIRST_STEP });
  const gpu = await losses();
  // The first is of the same weights, the second of weights that the first gradients have changed.
  for (const [at, loss] of cpu.entries()) {
    expect(Math.abs((gpu[at] ?? Number.NaN) - loss), `step ${at + 1}`).toBeLessThan(1e-3 * (1 + loss));
  }
  await expect(lab.errors).toHaveCount(0);
});
