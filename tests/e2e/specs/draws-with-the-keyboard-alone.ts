import type { Locator, Page } from "@playwright/test";

import { expect, test } from "../pages/test.ts";

/** Presses Tab until this element has the focus, and checks that the focus is seen on the way. */
async function tabTo(page: Page, wanted: Locator, key = "Tab"): Promise<void> {
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press(key);
    const focused = page.locator(":focus");
    const ring = await focused.evaluate((element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
    });
    const what = await focused.evaluate((element) => element.outerHTML.slice(0, 80));
    expect(ring, `the focus ring of ${what}`).toBeGreaterThanOrEqual(1);
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`60 presses of ${key} do not lead there`);
}

async function press(page: Page, key: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await page.keyboard.press(key);
  }
}

test("A person without a mouse draws a one, clears it and picks an MNIST digit", async ({
  lab,
  page,
}) => {
  await lab.open();
  await tabTo(page, lab.pad);

  // The pen begins in the middle: up, down on the paper, a stem, and lifted again.
  await page.keyboard.press("Delete");
  await expect(lab.predicted).toHaveText("–");
  await press(page, "ArrowRight", 3);
  await press(page, "ArrowLeft", 3);
  await press(page, "ArrowUp", 10);
  // The lifted pen leaves the paper blank.
  await expect(lab.predicted).toHaveText("–");
  await page.keyboard.press("Space");
  await press(page, "ArrowDown", 20);
  await page.keyboard.press("Space");
  await expect(lab.predicted).toHaveText("1");

  await page.keyboard.press("Control+z");
  await expect(lab.predicted).toHaveText("–");

  // The fourth test image is a zero.
  await tabTo(page, lab.source("draw"), "Shift+Tab");
  await page.keyboard.press("ArrowRight");
  await expect(lab.source("digits")).toBeFocused();
  await page.keyboard.press("Enter");
  const sample = lab.samples.nth(3);
  await tabTo(page, lab.samples.first());
  await press(page, "ArrowRight", 3);
  await expect(sample).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.sampleTruth).toContainText("test image 4, 0");
  await expect(lab.predicted).toHaveText("0");
  await expect(sample).toHaveAttribute("aria-pressed", "true");
});

test("A person who lives by the keyboard reaches every switch, layer and tool", async ({
  lab,
  page,
}) => {
  await lab.open();
  await tabTo(page, lab.source("draw"));
  await expect(lab.samples).toHaveCount(7);
  await tabTo(page, lab.device, "Shift+Tab");
  const wanted = [
    lab.theme,
    lab.pad,
    page.getByTestId("pen"),
    page.getByTestId("thickness"),
    page.getByTestId("gallery-previous-page"),
    lab.samples.first(),
    page.getByTestId("step-switch-crop"),
    page.getByTestId("save-maps"),
    lab.head("input"),
  ];
  for (const one of wanted) {
    await tabTo(page, one);
  }
  // In the picture the arrow keys go from layer to layer.
  for (let layer = 0; layer < 13; layer += 1) {
    await page.keyboard.press("ArrowDown");
  }
  await expect(lab.head("softmax")).toBeFocused();
  await tabTo(page, page.getByTestId("viewer"));
});
