import type { Locator, Page } from "@playwright/test";

import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** LeNet-5 as the article's code builds it: palette entry, and the settings that are not usual. */
const LAYERS: readonly [layer: string, variant: string | undefined, settings: [string, string][]][] = [
  ["conv", undefined, [["channels", "6"], ["kernel", "5"]]],
  ["activation", "tanh", []],
  ["avg_pool", undefined, []],
  ["conv", undefined, [["channels", "16"], ["kernel", "5"]]],
  ["activation", "tanh", []],
  ["avg_pool", undefined, []],
  ["flatten", undefined, []],
  ["linear", undefined, [["features", "120"]]],
  ["activation", "tanh", []],
  ["linear", undefined, [["features", "84"]]],
  ["activation", "tanh", []],
  ["linear", undefined, [["features", "10"]]],
  ["activation", "softmax", []],
];

/** The article's 61,706 parameters; its multiply-adds summed by hand: 117,600 + 240,000 + 48,000 +
 * 10,080 + 840. */
async function expectLeNet(lab: Lab): Promise<void> {
  await expect(lab.totalParams).toHaveAttribute("data-value", "61706");
  await expect(lab.totalMacs).toHaveAttribute("data-value", "416520");
  await expect(lab.nodes).toHaveCount(1 + LAYERS.length);
  await expect(lab.problems).toHaveCount(0);
  await expect(lab.stillRunning).toHaveCount(0);
  // It runs, with weights nobody has trained.
  await expect(lab.weights).toContainText("seeded random weights");
  await expect(lab.errors).toHaveCount(0);
}

test("A person builds LeNet-5 from an empty network with the mouse", async ({ lab }) => {
  await lab.open();
  await lab.openPreset("empty");
  await expect(lab.nodes).toHaveCount(1);
  await lab.allLayers();
  for (const [layer, variant, settings] of LAYERS) {
    await lab.paletteItem(layer, variant).click();
    for (const [name, text] of settings) {
      await lab.setField(name, text);
    }
  }
  await expectLeNet(lab);
});

/** Presses Tab (or Shift+Tab) until this has the focus. */
async function tabTo(page: Page, wanted: Locator, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 400; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error("400 presses of Tab did not reach it");
}

test("A person begins a network with the keyboard alone", async ({ lab, page }) => {
  await lab.open();
  await tabTo(page, lab.networkName);
  await page.keyboard.press("Enter");
  await tabTo(page, lab.preset("empty"));
  await page.keyboard.press("Enter");
  await expect(lab.nodes).toHaveCount(1);
  await tabTo(page, page.locator("[data-testid='area'][aria-selected='true']"));
  await page.keyboard.press("ArrowRight");
  await expect(lab.palette).toBeVisible();
  // Each way of the keyboard once: the palette's search and its entries, settings, a variant.
  const first = LAYERS.slice(0, 2);
  const search = lab.palette.getByRole("searchbox");
  for (const [layer, variant, settings] of first) {
    // “/” leads to the search from anywhere but a text field.
    await tabTo(page, lab.networkName, "Shift+Tab");
    await page.keyboard.press("/");
    await expect(search).toBeFocused();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(variant ?? layer);
    const item = lab.paletteItem(layer, variant);
    await tabTo(page, item);
    await page.keyboard.press("Enter");
    for (const [name, text] of settings) {
      await tabTo(page, lab.value(name));
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    }
  }
  await expect(lab.nodes).toHaveCount(1 + first.length);
  await expect(lab.totalParams).toHaveAttribute("data-value", "156");
  await expect(lab.problems).toHaveCount(0);
});
