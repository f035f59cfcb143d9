import { Graph } from "../pages/graph.ts";
import { expect, test } from "../pages/test.ts";

test("A network that is refused for its size has no answer and goes grey, and an edit brings it back", async ({
  lab,
  page,
}) => {
  const card = new Graph(page).stage("tanh1");
  await lab.open();
  await expect(lab.predicted).toHaveText("7");
  await lab.edit("C1");
  await lab.setField("channels", "1048576");
  await expect(lab.errors).toContainText("The network as it is now does not run");
  await expect(lab.predicted).toHaveText("–");
  await expect(lab.says).toContainText(/too large to run here, so there is no answer/);
  await expect(lab.probability(7)).toHaveText(/^0\.0/);
  await expect(lab.step("normalise")).toBeHidden();
  await expect(card).toHaveAttribute("data-runs", "false");
  await expect(card).toHaveAccessibleName(/does not run as it stands$/);

  // A problem elsewhere: neither this network runs nor the one before.
  await lab.edit("C3");
  await lab.setField("kernel", "99");
  await expect(lab.problem("C3")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
  await expect(lab.stillRunning).toContainText("the last valid network is too large to run here");
  await lab.undoEdit.click();
  await expect(lab.errors).toContainText("The network as it is now does not run");
  await lab.undoEdit.click();
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.step("normalise")).toBeVisible();
  await expect(card).toHaveAttribute("data-runs", "true");
  await expect(lab.errors).toHaveCount(0);
});

test("A network that ends in maps has no answer and says what gives it one", async ({ lab, page }) => {
  await lab.open();
  await lab.showList();
  for (const name of ["flatten", "F5", "tanh5", "F6", "tanh6", "output", "softmax"]) {
    await lab.head(name).click(name === "flatten" ? {} : { modifiers: ["Shift"] });
  }
  await page.keyboard.press("Delete");
  const answer = lab.column("Answer");
  await expect(answer).toContainText("The network ends in 16 maps of 5 × 5");
  await expect(answer).toContainText("A flatten and a linear layer, or a global average pool");
  await expect(lab.predicted).toHaveText("–");
  await expect(lab.probability(7)).toHaveCount(0);
  await expect(lab.maps("S4").first()).toBeVisible();
  // With the layers it has an answer again, and the maps of the same picture.
  await page.keyboard.press("ControlOrMeta+z");
  await expect(lab.predicted).toHaveText("7");

  // Without any layer it ends in the picture.
  await lab.head("C1").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.press("Delete");
  await expect(lab.nodes).toHaveCount(1);
  await expect(answer).toContainText("The network ends in 1 map of 32 × 32");
  await expect(lab.probability(7)).toHaveCount(0);
  await expect(lab.weights).toHaveText("no weights");
});
