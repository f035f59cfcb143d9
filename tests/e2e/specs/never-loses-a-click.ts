import { expect, test } from "../pages/test.ts";

for (const [view, what] of [
  ["list", "row"],
  ["graph", "card"],
]) {
  test(`A ${what} that goes while it is pressed selects nothing`, async ({ lab, page }) => {
    await lab.open();
    if (view === "list") {
      await lab.showList();
    }
    await lab.edit("C1");
    const all = (await lab.network()).length;
    await page.keyboard.press("Control+d");
    await expect(lab.nodes).toHaveCount(all + 1);
    const selected = page.locator("[data-testid='node'][data-selected='true']");
    const double = await selected.getAttribute("data-name");
    expect(double).not.toBe("C1");
    await lab.head("S2").click();
    await lab.head(String(double)).hover();
    await page.mouse.down();
    await page.keyboard.press("Control+z");
    await expect(lab.nodes).toHaveCount(all);
    await page.mouse.up();
    await expect(selected).toHaveCount(1);
    await expect(selected).toHaveAttribute("data-name", "S2");
    await expect(page.getByTestId("selected-layer").getByRole("heading")).toContainText("S2");
    // The keyboard goes on from a card that is there.
    await expect(page.locator("[data-testid='stage'][tabindex='0']")).toHaveCount(1);
  });
}
