import { barriers } from "../pages/axe.ts";
import { expectNoBarriers } from "../pages/screens.ts";
import { expect, test } from "../pages/test.ts";

// A step that does not come is to end its test, not to eat its time.
test.use({ actionTimeout: 15_000 });

for (const device of ["desk", "phone"] as const) {
  test(`axe finds nothing on any screen of a ${device}, light or dark`, async ({ lab }) => {
    test.setTimeout(300_000);
    await expectNoBarriers(lab, device);
  });
}

test("axe notices a barrier that is put into the page", async ({ lab, page }) => {
  await lab.open();
  await page.evaluate(() => document.querySelector("main")?.append(document.createElement("button")));
  expect(await barriers(page)).toEqual([expect.stringContaining("button-name")]);
});
