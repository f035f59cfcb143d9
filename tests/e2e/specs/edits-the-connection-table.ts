import { expect, test } from "../pages/test.ts";

/** LeCun et al. 1998, table I: the maps of S2 that each map of C3 sees. */
const TABLE_I = [
  [0, 1, 2],
  [1, 2, 3],
  [2, 3, 4],
  [3, 4, 5],
  [0, 4, 5],
  [0, 1, 5],
  [0, 1, 2, 3],
  [1, 2, 3, 4],
  [2, 3, 4, 5],
  [0, 3, 4, 5],
  [0, 1, 4, 5],
  [0, 1, 2, 5],
  [0, 1, 3, 4],
  [1, 2, 4, 5],
  [0, 2, 3, 5],
  [0, 1, 2, 3, 4, 5],
] as const;

/** A kernel of 5×5 for each connection and a bias for each of the 16 maps. */
const parameters = (connections: number) => String(connections * 25 + 16);
/** Each connection's kernel at each of the 10×10 places of a map. */
const macs = (connections: number) => String(connections * 25 * 100);

test("C3's connections of 1998 are switched one by one", async ({ lab, page }) => {
  await lab.open();
  await lab.openPreset("lenet-5-1998");
  await lab.edit("C3");
  const table = page.getByRole("group", { name: "Connection table" });
  const cells = table.getByRole("checkbox");
  const cell = (output: number, input: number) =>
    table.getByRole("checkbox", {
      name: `output map ${output} sees input map ${input}`,
      exact: true,
    });
  const sees = () =>
    cells.evaluateAll((cells) => cells.map((cell) => (cell as HTMLInputElement).checked));
  const published = TABLE_I.flatMap((row) => [0, 1, 2, 3, 4, 5].map((it) => row.includes(it)));
  await expect.poll(() => sees()).toEqual(published);
  // The paper counts 1,516 trainable parameters.
  expect(parameters(published.filter(Boolean).length)).toBe("1516");
  const c3 = lab.node("C3");
  await expect(c3).toHaveAttribute("data-params", "1516");
  await expect(c3).toHaveAttribute("data-macs", macs(60));
  await expect(lab.maps("C3").first()).toBeVisible();
  await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(0);

  /** The network answers with the table as it is now. */
  const changes = async (change: () => Promise<void>, connections: number) => {
    const [answers, { C3: before }] = [await lab.shownAnswers(), await lab.allMaps()];
    await change();
    await expect(c3).toHaveAttribute("data-params", parameters(connections));
    await expect(c3).toHaveAttribute("data-macs", macs(connections));
    await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(answers);
    await expect.poll(async () => (await lab.allMaps())["C3"]).not.toBe(before);
    await expect(lab.stillRunning).toHaveCount(0);
  };
  await changes(() => cell(0, 2).click(), 59);
  await expect(cell(0, 2)).not.toBeChecked();
  await cell(15, 0).focus();
  await changes(() => page.keyboard.press("Space"), 58);
  await expect(cell(15, 0)).not.toBeChecked();
  await expect(cell(15, 0)).toBeFocused();
  await changes(() => cell(0, 5).click(), 59);
  await expect(cell(0, 5)).toBeChecked();

  // A map that sees nothing is a problem at its node; the last valid table goes on running.
  for (const input of [0, 1, 5]) {
    await cell(0, input).click();
  }
  await expect(lab.problem("C3")).toContainText("0");
  await expect(lab.stillRunning).toBeVisible();

  for (let undo = 0; undo < 6; undo += 1) {
    await lab.undoEdit.click();
  }
  await expect(lab.problems).toHaveCount(0);
  await expect(c3).toHaveAttribute("data-params", "1516");
  await expect.poll(() => sees()).toEqual(published);
  // The seventh would take the network itself back.
  await expect(lab.undoEdit).toHaveAttribute("title", /open LeNet-5/);
});

test("A large connection table is complete, and follows the number of its inputs", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.openPreset("lenet-5-1998");
  await lab.edit("C1");
  await lab.setField("channels", "64");
  await expect(lab.node("S2")).toHaveAttribute("data-shape", /^64/);
  await lab.edit("C3");
  const table = page.getByRole("group", { name: "Connection table" });
  await expect(table.getByRole("checkbox")).toHaveCount(16 * 64);
  // The last cell is one like the others: C3's last map sees the first 6 of what were 6.
  const last = table.getByRole("checkbox", { name: "output map 15 sees input map 63", exact: true });
  await expect(last).not.toBeChecked();
  await last.check();
  await expect(last).toBeChecked();
  await expect(lab.problems).toHaveCount(0);
  await lab.undoEdit.click();
  await expect(last).not.toBeChecked();
  await lab.undoEdit.click();
  await expect(table.getByRole("checkbox")).toHaveCount(16 * 6);
});
