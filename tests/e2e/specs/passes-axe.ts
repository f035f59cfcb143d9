import { barriers } from "../pages/axe.ts";
import { expectNoBarriers } from "../pages/screens.ts";
import { expect, test } from "../pages/test.ts";

// A step that does not come is to end its test, not to eat its time.
test.use({ actionTimeout: 15_000 });

for (const [device, colours, looked] of [
  ["desk", "light", "all"],
  ["desk", "dark", "areas"],
  ["phone", "light", "areas"],
  ["phone", "dark", "all"],
] as const) {
  test(`axe finds nothing on a ${device} in ${colours} colours: ${looked}`, async ({ lab }) => {
    test.setTimeout(240_000);
    await expectNoBarriers(lab, device, colours, looked);
  });
}

test("axe notices a barrier that is put into the page", async ({ lab, page }) => {
  await lab.open();
  await page.evaluate(() => document.querySelector("main")?.append(document.createElement("button")));
  expect(await barriers(page)).toEqual([expect.stringContaining("button-name")]);
});
