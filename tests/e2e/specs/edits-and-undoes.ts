import type { Page } from "@playwright/test";

import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** Numbers below `limit` from a seed: the same on every run (a linear congruence, Numerical Recipes). */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** The history itself is tested natively. */
const EDITS = 12;

/** The whole document as the clipboard gets it. */
async function document(lab: Lab, page: Page): Promise<string> {
  await lab.nodes.first().locator(".node-head").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("ControlOrMeta+c");
  return page.evaluate(() => navigator.clipboard.readText());
}

test("Twelve edits and twelve undos give back the same network", async ({ context, lab, page }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lab.open();
  await lab.showList();
  const before = await document(lab, page);
  expect(JSON.parse(before)).toMatchObject({ "cnn-lab": 1 });

  await lab.allLayers();
  const below = random(1998);
  const items = lab.palette.locator("[data-testid='palette-item']:not([data-layer='merge'])");
  const offered = await items.count();
  for (let edit = 0; edit < EDITS; edit += 1) {
    const nodes = await lab.nodes.count();
    const node = lab.nodes.nth(1 + below(nodes - 1)).locator(".node-head");
    await node.click();
    const what = nodes > 6 ? below(4) : 3;
    if (what === 0) {
      await node.press("Delete");
    } else if (what === 1) {
      await node.press("ControlOrMeta+d");
    } else if (what === 2) {
      await lab.setField("name", `layer ${edit}`);
    } else {
      // A block needs to know the shape before it, so it may be refused behind a problem.
      const kinds = (await lab.problems.count()) > 0 ? offered - 8 : offered;
      await items.nth(below(kinds)).click();
    }
  }
  await expect(lab.redoEdit).toBeDisabled();
  // A text field takes back its own typing; elsewhere the keys take back edits.
  await lab.nodes.first().locator(".node-head").focus();
  for (let undo = 0; undo < EDITS; undo += 1) {
    await expect(lab.undoEdit).toBeEnabled();
    await page.keyboard.press("ControlOrMeta+z");
  }
  await expect(lab.undoEdit).toBeDisabled();
  expect(await document(lab, page)).toBe(before);
  // Layers that were gone have their trained values again.
  await expect(lab.weights).toHaveText("trained weights");
});

test("Height and width of their own stay apart when they are alike, until they are linked again", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.edit("C1");
  const kernel = lab.field("kernel");
  const [height, width] = [kernel.getByRole("textbox").nth(0), kernel.getByRole("textbox").nth(1)];
  const link = kernel.getByRole("button", { name: "one number for all" });
  await expect(link).toHaveAttribute("aria-pressed", "true");
  await link.click();
  // 32 − 3 + 1 = 30. The last number makes them alike; the keyboard stays in it, and they stay
  // apart.
  await height.fill("3");
  await height.press("Enter");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "6x30x28");
  await expect(height).toBeFocused();
  await width.fill("3");
  await width.press("Enter");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "6x30x30");
  await expect(width).toBeFocused();
  await expect(link).toHaveAttribute("aria-pressed", "false");
  // Linked again, a number is taken for both: 32 − 5 + 1 = 28 rows and columns.
  await link.click();
  await width.fill("5");
  await width.press("Enter");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "6x28x28");
  await expect(height).toHaveValue("5");
  await page.keyboard.press("Tab");
  await expect(link).toBeFocused();
});

test("The undo keys work from a checkbox and a choice, which take back nothing themselves", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.edit("C1");
  await lab.advanced();
  const bias = lab.field("bias").getByRole("checkbox");
  await bias.uncheck();
  await expect(bias).toBeFocused();
  await expect(lab.node("C1")).toHaveAttribute("data-params", "150");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(bias).toBeChecked();
  await expect(lab.node("C1")).toHaveAttribute("data-params", "156");
  const same = lab.field("padding").getByRole("button", { name: "same" });
  await same.click();
  await expect(same).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(same).toHaveAttribute("aria-pressed", "false");
  await expect(lab.undoEdit).toBeDisabled();
});

test("Layers that are a block already are not wrapped once more", async ({ lab, page }) => {
  await lab.open();
  await lab.node("C3").click();
  await lab.node("tanh3").click({ modifiers: ["Shift"] });
  await page.keyboard.press("Control+g");
  await expect(page.getByTestId("graph-said")).toHaveText("Wrapped as a block");
  await expect(lab.undoEdit).toHaveAttribute("title", /wrap as block 1/);
  await lab.showList();
  await lab.head("C3").click();
  await lab.head("tanh3").click({ modifiers: ["Shift"] });
  await page.keyboard.press("Control+g");
  await lab.showArea("build");
  await expect(lab.problems).toContainText("these layers are a block already: “block 1”");
  await expect(lab.undoEdit).toHaveAttribute("title", /wrap as block 1/);
});
