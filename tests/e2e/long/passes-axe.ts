import { expectNoBarriers } from "../pages/screens.ts";
import { test } from "../pages/test.ts";

// A step that does not come is to end its test, not to eat its time.
test.use({ actionTimeout: 15_000 });

for (const [device, colours] of [
  ["desk", "dark"],
  ["phone", "light"],
] as const) {
  test(`axe finds nothing on any screen, ${device}, ${colours}`, async ({ lab }) => {
    test.setTimeout(240_000);
    await expectNoBarriers(lab, device, colours);
  });
}
