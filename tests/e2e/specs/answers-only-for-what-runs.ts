import { expect, test } from "../pages/test.ts";

test("A network that is refused for its size has no answer, and what is told of it goes with an edit", async ({
  lab,
  page,
}) => {
  await lab.open();
  await expect(lab.predicted).toHaveText("7");
  await lab.inspect("C1");
  await lab.setField("channels", "1048576");
  await expect(lab.errors).toContainText("The network as it is now does not run");
  await expect(lab.predicted).toHaveText("–");
  await expect(page.locator(".sure")).toHaveText(/too large to run here, so there is no answer/);
  await expect(lab.probability(7)).toHaveText(/^0\.0/);
  await expect(lab.step("normalise")).toBeHidden();

  // A problem elsewhere: neither this network runs nor the one before.
  await lab.inspect("C3");
  await lab.setField("kernel", "99");
  await expect(lab.problem("C3")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
  await expect(lab.stillRunning).toContainText("the last valid network is too large to run here");
  await lab.undoEdit.click();
  await expect(lab.errors).toContainText("The network as it is now does not run");
  await lab.undoEdit.click();
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.step("normalise")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});

test("A network without layers has no bars of the one before", async ({ lab, page }) => {
  await lab.open();
  await expect(lab.predicted).toHaveText("7");
  await lab.node("C1").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await expect(lab.nodes).toHaveCount(1);
  await expect(lab.column("Answer")).toContainText("The network ends in 1 map of 32 × 32");
  await expect(page.getByTestId("probability-7")).toHaveCount(0);
  await expect(lab.weights).toHaveText("no weights");
});

test("Ctrl+G wraps in the picture as it does in the list", async ({ lab, page }) => {
  await lab.open();
  await lab.node("C3").click();
  await lab.node("tanh3").click({ modifiers: ["Shift"] });
  await page.keyboard.press("Control+g");
  await expect(page.getByTestId("graph-said")).toHaveText("Wrapped as a block");
  await expect(page.getByTestId("frame").or(page.getByTestId("block"))).toHaveCount(1);
});

test("A comma before decimals is refused, and one between thousands is none", async ({ lab }) => {
  await lab.open();
  await lab.inspect("C1");
  await lab.setField("kernel", "1,5");
  await expect(lab.field("kernel")).toContainText("“1,5” is not a whole number");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "6x28x28");
  await lab.setField("kernel", "5");
  await lab.setField("channels", "1,024");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "1024x28x28");
});

test("Totals of a network with a problem say that they are the least", async ({ lab, page }) => {
  await lab.open();
  await lab.inspect("C3");
  await lab.setField("kernel", "99");
  await expect(page.getByTestId("total-params")).toHaveText("≥ 156");
  await expect(page.getByTestId("total-params")).toHaveAttribute("data-value", "156");
  await lab.undoEdit.click();
  await expect(page.getByTestId("total-params")).toHaveText("61,706");
});
