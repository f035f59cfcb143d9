import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("A residual block is inserted, opened, and both of its branches show their maps", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await page.locator('[data-testid="area"][data-area="build"]').click();
  await lab.head("S2").click();
  await lab.paletteItem("residual").click();
  await expect(lab.problems).toHaveCount(0);
  const frame = graph.frames.first();
  await expect(frame).toBeVisible();
  const name = (await frame.getAttribute("data-name")) ?? "";
  // Folded it is one card, and opened again a frame around its cards.
  await frame.locator("[data-fold]").click();
  await expect(graph.block(name)).toBeVisible();
  await graph.block(name).focus();
  await page.keyboard.press("Shift+Enter");
  await expect(frame).toBeVisible();

  // He et al. 2016, figure 5 left: two 3×3 convolutions in one branch; where the channels change
  // the other is a 1×1 convolution, below them.
  const around = await graph.place(frame);
  const inside = [];
  for (const stage of await graph.viewport.getByTestId("stage").all()) {
    const place = await graph.place(stage);
    if (place.x > around.x && place.x + place.width < around.x + around.width) {
      inside.push({ stage, place, text: (await stage.textContent()) ?? "" });
    }
  }
  const threes = inside.filter(({ text }) => text.includes("conv 3×3"));
  const ones = inside.filter(({ text }) => text.includes("conv 1×1"));
  expect([threes.length, ones.length]).toEqual([2, 1]);
  expect(ones[0].place.y).toBeGreaterThan(threes[0].place.y);
  expect(ones[0].place.x).toBe(threes[0].place.x);
});
