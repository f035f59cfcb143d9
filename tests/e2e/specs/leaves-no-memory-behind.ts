import { leavesNothing, MEGABYTE, noteMemory, own, scales } from "../pages/memory.ts";
import { REFUSED } from "../pages/refused.ts";
import { expect, test } from "../pages/test.ts";

test.beforeEach(async ({ page }) => {
  await noteMemory(page);
});

test("What is refused leaves no memory behind, and the person's work as it was", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await lab.source("photo").click();
  await expect(lab.photoCaption).toContainText("Cat");
  const empty = await own(page);
  for (const [name, bytes, refuse] of REFUSED) {
    // Were it held each time it would be two of them; half of one is what else a page does.
    const limits = { times: 2, bytes: Math.min(bytes / 2, 5 * MEGABYTE) };
    await leavesNothing(page, name, () => refuse(lab), limits);
  }
  // A large one never comes into the program at all.
  expect((await own(page)) - empty).toBeLessThan(5 * MEGABYTE);
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.undoEdit).toBeEnabled();
  await expect(lab.photoCaption).toContainText("Cat");
});

test("memory that is held is noticed: bytes, text and the program's own", async ({ lab, page }) => {
  await lab.open();
  const weigh = await scales(page);
  const grow = "[...window.memories].forEach((memory) => memory.grow(64))";
  for (const code of ["new Uint8Array(bytes)", "'A'.repeat(bytes).split('').join('B')", grow]) {
    const before = await weigh();
    await page.evaluate(`{ const bytes = 64 * 65536; (window.held ??= []).push(${code}); }`);
    expect((await weigh()) - before, code).toBeGreaterThan(3 * MEGABYTE);
  }
});
