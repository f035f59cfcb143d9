import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

// Tall enough for the first wires at the picture's own size.
test.use({ viewport: { width: 1440, height: 1000 } });

test("A layer is dragged from the palette to a wire and is cut to it, whatever is selected", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await page.locator('[data-testid="area"][data-area="build"]').click();
  // 16 maps; the wire to it has 6.
  await lab.head("C3").click();
  const [x, y] = await graph.between("S2", "C3");
  await lab.paletteItem("conv", "depthwise").hover();
  await page.mouse.down();
  await page.mouse.move(x + 80, y - 40, { steps: 8 });
  await page.mouse.move(x, y, { steps: 8 });
  await page.mouse.up();
  await expect
    .poll(async () => (await graph.names()).slice(3, 6))
    .toEqual(["S2", "conv", "C3"]);
  await expect(lab.node("conv")).toHaveAttribute("data-shape", "6x14x14");
  await expect(lab.problems).toHaveCount(0);
  await expect(graph.spots).toHaveCount(0);
});

test("A node is dragged to another wire, and let go over paper it stays", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  const pull = async (to: [number, number]) => {
    await page.mouse.move(...(await graph.middle(lab.head("tanh1"))));
    await page.mouse.down();
    await page.mouse.move(...to, { steps: 12 });
    await page.mouse.up();
  };
  const { x, y } = await graph.place(graph.viewport);
  await pull([x + 5, y + 5]);
  await expect.poll(() => graph.names()).toEqual(before);
  await pull(await graph.between("S2", "C3"));
  await expect
    .poll(async () => (await graph.names()).slice(1, 5))
    .toEqual(["C1", "S2", "tanh1", "C3"]);
});

test("A wire is led from a card's dot to another card", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await page.locator('[data-testid="area"][data-area="build"]').click();
  await page.mouse.move(...(await graph.middle(graph.stage("C1"))));
  await page.mouse.move(...(await graph.middle(graph.port("C1"))));
  await page.mouse.down();
  await page.mouse.move(...(await graph.middle(graph.stage("F5"))), { steps: 12 });
  await page.mouse.up();
  await expect(graph.said).toHaveText("S2 feeds F5");
});

test("Shift and a drag over paper select what the frame touches", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const first = await graph.place(graph.stage("F5"));
  const last = await graph.place(graph.stage("F6"));
  await page.keyboard.down("Shift");
  await page.mouse.move(first.x - 4, first.y + first.height + 4);
  await page.mouse.down();
  await page.mouse.move(last.x + 20, last.y + 20, { steps: 8 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  await expect(graph.said).toHaveText("4 layers selected");
});
