import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("M moves a layer to another wire, and undo brings it back", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  expect(before.slice(0, 6)).toEqual(["input", "C1", "tanh1", "S2", "C3", "tanh3"]);
  await graph.node("tanh1").focus();
  await page.keyboard.press("m");
  await expect(graph.said).toHaveText("between S2 and C3");
  await page.keyboard.press("ArrowDown");
  await expect(graph.said).toHaveText("between flatten and F5");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(graph.said).toHaveText("Moved between S2 and C3");
  await expect
    .poll(async () => (await graph.names()).slice(0, 5))
    .toEqual(["input", "C1", "S2", "tanh1", "C3"]);
  await expect(graph.stage("tanh1")).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect.poll(() => graph.names()).toEqual(before);

  // Escape leaves everything as it was.
  await graph.stage("C3").focus();
  for (const mode of ["m", "c"]) {
    await page.keyboard.press(mode);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Escape");
    await expect(graph.said).toHaveText("Cancelled");
    await expect(graph.stage("C3")).toBeFocused();
  }
  await expect.poll(() => graph.names()).toEqual(before);
});

test("C connects a card to another, and a circle is refused with the reason", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.stage("C1").focus();
  await page.keyboard.press("c");
  await expect(graph.said).toHaveText("S2 to C3");
  await page.keyboard.press("ArrowRight");
  await expect(graph.said).toHaveText("S2 to F5");
  await page.keyboard.press("Escape");
  await expect(graph.said).toHaveText("Cancelled");
  await expect(graph.stage("C1")).toBeFocused();
  await graph.stage("F6").focus();
  await page.keyboard.press("c");
  await expect(graph.said).toContainText("tanh6 to");
  // One press at a time: each says its card before the next.
  for (let said = await graph.said.textContent(); said !== "tanh6 to F5"; ) {
    await page.keyboard.press("ArrowLeft");
    await expect(graph.said).not.toHaveText(said ?? "");
    said = await graph.said.textContent();
  }
  await page.keyboard.press("Enter");
  await expect(graph.said).toContainText("would make a circle");
});

test("The keyboard stays in the picture when undo takes the card away that it was at", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  await graph.stage("F6").focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+d");
  await expect.poll(async () => (await graph.names()).length).toBe(before.length + 1);
  await page.keyboard.press("Control+z");
  await expect.poll(() => graph.names()).toEqual(before);
  await expect(graph.viewport.locator(":focus")).toHaveCount(1);
});

test("Cards that are deleted leave the keyboard at what stays before them", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.node("tanh1").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Delete");
  await expect.poll(async () => (await graph.names()).slice(0, 3)).toEqual(["input", "C1", "S2"]);
  await expect(graph.stage("C1")).toBeFocused();
  await expect(graph.node("C1")).toHaveAttribute("data-selected", "true");
});

test("Shift and a click select in an empty network's list what there is", async ({ lab, page }) => {
  await lab.open();
  await lab.openPreset("empty");
  await lab.showList();
  await expect(lab.nodes).toHaveCount(1);
  await lab.nodes.first().locator(".node-head").click({ modifiers: ["Shift"] });
  await expect(lab.nodes.first()).toHaveAttribute("data-selected", "true");
  // The page goes on.
  await page.getByTestId("view-switch").click();
  await expect(new Graph(page).viewport).toBeVisible();
});
