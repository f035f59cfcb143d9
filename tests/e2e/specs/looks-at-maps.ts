import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("A map answers: its value, the patch it came from, and its channel by a click", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  const map = lab.maps("C3").nth(3);
  const { x, y, width, height } = await graph.place(map);
  // C3 has 10×10 values: row 4, column 7 counted from 1.
  await page.mouse.move(x + width * 0.65, y + height * 0.35);
  const value = page.getByTestId("map-value");
  await expect(value).toHaveText(/^row 4, column 7: −?\d+\.\d\d$/);
  // A 5×5 window on each of the six maps of S2, which is 14×14.
  const patches = page.getByTestId("patch");
  await expect(patches).toHaveCount(6);
  const patch = await graph.place(patches.first());
  const source = await graph.place(lab.maps("S2").first());
  expect(patch.width / source.width).toBeCloseTo(5 / 14, 2);
  expect((patch.x - source.x) / source.width).toBeCloseTo(6 / 14, 2);
  expect((patch.y - source.y) / source.height).toBeCloseTo(3 / 14, 2);
  await page.mouse.click(x + width * 0.65, y + height * 0.35);
  await expect(map).toHaveAttribute("data-chosen", "true");
  await expect(lab.node("C3")).toHaveAttribute("data-selected", "true");
  await expect(page.getByTestId("right-panel")).toBeVisible();
});

test("Maps are reached and chosen by keys alone", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.viewport.locator("[tabindex='0']").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(graph.stage("C3")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.maps("C3").first()).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(lab.maps("C3").nth(1)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.maps("C3").nth(1)).toHaveAttribute("data-chosen", "true");
  // The panel takes room from the network, and the keys go on from the map.
  const panel = page.getByTestId("right-panel");
  await expect(panel.getByTestId("viewer")).toBeVisible();
  await expect(lab.maps("C3").nth(1)).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(lab.maps("C3").nth(0)).toBeFocused();
  const tip = graph.viewport.locator(".tip");
  await expect(tip).toContainText("row 6, column 6");
  await page.keyboard.press("Escape");
  await expect(graph.stage("C3")).toBeFocused();
  await expect(tip).toHaveCount(0);

  // Closed from within, it gives the keyboard back to the map.
  await panel.getByTestId("viewer").focus();
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(lab.maps("C3").nth(1)).toBeFocused();
});

test("A layer is inserted by the + on a wire, and a card is unfolded into its layers", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await page.mouse.click(...(await graph.between("S2", "C3")));
  await page.getByRole("searchbox", { name: "Search layers" }).last().fill("batch");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await graph.names()).slice(3, 5))
    .toEqual(["S2", "norm"]);
  await lab.undoEdit.click();
  await graph.stage("C1").focus();
  await page.keyboard.press("Shift+Enter");
  await expect(lab.maps("tanh1")).toHaveCount(6);
  await expect(graph.stage("C1")).not.toContainText("S2");
  await page.keyboard.press("Shift+Enter");
  await expect(graph.stage("C1")).toContainText("S2");
});
