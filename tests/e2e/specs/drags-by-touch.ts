import type { Page } from "@playwright/test";

import { Graph } from "../pages/graph.ts";
import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { Fingers } from "../pages/touch.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** Where the page is scrolled to, and how far the browser has zoomed it. */
const placeOfPage = (page: Page) =>
  page.evaluate(() => ({ top: window.scrollY, zoom: window.visualViewport?.scale }));

async function openPicture(lab: Lab, page: Page, area: "look" | "build"): Promise<Graph> {
  await lab.open();
  await lab.showArea(area);
  const graph = new Graph(page);
  await expect(graph.viewport).toBeVisible();
  return graph;
}

test("A finger scrolls the network, and the page stays where it is", async ({ lab, page }) => {
  const graph = await openPicture(lab, page, "look");
  const where = await placeOfPage(page);
  const [x, y] = await graph.middle(graph.viewport);
  await new Fingers(page).drag([
    [
      [x, y + 100],
      [x, y - 100],
    ],
  ]);
  await expect.poll(() => graph.viewport.evaluate((it) => it.scrollTop)).toBeGreaterThan(50);
  expect(await placeOfPage(page)).toEqual(where);
  // A scroll is no tap.
  await expect(lab.undoEdit).toBeDisabled();
  await expect(page.getByTestId("right-panel")).toBeHidden();
});

test("A finger that rests on a layer picks it up and puts it on another wire", async ({
  lab,
  page,
}) => {
  const graph = await openPicture(lab, page, "look");
  const where = await placeOfPage(page);
  expect((await graph.names()).slice(0, 4)).toEqual(["input", "C1", "tanh1", "S2"]);
  await new Fingers(page).drag(
    [[await graph.middle(graph.node("tanh1")), await graph.between("S2", "C3")]],
    {
      rest: async () => {
        await expect(page.getByText("Moving: let go near a wire")).toBeVisible();
      },
    },
  );
  await expect
    .poll(async () => (await graph.names()).slice(0, 4))
    .toEqual(["input", "C1", "S2", "tanh1"]);
  expect(await placeOfPage(page)).toEqual(where);
});

test("A finger carries a layer from the palette to a wire", async ({ lab, page }) => {
  const graph = await openPicture(lab, page, "build");
  const wire = await graph.between("S2", "C3");
  await new Fingers(page).drag([[await graph.middle(lab.paletteItem("batch_norm")), wire]], {
    rest: async () => {
      await expect(graph.spots.first()).toBeVisible();
    },
  });
  // Picked up once, put down once.
  await expect.poll(async () => (await graph.names()).slice(3, 6)).toEqual(["S2", "norm", "C3"]);
  await expect(graph.spots).toHaveCount(0);
});

test("A tap on a layer brings its settings into view", async ({ lab, page }) => {
  await openPicture(lab, page, "build");
  await lab.head("C1").tap();
  await expect(lab.field("kernel")).toBeInViewport();
  await expect(lab.palette).toBeVisible();
});

test("A tap puts a layer behind the selected one, and a swipe scrolls the palette", async ({
  lab,
  page,
}) => {
  const graph = await openPicture(lab, page, "build");
  const item = lab.paletteItem("conv");
  const [x, y] = await graph.middle(item);
  await new Fingers(page).drag([
    [
      [x, y],
      [x, y - 120],
    ],
  ]);
  const sheet = page.getByTestId("right-panel");
  await expect.poll(() => sheet.evaluate((it) => it.scrollTop)).toBeGreaterThan(50);
  await expect(graph.spots).toHaveCount(0);
  await expect(lab.undoEdit).toBeDisabled();
  await lab.bringIntoView(item);
  await item.tap();
  await expect.poll(async () => (await graph.names()).slice(1, 4)).toEqual(["C1", "conv", "tanh1"]);
});
