import { expect, test } from "../pages/test.ts";

test("A layer shares the weights of another, which are counted once, and gets its own again", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showArea("build");
  const node = (name: string) => page.locator(`[data-testid="node"][data-name="${name}"]`);

  // Two copies of F6, one behind the other, take inputs of the same shape.
  await lab.head("F6").click();
  await lab.head("F6").press("ControlOrMeta+d");
  await lab.head("F2").click();
  await lab.head("F2").press("ControlOrMeta+d");
  await expect(node("F3")).toHaveAttribute("data-params", "7140");

  await lab.edit("F3");
  await page.getByTestId("share-weights").selectOption({ label: "F2" });
  const shared = page.getByTestId("shared-weights");
  await expect(shared).toHaveText("Shares its weights with F2");
  await expect(node("F3")).toHaveAttribute("data-params", "0");
  await lab.edit("F2");
  await expect(shared).toHaveText("Shares its weights with F3");

  await page.getByTestId("separate-weights").click();
  await expect(shared).toHaveCount(0);
  await expect(node("F3")).toHaveAttribute("data-params", "7140");
  await lab.undoEdit.click();
  await expect(shared).toBeVisible();
  await expect(node("F3")).toHaveAttribute("data-params", "0");
});
