import { expect, test } from "../pages/test.ts";

test("A person breaks AlexNet's stride, reads the arithmetic and applies a repair", async ({
  lab,
}) => {
  await lab.open();
  await lab.openPreset("alexnet");
  await expect(lab.networkName).toContainText("AlexNet");
  await expect(lab.stillRunning).toHaveCount(0);
  const before = await lab.network();
  await lab.edit("conv1");
  await lab.setField("stride", "40");
  // (227 − 11) / 40 + 1 = 6 rows, after the pooling 2, and the next pooling's kernel covers 3.
  await expect(lab.node("conv1")).toHaveAttribute("data-shape", "96x6x6");
  const problem = lab.problem("pool2");
  await expect(problem).toContainText(
    "A 3-pixel kernel does not fit a 2-pixel-high map (2 + 0 + 0 < 3).",
  );
  await expect(lab.stillRunning).toContainText("the last valid network keeps answering");

  await problem.getByTestId("repair").first().click();
  await expect(lab.problems).toHaveCount(0);
  await expect(lab.stillRunning).toHaveCount(0);

  await lab.undoEdit.click();
  await expect(problem).toBeVisible();
  await lab.undoEdit.click();
  await expect(lab.problems).toHaveCount(0);
  await expect.poll(() => lab.network()).toEqual(before);
});

/** An edit that cannot stand: node, setting, what is typed, and what the answer says. */
const SETTINGS: readonly [node: string, field: string, text: string, answer: string][] = [
  ["C1", "kernel", "99", "A 99-pixel kernel does not fit a 32-pixel-high map (32 + 0 + 0 < 99)."],
  ["C3", "groups", "4", "4 groups do not divide 6 input channels"],
];

/** What no setting can hold is answered at the field and never becomes the document's. */
const REFUSED: readonly [node: string, field: string, text: string, answer: string][] = [
  ["C1", "channels", "abc", "“abc” is not a whole number"],
  ["C1", "channels", "-3", "below 0"],
  ["C1", "kernel", "1,5", "“1,5” is not a whole number"],
  ["C1", "name", "C3", "the name “C3” is taken"],
];

// The sentences of all illegal edits: engine/tests/illegal_edits.rs.
test("Illegal edits of every kind are answered once, and nothing is lost", async ({
  lab,
  page,
}) => {
  await lab.open();
  const before = await lab.network();
  for (const [node, field, text, answer] of SETTINGS) {
    await lab.edit(node);
    await lab.setField(field, text);
    // Said once; the field is marked.
    await expect(page.getByText(answer)).toHaveCount(1);
    await expect(lab.problem(node)).toContainText(answer);
    await expect(lab.field(field)).toHaveAttribute("data-wrong", "true");
    await expect(lab.stillRunning).toBeVisible();
    // A total that leaves out what has no shape says that it is the least.
    await expect(lab.totalParams).toHaveText(/^≥\s/);
    await lab.undoEdit.click();
    await expect(lab.problems).toHaveCount(0);
    await expect(lab.totalParams).toHaveText("61,706");
  }
  for (const [node, field, text, answer] of REFUSED) {
    await lab.edit(node);
    await lab.setField(field, text);
    await expect(lab.field(field)).toContainText(answer);
    await expect(lab.value(field)).toHaveValue(text);
    await expect(lab.undoEdit).toBeDisabled();
    await lab.value(field).press("Escape");
  }
  // Commas between thousands are none of that.
  await lab.edit("C1");
  await lab.setField("channels", "1,024");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", "1024x28x28");
  await lab.undoEdit.click();

  const feed = async (node: string, from: string) => {
    await lab.edit(node);
    await lab.advanced();
    await lab.field("inputs").getByRole("combobox").selectOption({ label: from });
  };
  // A circle: C1 would depend on S2, which depends on C1.
  await feed("C1", "S2");
  await expect(lab.problem("C1")).toContainText("would make a circle");
  await expect(lab.undoEdit).toBeDisabled();
  // A dangling output: S4 passes C3 and its tanh by.
  await feed("S4", "S2");
  await expect(lab.problem("tanh3")).toContainText("No layer takes this output");
  await lab.undoEdit.click();
  await expect(lab.problems).toHaveCount(0);

  await expect.poll(() => lab.network()).toEqual(before);
  await expect(lab.weights).toHaveText("trained weights");
});

test("While the last valid network goes on, its shares are read as it gives them", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.edit("C3");
  await lab.setField("kernel", "20");
  await expect(lab.stillRunning).toHaveCount(1);
  // The network that runs ends in a softmax still.
  await lab.head("softmax").click();
  await page.keyboard.press("Delete");
  await expect(lab.node("softmax")).toHaveCount(0);
  await expect(lab.stillRunning).toHaveCount(1);
  const before = await lab.shownAnswers();
  await lab.gallery(3);
  await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(before);
  // A second softmax would leave a tenth and a little more.
  await expect.poll(async () => Math.max(...(await lab.probabilities()))).toBeGreaterThan(90);
});

test("A layer put in beside a problem says that it does not run, and runs when the problem is solved", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.edit("C3");
  await lab.setField("kernel", "99");
  await expect(lab.stillRunning).toBeVisible();
  await lab.edit("C1");
  await page.keyboard.press("Control+d");
  const inspector = lab.column("Inspector");
  await expect(inspector.getByTestId("not-running")).toBeVisible();
  // What the graph alone tells is there; what only the engine tells is not asked for.
  await expect(inspector.getByTestId("reach-words")).toContainText("Receptive field 9 × 9");
  await expect(inspector.getByTestId("section-weights")).toHaveCount(0);
  await expect(inspector.getByTestId("section-partials")).toHaveCount(0);
  await expect(inspector.getByTestId("reach-gradient")).toHaveCount(0);
  await expect(inspector.getByRole("alert")).toHaveCount(0);
  const name = await page.locator("[data-testid='node'][data-selected='true']").getAttribute("data-name");
  await lab.edit("C3");
  await lab.setField("kernel", "3");
  await expect(lab.stillRunning).toHaveCount(0);
  await lab.edit(String(name));
  await expect(inspector.getByTestId("not-running")).toHaveCount(0);
  await expect(inspector.getByTestId("section-weights")).toBeVisible();
  await expect(inspector.getByTestId("reach-gradient")).toBeVisible();
});
