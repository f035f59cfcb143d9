import type { Locator, Page } from "@playwright/test";

import { Graph } from "../pages/graph.ts";
import { pixelsOf, pixelsSeen } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/**
 * How many pixels of a map differ from what is seen where it stands. A pixel of the map is a square
 * of the screen, as large as fits, of which the middle is looked at.
 */
async function differing(page: Page, map: Locator): Promise<number> {
  await map.scrollIntoViewIfNeeded();
  const box = await map.boundingBox();
  if (!box) {
    throw new Error("the map is not in the page");
  }
  const { width, height, rgba } = await pixelsOf(map);
  const scale = Math.min(box.width / width, box.height / height);
  const left = (box.width - width * scale) / 2;
  const top = (box.height - height * scale) / 2;
  const clip = { x: box.x + left, y: box.y + top, width: width * scale, height: height * scale };
  const seen = await pixelsSeen(page, await page.screenshot({ clip }));
  let count = 0;
  for (let at = 0; at < width * height; at += 1) {
    const x = Math.floor((((at % width) + 0.5) * seen.width) / width);
    const y = Math.floor(((Math.floor(at / width) + 0.5) * seen.height) / height);
    const there = (y * seen.width + x) * 4;
    const same = [0, 1, 2].every((part) => seen.rgba[there + part] === rgba[at * 4 + part]);
    count += same ? 0 : 1;
  }
  return count;
}

/** All maps of a layer are seen, each at its place: they are not all alike. */
async function expectSeen(page: Page, maps: Locator, count: number): Promise<void> {
  await expect(maps).toHaveCount(count);
  const pictures = new Set<string>();
  for (let channel = 0; channel < count; channel += 1) {
    const map = maps.nth(channel);
    await expect.poll(() => differing(page, map), `channel ${channel}`).toBe(0);
    pictures.add((await pixelsOf(map)).rgba.join());
  }
  expect(pictures.size).toBeGreaterThan(1);
}

// Dozens of screenshots.
test.describe.configure({ timeout: 120_000 });

for (const fine of [1, 2]) {
  test.describe(`with ${fine} pixels of the screen for one of the page`, () => {
    test.use({ deviceScaleFactor: fine });

    test("What is seen in a box is what its maps hold, also after a stroke and nearer", async ({
      lab,
      page,
    }) => {
      await lab.open();
      const graph = new Graph(page);
      await graph.show();
      for (const [name, count] of [["C1", 6], ["C3", 16]] as const) {
        await expectSeen(page, graph.node(name).getByTestId("map"), count);
      }
      const before = await pixelsOf(lab.maps("C1").first());
      await lab.drawStroke([
        [0.2, 0.2],
        [0.8, 0.8],
      ]);
      await expect.poll(() => pixelsOf(lab.maps("C1").first())).not.toEqual(before);
      await expectSeen(page, graph.node("C1").getByTestId("map"), 6);
      for (let step = 0; step < 5; step += 1) {
        await page.getByRole("button", { name: "Zoom in" }).click();
      }
      expect((await graph.camera()).zoom).toBe(300);
      await expectSeen(page, graph.node("C1").getByTestId("map"), 6);
    });

    test("What is seen in a card and in the inspector is what the maps hold", async ({
      lab,
      page,
    }) => {
      await lab.open();
      await lab.showList();
      for (const [name, count] of [["C1", 6], ["S4", 16]] as const) {
        await expectSeen(page, lab.maps(name), count);
      }
      await lab.inspect("S4");
      await lab.unfold("maps");
      await expectSeen(page, page.getByTestId("sheet-map"), 16);
      await lab.inspect("C3");
      await lab.unfold("partials");
      // Six input channels: input, kernel and partial map of each.
      await expectSeen(page, page.getByTestId("partial-row").locator("canvas"), 18);
    });
  });
}

for (const view of ["picture", "list"] as const) {
  test(`Maps that become larger keep their canvases: ${view}`, async ({ lab, page }) => {
    await lab.open();
    if (view === "list") {
      await lab.showList();
    }
    const maps = lab.maps("tanh1");
    await expect(maps).toHaveCount(6);
    await expect.poll(() => pixelsOf(maps.first())).toMatchObject({ width: 28, height: 28 });
    const before = await pixelsOf(maps.first());
    // Nothing of what is the same about them is written again.
    await maps.evaluateAll((canvases) => {
      const again = { count: 0 };
      const watch = new MutationObserver((changes) => (again.count += changes.length));
      for (const canvas of canvases) {
        watch.observe(canvas, { attributeFilter: ["class", "data-channel", "data-testid", "role"] });
      }
      Object.assign(window, { again });
    });
    const kept = await maps.first().elementHandle();
    await lab.inspect("C1");
    await lab.setField("kernel", "3");
    await expect(lab.node("tanh1")).toHaveAttribute("data-shape", "6x30x30");
    await expect.poll(() => pixelsOf(maps.first())).toMatchObject({ width: 30, height: 30 });
    await expectSeen(page, maps, 6);
    await lab.undoEdit.click();
    await expect.poll(() => pixelsOf(maps.first())).toEqual(before);
    await expectSeen(page, maps, 6);
    const written = () => page.evaluate(() => (window as unknown as { again: { count: number } }).again.count);
    expect(await written()).toBe(0);
    expect(await kept?.evaluate((canvas) => canvas.isConnected)).toBe(true);
  });

  test(`What does not run has no maps, and says so: ${view}`, async ({ lab }) => {
    await lab.open();
    if (view === "list") {
      await lab.showList();
    }
    await expect(lab.maps("S2")).toHaveCount(6);
    await expect.poll(() => pixelsOf(lab.maps("S2").first())).toMatchObject({ width: 14 });
    const before = await pixelsOf(lab.maps("S2").first());
    const inspector = lab.column("Inspector").getByTestId("not-running");

    // A problem behind S2: what lies before it goes on.
    await lab.inspect("S4");
    await lab.setField("kernel", "20");
    await expect(lab.stillRunning).toBeVisible();
    await expect(lab.maps("S2")).toHaveCount(6);
    await lab.node("tanh5").scrollIntoViewIfNeeded();
    await expect(lab.node("tanh5")).toContainText("Waits for the nodes before it.");
    await lab.inspect("S2");
    await expect(lab.column("Inspector").getByTestId("section-maps")).toBeVisible();
    await expect(inspector).toHaveCount(0);
    await expect(lab.maps("S2")).toHaveCount(6);
    await expect.poll(() => pixelsOf(lab.maps("S2").first())).toEqual(before);

    // Of the same size as before, and of another: S2 is no longer what runs.
    const doesNotRun = async () => {
      await expect(lab.maps("S2")).toHaveCount(0);
      await expect(lab.node("S2")).toContainText("Does not run as it stands here.");
    };
    await lab.inspect("C1");
    await lab.field("bias").getByRole("checkbox").uncheck();
    await doesNotRun();
    await lab.setField("kernel", "3");
    await expect(lab.node("S2")).toHaveAttribute("data-shape", "6x15x15");
    await doesNotRun();
    await expect(lab.maps("input")).toHaveCount(1);
    await lab.inspect("S2");
    await expect(inspector).toContainText("problems elsewhere");

    for (let undo = 0; undo < 3; undo += 1) {
      await lab.undoEdit.click();
    }
    await expect(lab.stillRunning).toHaveCount(0);
    await expect(inspector).toHaveCount(0);
    await expect.poll(() => pixelsOf(lab.maps("S2").first())).toEqual(before);
  });
}

test("A network that the engine refuses for its size has no maps, and says so", async ({ lab }) => {
  await lab.open();
  const maps = lab.maps("tanh1");
  await expect(maps).toHaveCount(6);
  await lab.inspect("C1");
  await lab.setField("channels", "1048576");
  await expect(lab.errors).toContainText("The network as it is now does not run");
  for (const name of ["input", "C1", "tanh1"]) {
    await expect(lab.node(name)).toContainText("Does not run as it stands here.");
  }
  await expect(maps).toHaveCount(0);
  await expect(lab.node("tanh1")).toHaveAccessibleName(/Does not run as it stands here/);
  await lab.undoEdit.click();
  await expect(maps).toHaveCount(6);
  await expect(lab.node("input")).not.toContainText("Does not run");
  await expect.poll(() => pixelsOf(maps.first())).toMatchObject({ width: 28, height: 28 });
});
