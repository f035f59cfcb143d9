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

test("An edit of a layer leaves what is chosen and unfolded of its map", async ({ lab, page }) => {
  await lab.open();
  await lab.edit("C3");
  await lab.advanced();
  await lab.field("bias").getByRole("checkbox").uncheck();
  await lab.showArea("look");
  await lab.lookAt("C3");
  await lab.unfold("histogram");
  await page.getByText("Counts as a table").click();
  await lab.unfold("weights");
  await page.getByTestId("partial-row").nth(3).click();
  // The file's tensor has output, input, row, column.
  const from = page.getByTestId("kernel-name");
  await expect(from).toContainText("weight [0, 3, 0, 0]");
  await expect(page.getByTestId("partial-bias")).toHaveCount(0);

  // With its bias the layer has the same shapes, and other weights.
  await lab.undoEdit.click();
  await expect(page.locator("[data-fact='Parameters']").first()).toContainText("2,416");
  await settled(page);
  await expect(page.getByTestId("partial-bias")).toBeVisible();
  await expect(from).toContainText("weight [0, 3, 0, 0]");
  await expect(page.getByTestId("histogram-row")).toHaveCount(32);
});

test("A press on the view that is shown leaves how much the cards show", async ({ lab, page }) => {
  const graph = new Graph(page);
  await lab.open();
  const before = await graph.level();
  await page.getByRole("button", { name: "Show less" }).click();
  const less = await graph.level();
  expect(less).not.toBe(before);
  await page.getByTestId("view-switch").click();
  await settled(page);
  expect(await graph.level()).toBe(less);
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
