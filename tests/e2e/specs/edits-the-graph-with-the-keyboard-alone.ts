import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("M moves a node to another wire, and undo brings it back", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  expect(before.slice(0, 6)).toEqual(["input", "C1", "tanh1", "S2", "C3", "tanh3"]);
  await graph.node("tanh1").focus();
  await page.keyboard.press("m");
  await expect(graph.said).toHaveText("between S2 and C3");
  await page.keyboard.press("ArrowDown");
  await expect(graph.said).toHaveText("between C3 and tanh3");
  await page.keyboard.press("Enter");
  await expect(graph.said).toHaveText("Moved between C3 and tanh3");
  await expect
    .poll(async () => (await graph.names()).slice(0, 6))
    .toEqual(["input", "C1", "S2", "C3", "tanh1", "tanh3"]);
  await expect(graph.node("tanh1")).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect.poll(() => graph.names()).toEqual(before);

  // Escape leaves everything as it was.
  await graph.node("C3").focus();
  for (const mode of ["m", "c"]) {
    await page.keyboard.press(mode);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    await expect(graph.said).toHaveText("Cancelled");
    await expect(graph.node("C3")).toBeFocused();
  }
  await expect.poll(() => graph.names()).toEqual(before);
});

test("C connects a node to another, and a circle is refused with the reason", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.node("C1").focus();
  await page.keyboard.press("c");
  await expect(graph.said).toHaveText("C1 to tanh1");
  await page.keyboard.press("ArrowDown");
  await expect(graph.said).toHaveText("C1 to S2");
  await page.keyboard.press("Enter");
  await expect(graph.said).toHaveText("C1 feeds S2");
  // S2 stands beside tanh1 now, which nobody takes anything from.
  const [one, other] = [graph.node("tanh1"), graph.node("S2")];
  await expect
    .poll(async () => (await graph.place(other)).y - (await graph.place(one)).y)
    .toBe(0);
  await graph.node("C3").focus();
  await page.keyboard.press("c");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(graph.said).toHaveText("C3 to S2");
  await page.keyboard.press("Enter");
  await expect(graph.said).toContainText("would make a circle");
});

test("The keyboard stays in the picture when undo takes the box away that it was at", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  await graph.node("S2").focus();
  await page.keyboard.press("Enter");
  for (let time = 0; time < 2; time += 1) {
    await page.keyboard.press("Control+d");
    await expect.poll(async () => (await graph.names()).length).toBe(before.length + 1);
    await expect(graph.node("S2")).not.toBeFocused();
    await page.keyboard.press("Control+z");
    await expect.poll(() => graph.names()).toEqual(before);
    // What fed the copy is where the person was.
    await expect(graph.node("S2")).toBeFocused();
  }
  await page.keyboard.press("ArrowDown");
  await expect(graph.node("C3")).toBeFocused();
});

test("What is moved by keys is let go when an undo changes the picture", async ({ lab, page }) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  const before = await graph.names();
  await graph.node("S2").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+d");
  await expect.poll(async () => (await graph.names()).length).toBe(2 * before.length - 1);
  await graph.node("S2").focus();
  await page.keyboard.press("m");
  for (let place = 0; place < 30; place += 1) {
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Control+z");
  await expect.poll(() => graph.names()).toEqual(before);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect.poll(() => graph.names()).toEqual(before);
  await expect(lab.undoEdit).toBeDisabled();
});

test("Neighbours that are deleted leave the keyboard at what stays above them", async ({
  lab,
  page,
}) => {
  await lab.open();
  const graph = new Graph(page);
  await graph.show();
  await graph.node("tanh1").click();
  await graph.node("tanh1").press("Shift+ArrowDown");
  await expect(graph.node("S2")).toHaveAttribute("data-selected", "true");
  await page.keyboard.press("Delete");
  await expect.poll(async () => (await graph.names()).slice(0, 3)).toEqual(["input", "C1", "C3"]);
  await expect(graph.node("C1")).toBeFocused();
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
