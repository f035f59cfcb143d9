import { Graph } from "../pages/graph.ts";
import type { Point } from "../pages/lab.ts";
import { readSafetensors } from "../pages/safetensors.ts";
import { expect, test } from "../pages/test.ts";

/** A three as people write it, in one stroke: two bows that meet in the middle. */
const THREE: readonly Point[] = [
  [0.32, 0.22],
  [0.5, 0.15],
  [0.66, 0.24],
  [0.64, 0.38],
  [0.47, 0.48],
  [0.66, 0.57],
  [0.69, 0.73],
  [0.54, 0.85],
  [0.32, 0.8],
];

test("In the first minute a person draws a three, hovers a map, clicks it and reads the arithmetic", async ({
  lab,
  page,
}, info) => {
  await lab.open();
  const steps = page.getByTestId("first-steps").getByRole("listitem");
  const ticked = () => steps.evaluateAll((all) => all.map((step) => step.getAttribute("data-done")));
  await expect.poll(ticked).toEqual(["false", "false", "false"]);
  await lab.clear();
  await lab.drawStroke(THREE);
  await expect(lab.predicted).toHaveText("3");
  await expect.poll(ticked).toEqual(["true", "false", "false"]);

  const saved = info.outputPath("maps.safetensors");
  await (await lab.saveMaps()).saveAs(saved);
  const values = readSafetensors(saved).get("C3")?.values ?? new Float32Array();
  // C3 has sixteen maps of 10×10: the third one's row 4, column 7, counted from 1.
  const [channel, row, column] = [2, 3, 6];
  const engines = values[(channel * 10 + row) * 10 + column];

  const { x, y, width, height } = await new Graph(page).place(lab.maps("C3").nth(channel));
  const at = [x + (width * (column + 0.5)) / 10, y + (height * (row + 0.5)) / 10] as const;
  await page.mouse.move(...at);
  const hovered = page.getByTestId("map-value");
  await expect(hovered).toHaveText(/^row 4, column 7: −?\d+\.\d\d$/);
  const [, shown] = /: (.+)$/.exec((await hovered.textContent()) ?? "") ?? [];
  expect(Math.abs(Number(shown?.replace("−", "-")) - engines)).toBeLessThanOrEqual(0.005 + 1e-6);

  await page.mouse.click(...at);
  await expect(lab.mapValue).toContainText("row 4, column 7:");
  const exact = async (of: string) =>
    Number((await page.getByTestId(of).getAttribute("data-value")) ?? Number.NaN);
  const partials = page.getByTestId("partial-value");
  await expect(partials).toHaveCount(6);
  const parts = await partials.evaluateAll((all) =>
    all.map((part) => Number(part.getAttribute("data-value") ?? Number.NaN)),
  );
  const sum = parts.reduce((sum, part) => sum + part, await exact("partial-bias"));
  expect(sum).toBeCloseTo(engines, 4);
  expect(await exact("partial-sum")).toBeCloseTo(engines, 4);

  // The strip is back where the panel was, and ticks the last step when no three is read.
  await page.getByTestId("close-look").click();
  await expect.poll(ticked).toEqual(["true", "true", "false"]);
  await lab.clear();
  await lab.drawStroke([
    [0.5, 0.15],
    [0.5, 0.85],
  ]);
  await expect(lab.predicted).toHaveText("1");
  await expect.poll(ticked).toEqual(["true", "true", "true"]);
  await page.reload();
  await lab.waitReady();
  await expect(page.getByTestId("first-steps")).toBeHidden();
});
