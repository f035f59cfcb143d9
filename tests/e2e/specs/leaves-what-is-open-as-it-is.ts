// What a person has unfolded, chosen or sorted stays when something else changes.

import type { Page } from "@playwright/test";

import { Compare } from "../pages/compare.ts";
import { Graph } from "../pages/graph.ts";
import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

/** What is made anew by what has just happened has been made. */
function settled(page: Page): Promise<void> {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 8; frame += 1) {
      await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    }
  });
}

test("An edit of a layer leaves what is chosen and unfolded in the inspector", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.inspect("C3");
  await lab.unfold("reach");
  await page.getByTestId("reach-gradient").check();
  await page.getByText("Counts as a table").click();
  const weights = page.getByTestId("section-weights");
  await weights.locator('.map-grid [data-number="3"]').click();
  await page.getByText("Weights as a table").click();
  await expect(page.getByTestId("kernel-table")).toBeVisible();

  // Without its bias the layer has the same shapes, and other weights.
  await expect(weights).toContainText("bias of channel 0");
  await lab.field("bias").getByRole("checkbox").uncheck();
  await expect(page.locator("[data-fact='Parameters']")).toContainText("2,400");
  await settled(page);
  // Weights are fetched for who sees them.
  await lab.bringIntoView(weights.locator("summary").first());
  await expect(weights).not.toContainText("bias of channel 0");
  await expect(page.getByTestId("kernel-name")).toHaveText("Kernel for input channel 3");
  await expect(page.getByTestId("kernel-table")).toBeVisible();
  await expect(page.getByTestId("reach-gradient")).toBeChecked();
  await expect(page.getByTestId("histogram-row")).toHaveCount(32);

  // Another layer begins as before.
  await lab.inspect("C1");
  await expect(page.getByTestId("reach-gradient")).not.toBeChecked();
  await expect(page.getByTestId("histogram-row")).toHaveCount(0);
});

test("The formula that is unfolded is that of its number, on every layer", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.inspect("C1");
  const unfolded = () =>
    page
      .locator("[data-testid='fact'][open]")
      .evaluateAll((facts) => facts.map((fact) => fact.getAttribute("data-fact")));
  await page.locator("[data-testid='fact'][data-fact='Output'] summary").click();
  await expect.poll(unfolded).toEqual(["Output"]);
  // It has no parameters, so that its numbers stand elsewhere.
  await lab.inspect("S2");
  await expect(page.locator("[data-fact='Parameters']")).toHaveCount(0);
  await expect.poll(unfolded).toEqual(["Output"]);
  await lab.inspect("C3");
  await expect(page.locator("[data-fact='Parameters']")).toHaveCount(1);
  await expect.poll(unfolded).toEqual(["Output"]);
});

test("A press on the view that is shown leaves its zoom", async ({ lab, page }) => {
  const graph = new Graph(page);
  await lab.open();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Zoom in" }).click();
  const { zoom } = await graph.camera();
  expect(zoom).toBeGreaterThan(110);
  await page.getByTestId("view-switch").click();
  await settled(page);
  expect((await graph.camera()).zoom).toBe(zoom);
});

test("A click on the part that is shown, and another experiment, leave the comparison", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pin("VGG-11");
  await compare.pin("LeNet-1");
  await compare.heading("macs").click();
  await compare.heading("macs").click();
  await expect.poll(() => compare.order()).toEqual(["LeNet-1", "VGG-11"]);
  await compare.part("Overview");
  await settled(page);
  await expect.poll(() => compare.order()).toEqual(["LeNet-1", "VGG-11"]);

  await compare.part("What if");
  const keep = new Keep(page);
  await keep.openList();
  await keep.experiments.getByTestId("new-experiment").click();
  await expect(keep.experiments).toBeHidden();
  await settled(page);
  await expect(compare.tray.getByRole("tab", { name: "What if", exact: true })).toHaveAttribute(
    "aria-selected",
    "true",
  );
});
