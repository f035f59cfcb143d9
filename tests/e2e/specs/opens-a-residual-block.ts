import { Graph } from "../pages/graph.ts";
import { pixelsOf } from "../pages/lab.ts";
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

  // He et al. 2016, figure 5 left: two 3×3 convolutions in one branch; where the shape stays the
  // other is the input itself, so the sum takes S2's maps and those of the second norm.
  const around = await graph.place(frame);
  const inside = [];
  for (const node of await graph.viewport.getByTestId("node").all()) {
    const place = await graph.place(node);
    if (place.y > around.y && place.y + place.height < around.y + around.height) {
      inside.push(node);
    }
  }
  const convolutions = await Promise.all(inside.map((node) => node.textContent()));
  expect(convolutions.filter((text) => text?.includes("conv 3×3"))).toHaveLength(2);
  // S2 gives 6×14×14: both branches have its shape, and their sum, too.
  for (const node of [...inside, graph.node("S2")]) {
    await expect(node).toHaveAttribute("data-shape", "6x14x14");
    const maps = node.getByTestId("map");
    await expect(maps).toHaveCount(6);
    const { width, height } = await pixelsOf(maps.first());
    expect([width, height]).toEqual([14, 14]);
    // Not one colour alone: there are values in them.
    await expect
      .poll(async () => {
        const { rgba } = await pixelsOf(maps.first());
        return new Set(rgba.filter((_, at) => at % 4 === 0)).size;
      })
      .toBeGreaterThan(1);
  }
});
