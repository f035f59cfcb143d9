import type { Locator, Page } from "@playwright/test";

import { Graph } from "../pages/graph.ts";
import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { type At, Fingers } from "../pages/touch.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** Where the page is scrolled to, and how far the browser has zoomed it. */
const placeOfPage = (page: Page) =>
  page.evaluate(() => ({ top: window.scrollY, zoom: window.visualViewport?.scale }));

async function openPicture(lab: Lab, page: Page): Promise<Graph> {
  await lab.open();
  await lab.tab("Network").tap();
  const graph = new Graph(page);
  await expect(graph.viewport).toBeVisible();
  // Between the tabs above and the totals below.
  await graph.viewport.evaluate((it) => it.scrollIntoView({ block: "center" }));
  return graph;
}

/** Waits until something is picked up. */
const lifted = (page: Page) => async () => {
  await expect(page.locator(".graph-lifted")).toBeVisible();
};

/** The middle of the picture's viewport. */
async function middle(graph: Graph): Promise<At> {
  return graph.middle(graph.viewport);
}

test("One finger moves the picture, and the page stays where it is", async ({ lab, page }) => {
  const graph = await openPicture(lab, page);
  const [before, where] = [await graph.camera(), await placeOfPage(page)];
  // Beside the dots in the middle, from which wires are led.
  const [x, y] = await middle(graph);
  await new Fingers(page).drag([
    [
      [x - 90, y + 100],
      [x - 90, y - 100],
    ],
  ]);
  await expect.poll(async () => (await graph.camera()).top).toBeGreaterThan(before.top + 100);
  expect((await graph.camera()).zoom).toBe(before.zoom);
  expect(await placeOfPage(page)).toEqual(where);
});

test("Two fingers zoom the picture, and the page stays as it is", async ({ lab, page }) => {
  const graph = await openPicture(lab, page);
  const [before, where] = [await graph.camera(), await placeOfPage(page)];
  const [x, y] = await middle(graph);
  const apart = (by: number): [At, At] => [
    [x - by, y],
    [x + by, y],
  ];
  const spread = (from: number, to: number) => {
    const [[left, right], [lefter, righter]] = [apart(from), apart(to)];
    return new Fingers(page).drag([
      [left, lefter],
      [right, righter],
    ]);
  };
  await spread(120, 40);
  await expect.poll(async () => (await graph.camera()).zoom).toBeLessThan(before.zoom * 0.5);
  await spread(40, 120);
  await expect.poll(async () => (await graph.camera()).zoom).toBeGreaterThan(before.zoom * 0.8);
  expect(await placeOfPage(page)).toEqual(where);
});

test("A finger that rests on a node picks it up and puts it on another wire", async ({
  lab,
  page,
}) => {
  const graph = await openPicture(lab, page);
  const where = await placeOfPage(page);
  const names = await graph.names();
  expect(names.slice(0, 4)).toEqual(["input", "C1", "tanh1", "S2"]);
  await new Fingers(page).drag(
    [[await graph.middle(graph.node("tanh1")), await graph.between("S2", "C3")]],
    { rest: lifted(page) },
  );
  await expect
    .poll(async () => (await graph.names()).slice(0, 4))
    .toEqual(["input", "C1", "S2", "tanh1"]);
  expect(await placeOfPage(page)).toEqual(where);
  await lab.undoEdit.tap();
  await expect.poll(() => graph.names()).toEqual(names);
});

test("A finger leads a wire from a node's dot to another node", async ({ lab, page }) => {
  const graph = await openPicture(lab, page);
  await new Fingers(page).drag([
    [await graph.middle(graph.port("C1")), await graph.middle(graph.node("S2"))],
  ]);
  await expect(graph.said).toHaveText("C1 feeds S2");
  // Nobody takes tanh1's output any longer, and its note says so.
  await expect(lab.problem("tanh1")).toContainText("No layer takes this output");
  await lab.undoEdit.tap();
  await expect(lab.problems).toHaveCount(0);
});

/** Opens the palette's sheet and brings an entry into view. */
async function offered(lab: Lab, page: Page, layer: string, variant?: string): Promise<Locator> {
  await page.getByTestId("palette-toggle").tap();
  const item = lab.paletteItem(layer, variant);
  await lab.bringIntoView(item);
  return item;
}

test("A finger carries a layer from the palette to a wire", async ({ lab, page }) => {
  const graph = await openPicture(lab, page);
  const wire = await graph.between("C1", "tanh1");
  const item = await offered(lab, page, "batch_norm");
  await new Fingers(page).drag([[await graph.middle(item), wire]], {
    rest: async () => {
      await expect(graph.spots.first()).toBeVisible();
    },
  });
  await expect
    .poll(async () => (await graph.names()).slice(1, 4))
    .toEqual(["C1", "norm", "tanh1"]);
  // Picked up once, put down once.
  await expect(graph.spots).toHaveCount(0);
  await expect(lab.nodes).toHaveCount(15);
});

test("A tap puts a layer behind the selected node, and a swipe scrolls the palette", async ({
  lab,
  page,
}) => {
  const graph = await openPicture(lab, page);
  const item = await offered(lab, page, "conv");
  const [x, y] = await graph.middle(item);
  const items = lab.palette.locator(".palette-items");
  await new Fingers(page).drag([
    [
      [x, y],
      [x, y - 120],
    ],
  ]);
  await expect.poll(() => items.evaluate((it) => it.scrollTop)).toBeGreaterThan(50);
  await expect(graph.spots).toHaveCount(0);
  await lab.bringIntoView(item);
  await item.tap();
  await expect(lab.nodes).toHaveCount(15);
  // The sheet lay over the network.
  await expect(lab.palette).toHaveCount(0);
});
