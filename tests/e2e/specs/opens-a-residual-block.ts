import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("A residual block is inserted, opened, and both of its branches show their maps", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.node("S2").click();
  await lab.paletteItem("residual").click();
  await expect(lab.problems).toHaveCount(0);
  const frame = graph.frames.first();
  await expect(frame).toBeVisible();
  const name = (await frame.getAttribute("data-name")) ?? "";
  // Folded it is one box, and opened again a frame around its nodes.
  await frame.getByRole("button").click();
  await expect(graph.block(name)).toBeVisible();
  await graph.block(name).focus();
  await page.keyboard.press("Enter");
  await expect(frame).toBeVisible();

  // He et al. 2016, figure 5 left: two 3×3 convolutions in one branch; where the channels change
  // the other is a 1×1 convolution, side by side with them.
  const around = await graph.place(frame);
  const inside = [];
  for (const node of await graph.viewport.getByTestId("node").all()) {
    const place = await graph.place(node);
    if (place.y > around.y && place.y + place.height < around.y + around.height) {
      inside.push({ node, place, text: (await node.textContent()) ?? "" });
    }
  }
  const threes = inside.filter(({ text }) => text.includes("conv 3×3"));
  const ones = inside.filter(({ text }) => text.includes("conv 1×1"));
  expect([threes.length, ones.length]).toEqual([2, 1]);
  const columns = new Set(inside.map(({ place }) => Math.round(place.x)));
  expect(columns.size, "columns of boxes").toBeGreaterThan(1);
  // S2 gives 14×14; the block has 64 channels, and maps of both branches are seen.
  for (const { node } of inside) {
    await lab.bringIntoView(node);
    await expect(node).toHaveAttribute("data-shape", "64x14x14");
    await expect(node.getByTestId("map").first()).toBeVisible();
  }
});
