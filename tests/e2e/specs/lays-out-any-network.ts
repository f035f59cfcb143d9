import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("LeNet-5 is seen whole with all its maps at the size of a usual screen", async ({
  lab,
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await lab.open();
  const graph = new Graph(page);
  await expect.poll(() => graph.level()).toBe("near");
  // 6 and 16 maps, twice each, and the input.
  const maps = graph.viewport.locator("[data-testid='map']:not([data-rows])");
  await expect(maps).toHaveCount(45);
  const view = await graph.place(graph.viewport);
  for (const map of await maps.all()) {
    const { x, y, width, height } = await graph.place(map);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(40);
    expect(x + width).toBeLessThanOrEqual(view.x + view.width);
    expect(y + height).toBeLessThanOrEqual(view.y + view.height);
  }
});

test("Inception v1's branches stand below each other and join in one card", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.open("googlenet");
  // Szegedy et al. 2015, figure 3: nine modules.
  await expect(graph.blocks).toHaveCount(9);
  await graph.block("inception3a").focus();
  await page.keyboard.press("Shift+Enter");
  await expect(graph.frame("inception3a")).toBeVisible();
  // Figure 2b: 1×1, 3×3 and 5×5 behind their reductions, and a pool.
  const heads = ["branch1", "branch2.0", "branch3.0", "branch4.0"];
  await expect(async () => {
    const places = [];
    for (const head of heads) {
      places.push(await graph.place(graph.stage(`inception3a.${head}`)));
    }
    places.sort((one, other) => one.y - other.y);
    for (const [before, after] of places.slice(1).map((place, index) => [places[index], place])) {
      expect(after.x).toBe(before.x);
      expect(after.y).toBeGreaterThan(before.y + before.height - 1);
    }
  }).toPass();
  // Table 1: the module's output is 28×28×256.
  await expect(graph.node("inception3a.cat")).toHaveAttribute("data-shape", "256x28x28");
});

test("ResNet-152 opens folded, is opened, edited inside and folded again", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.open("resnet-152");
  // He et al. 2016, table 1: 3 + 8 + 36 + 3 blocks.
  await expect(graph.blocks).toHaveCount(50);
  const block = graph.block("layer1.0");
  const params = await block.getAttribute("data-params");
  await graph.stage("conv1").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+Enter");
  await expect(graph.frame("layer1.0")).toBeVisible();
  await expect(graph.blocks).toHaveCount(49);
  await graph.node("layer1.0.conv2").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+d");
  await expect(lab.undoEdit).toBeEnabled();
  await graph.frame("layer1.0").getByRole("button", { name: "layer1.0" }).click();
  await expect(block).not.toHaveAttribute("data-params", params ?? "");
  await page.keyboard.press("Control+z");
  await expect(block).toHaveAttribute("data-params", params ?? "");
});
