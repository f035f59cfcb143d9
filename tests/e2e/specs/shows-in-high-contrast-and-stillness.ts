import type { Locator, Page } from "@playwright/test";

import { Graph } from "../pages/graph.ts";
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
    // Families over the cards, each in its own colour.
    const stripe = async (name: string) =>
      main(page, new Graph(page).stage(name).locator(".fam i").first());
    const stripes = [await stripe("C1"), await stripe("F6"), await stripe("input")];
    expect(new Set(stripes).size).toBe(stripes.length);

    // The best class's bar is another colour than its track.
    const best = page.locator(".bars li[data-best='true'] .bar-track");
    expect((await colours(page, best)).size).toBeGreaterThan(1);

    // The focus.
    await lab.source("draw").focus();
    await page.keyboard.press("Tab");
    await expect(page.locator(":focus")).toHaveCSS("outline-style", "solid");

    // The chosen source, the selected card, the chosen view.
    expect(await main(page, lab.source("draw"))).not.toBe(await main(page, lab.source("photo")));
    const list = page.getByTestId("show-list");
    expect(await main(page, list)).not.toBe(await main(page, page.getByTestId("view-switch")));
    await lab.edit("C3");
    await expect(new Graph(page).stage("C3")).toHaveCSS("outline-style", "solid");
    await expect(new Graph(page).stage("C1")).toHaveCSS("outline-style", "none");

    // White ink on black paper.
    expect((await colours(page, lab.pad)).has("0,0,0")).toBe(true);
    expect((await colours(page, lab.pad)).has("255,255,255")).toBe(true);

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
