import { expect, test } from "../pages/test.ts";

/** A kernel of 5×5 for each connection, and a bias for each of the 16 maps. */
const parameters = (connections: number) => String(connections * 25 + 16);

for (const view of ["picture", "list"] as const) {
  test(`C3's connections of 1998 are switched one by one: ${view}`, async ({ lab, page }) => {
    await lab.open();
    if (view === "list") {
      await lab.showList();
    }
    await lab.openPreset("lenet-5-1998");
    await lab.inspect("C3");
    const table = page.getByRole("group", { name: "Connection table" });
    const cells = table.getByRole("checkbox");
    // LeCun et al. 1998, table I: 16 maps over 6, of which 60 are connected: 1,516 parameters.
    await expect(cells).toHaveCount(96);
    await expect(table.getByRole("checkbox", { checked: true })).toHaveCount(60);
    await expect(lab.node("C3")).toHaveAttribute("data-params", "1516");
    expect(parameters(60)).toBe("1516");

    const cell = (output: number, input: number) =>
      table.getByRole("checkbox", {
        name: `output map ${output} sees input map ${input}`,
        exact: true,
      });
    await expect(cell(0, 2)).toBeChecked();
    await cell(0, 2).uncheck();
    await expect(lab.node("C3")).toHaveAttribute("data-params", parameters(59));
    await cell(15, 0).focus();
    await page.keyboard.press("Space");
    await expect(lab.node("C3")).toHaveAttribute("data-params", parameters(58));
    await cell(0, 5).check();
    await expect(lab.node("C3")).toHaveAttribute("data-params", parameters(59));
    // It goes on answering with the connections as they are now.
    await expect(lab.stillRunning).toHaveCount(0);
    await expect(lab.predicted).toHaveText(/^[0-9]$/);

    // A map that sees nothing is a problem at its node, and undo brings the table back.
    for (const input of [0, 1, 5]) {
      await cell(0, input).uncheck();
    }
    await expect(lab.problem("C3")).toBeVisible();
    for (let undo = 0; undo < 6; undo += 1) {
      await lab.undoEdit.click();
    }
    await expect(lab.problems).toHaveCount(0);
    await expect(table.getByRole("checkbox", { checked: true })).toHaveCount(60);
  });
}
