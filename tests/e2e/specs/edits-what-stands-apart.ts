import type { Page } from "@playwright/test";

import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

async function select(lab: Lab, first: string, ...others: string[]): Promise<void> {
  await lab.showArea("build");
  await lab.head(first).click();
  for (const other of others) {
    await lab.head(other).click({ modifiers: ["Shift"] });
  }
}

const said = (page: Page) => page.getByTestId("graph-said");

/** What no other layer takes, but for the answer. */
const untaken = (lab: Lab) => lab.problems.filter({ hasText: "No layer takes this output" });

test("A block of layers that others lie between is refused, and which they are is said", async ({
  lab,
  page,
}) => {
  await lab.open();
  const before = await lab.network();
  await select(lab, "C1", "C3");
  await page.keyboard.press("Control+g");
  const why = "“S2” lies between “C1” and “C3”";
  await expect(lab.problems).toHaveCount(1);
  await expect(lab.problems).toContainText(why);
  await expect(said(page)).toContainText(why);
  await expect(page.getByTestId("frame").or(page.getByTestId("block"))).toHaveCount(0);
  await expect.poll(() => lab.network()).toEqual(before);
  await expect(lab.problems).toBeInViewport();
});

test("What was selected is not selected in another network, whose total tells what is trained", async ({ lab, page }) => {
  await lab.open();
  await select(lab, "C1", "C3");
  await lab.openPreset("resnet-18");
  await expect(lab.node("conv1")).toBeVisible();
  const selected = page.locator("[data-testid='node'][data-selected='true']");
  await expect(selected).toHaveCount(1);
  await expect(selected).toHaveAttribute("data-name", "conv1");
  await expect(page.getByTestId("selected-layer").getByRole("heading")).toContainText("conv1");
  // As torchvision counts them; the batch normalisations' means and variances are not among them.
  await lab.totalParams.getByRole("button").click();
  await expect(page.getByTestId("explained")).toContainText("11,689,512");
});

test("Layers that stand apart are copied one behind the other", async ({ context, lab, page }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lab.open();
  const before = (await lab.network()).length;
  await select(lab, "tanh1", "tanh3");
  await page.keyboard.press("Control+c");
  // On a narrow card the button that opens it lies over the names of what follows.
  await lab.head("tanh6").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+v");
  await expect(lab.nodes).toHaveCount(before + 2);
  await expect(untaken(lab)).toHaveCount(0);
  const names = (await lab.network()).map((node) => node.split(",")[0]);
  const at = names.indexOf("tanh6");
  expect(names[at + 3]).toBe("output");
  await expect(said(page)).toHaveText("Done: paste");
});

test("What the palette and undo do is said", async ({ lab, page }) => {
  await lab.open();
  await lab.edit("C1");
  await lab.paletteItem("batch_norm").click();
  await expect(said(page)).toHaveText(/^Done: insert batch norm/);
  await lab.undoEdit.click();
  await expect(said(page)).toHaveText(/^Undone: insert batch norm/);
  await lab.redoEdit.click();
  await expect(said(page)).toHaveText(/^Redone: insert batch norm/);
});
