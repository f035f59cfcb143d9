import type { Locator, Page } from "@playwright/test";

import { Graph } from "../pages/graph.ts";
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
  const menu = page.getByTestId("menu");
  await tabTo(page, menu);
  await page.keyboard.press("Enter");
  await expect(lab.device).toBeVisible();
  await tabTo(page, lab.device);
  await tabTo(page, lab.theme);
  await page.keyboard.press("Escape");
  await expect(menu).toBeFocused();
  await tabTo(page, lab.source("draw"));
  await tabTo(page, lab.pad);
  await tabTo(page, page.getByTestId("pen"));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByTestId("thickness"));
  await tabTo(page, page.getByTestId("gallery-previous-page"));
  await tabTo(page, lab.samples.first());
  await tabTo(page, page.getByTestId("open-recipe"));
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("step-switch-crop")).toBeFocused();
  await tabTo(page, page.getByTestId("network-menu"));
  // In the picture the arrow keys go from card to card.
  const graph = new Graph(page);
  await tabTo(page, graph.stage("input"));
  for (const card of ["C1", "C3", "F5", "F6", "output"]) {
    await page.keyboard.press("ArrowRight");
    await expect(graph.stage(card)).toBeFocused();
  }
  // Enter goes into the card's maps and chooses one.
  await page.keyboard.press("Home");
  await expect(graph.stage("input")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(graph.stage("C1")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.maps("C1").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("viewer")).toBeVisible();
  await tabTo(page, page.getByTestId("viewer"));
});

test("Few Tab stops lie before the network, and the first of them leads into it", async ({
  lab,
  page,
}) => {
  await lab.open();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the network" });
  await expect(skip).toBeFocused();
  const inNetwork = () =>
    lab.column("Network").evaluate((network) => network.contains(document.activeElement));
  // Six in the header, six in the column of the input, and the drawer Learn.
  let stops = 1;
  for (; !(await inNetwork()); stops += 1) {
    expect(stops, "stops before the network").toBeLessThanOrEqual(13);
    await page.keyboard.press("Tab");
  }
  await skip.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await inNetwork()).toBe(true);
});
