import type { Locator, Page } from "@playwright/test";

import { pixelsSeen } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** How many pixels of an element on the screen have each colour. */
async function colours(page: Page, element: Locator): Promise<Map<string, number>> {
  const { rgba } = await pixelsSeen(page, await element.screenshot());
  const counts = new Map<string, number>();
  for (let at = 0; at < rgba.length; at += 4) {
    const colour = rgba.slice(at, at + 3).join();
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

/** The colour that most of an element has. */
async function main(page: Page, element: Locator): Promise<string> {
  const found = [...(await colours(page, element))];
  return found.reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`In high contrast, ${colorScheme}, what colours tell is still there`, async ({ lab, page }) => {
    await page.emulateMedia({ forcedColors: "active", colorScheme });
    await page.setViewportSize({ width: 1440, height: 900 });
    await lab.open();
    await lab.showList();

    // Each family's piece of the bar, in its own colour.
    const bar = page.getByRole("img", { name: /^Share of Parameters/ });
    const wide = [];
    for (const piece of await bar.locator("span").all()) {
      if (((await piece.boundingBox())?.width ?? 0) > 8) {
        wide.push(await main(page, piece));
      }
    }
    expect(wide.length).toBeGreaterThan(1);
    expect(new Set(wide).size).toBe(wide.length);

    // The best class's bar is another colour than its track.
    const best = page.locator(".bars li[data-best='true'] .bar-track");
    expect((await colours(page, best)).size).toBeGreaterThan(1);

    // The chosen source, the selected layer, the chosen view.
    expect(await main(page, lab.source("draw"))).not.toBe(await main(page, lab.source("photo")));
    await lab.edit("C3");
    await expect(lab.node("C3")).toHaveCSS("outline-style", "solid");
    await expect(lab.node("C1")).toHaveCSS("outline-style", "none");
    const list = page.getByTestId("show-list");
    expect(await main(page, list)).not.toBe(await main(page, page.getByTestId("view-switch")));

    // The focus.
    await page.keyboard.press("Tab");
    await expect(page.locator(":focus")).toHaveCSS("outline-style", "solid");

    // White ink on black paper.
    expect((await colours(page, lab.pad)).has("0,0,0")).toBe(true);
    expect((await colours(page, lab.pad)).has("255,255,255")).toBe(true);

    // Families in the list.
    const stripe = (name: string) =>
      lab.node(name).evaluate((node) => getComputedStyle(node, "::after").backgroundColor);
    const stripes = await Promise.all(["C1", "tanh1", "S2", "F6"].map(stripe));
    expect(new Set(stripes).size).toBe(stripes.length);

    // Maps are pictures: they keep their colours.
    await expect.poll(async () => (await colours(page, lab.maps("C1").first())).size).toBeGreaterThan(3);
  });
}

test("Where a person wants no motion nothing glides", async ({ lab, page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await lab.open();
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        const glides = transitionDuration.split(",").some((time) => parseFloat(time) > 0);
        return glides || animationName !== "none";
      })
      .map((element) => element.outerHTML.slice(0, 80)),
  );
  expect(moving).toEqual([]);
});
