import { expect, test } from "../pages/test.ts";

test("The network, a layer and a block get other names, and undo brings the old ones back", async ({
  lab,
  page,
}) => {
  await lab.open();
  await expect(lab.networkName).toHaveText("LeNet-5");
  await lab.networkName.click();
  const dialog = page.getByTestId("presets");
  const field = dialog.getByRole("textbox", { name: "Name of this network" });
  // Without a name it keeps the one it has.
  await field.fill("");
  await field.press("Enter");
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(lab.networkName).toHaveText("LeNet-5");
  await field.fill("Digits of ours");
  await field.press("Enter");
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(lab.networkName).toHaveText("Digits of ours");
  // The name changes nothing that is computed.
  await expect(lab.weights).toHaveText("trained weights");

  await lab.edit("C1");
  await lab.setField("name", "edges");
  await expect(lab.node("edges")).toHaveAttribute("data-params", "156");
  await expect(lab.node("C1")).toHaveCount(0);
  await expect(lab.weights).toHaveText("trained weights");

  await lab.showList();
  await lab.head("edges").click();
  await lab.head("tanh1").click({ modifiers: ["Shift"] });
  await lab.act("wrap");
  const block = page.getByTestId("block");
  await expect(block).toHaveAttribute("data-name", "block 1");
  const name = block.getByRole("textbox", { name: "Name of the block" });
  await name.fill("first stage");
  await name.press("Enter");
  await expect(block).toHaveAttribute("data-name", "first stage");

  for (let undo = 0; undo < 4; undo += 1) {
    await lab.undoEdit.click();
  }
  await expect(block).toHaveCount(0);
  await expect(lab.node("C1")).toHaveCount(1);
  await expect(lab.networkName).toHaveText("LeNet-5");
  await expect(lab.undoEdit).toBeDisabled();
});
