import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("inception v1 has its branches with different kernel sizes side by side", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.open("googlenet");
  await graph.block("inception3a").focus();
  await page.keyboard.press("Enter");
  await expect(graph.frame("inception3a")).toBeVisible();
  // Szegedy et al. 2015, figure 2b: 1×1, 3×3 and 5×5 behind their reductions, and a pool.
  const heads = ["branch1", "branch2.0", "branch3.0", "branch4.0"];
  // What nobody has seen yet takes its place in the frames after.
  await expect(async () => {
    const places = [];
    for (const head of heads) {
      places.push(await graph.place(graph.node(`inception3a.${head}`)));
    }
    for (const [before, after] of places.slice(1).map((place, index) => [places[index], place])) {
      expect(after.y).toBe(before.y);
      expect(after.x).toBeGreaterThan(before.x + before.width);
    }
  }).toPass();
  await expect(graph.node("inception3a.branch1")).toContainText("conv 1×1");
  await expect(graph.node("inception3a.branch2.1")).toContainText("conv 3×3");
  await expect(graph.node("inception3a.branch3.1")).toContainText("conv 5×5");
  await expect(graph.node("inception3a.branch4.0")).toContainText("max pool 3×3");
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
  // Three times convolution, norm and ReLU, the projection's two, and the sum.
  await expect(block).toContainText("12 nodes");
  await block.focus();
  await page.keyboard.press("Enter");
  await expect(graph.frame("layer1.0")).toBeVisible();
  await expect(graph.blocks).toHaveCount(49);
  // The keyboard goes on inside, and comes back to the folded block below.
  await expect(graph.viewport.locator(":focus")).toHaveAttribute("data-name", /^layer1\.0\./);
  await graph.node("layer1.0.relu1").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Delete");
  await expect(graph.node("layer1.0.relu1")).toHaveCount(0);
  await graph.frame("layer1.0").getByRole("button").click();
  await expect(block).toContainText("11 nodes");
  await expect(block).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect(block).toContainText("12 nodes");
});
