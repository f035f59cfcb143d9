import type { Page } from "@playwright/test";

import { barriers } from "../pages/axe.ts";
import { type Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { Lessons, nothingAsked, WALKS } from "../pages/lessons.ts";
import { expect, test } from "../pages/test.ts";

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 } };

/** Does all that a lesson asks for, and answers its question wrong, then right. */
async function walk(lab: Lab, page: Page, id: string): Promise<void> {
  const lessons = new Lessons(page);
  const { steps, wrong, right, patience } = WALKS[id];
  await lessons.open();
  await lessons.begin(id);
  await expect(lessons.steps).toHaveCount(steps.length);
  await lessons.done(0);
  await expect(page.getByTestId("lesson-question")).toHaveCount(0);
  for (const [at, step] of steps.entries()) {
    await step(lab, page);
    await lessons.done(at + 1, patience);
  }
  await lessons.answer(wrong);
  await expect(lessons.drawer.getByRole("alert")).toContainText("Not that");
  await expect(lessons.right).toHaveCount(0);
  await lessons.answer(right);
  await expect(lessons.right).toBeVisible();
  await expect(lessons.lesson).toHaveAttribute("data-done", "true");
  await lessons.leave();
  await expect(lessons.link(id)).toHaveAttribute("data-done", "true");
}

test.describe("On a desk", () => {
  test.use(DESK);

  test("A lesson takes the screen and gives the work back with its history, also after a reload", async ({
    lab,
    page,
  }) => {
    await lab.open();
    await lab.clear();
    await lab.drawStroke(SEVEN);
    await lab.edit("C1");
    await lab.setField("channels", "8");
    await lab.setField("channels", "9");
    const drawn = await pixelsOf(lab.pad);
    const network = await lab.network();

    const lessons = new Lessons(page);
    await lessons.open();
    await lessons.begin("picture");
    await expect(lab.undoEdit).toBeDisabled();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
    // What is not asked completes nothing.
    await nothingAsked(lab, page);
    await expect(lab.predicted).toHaveText("7");
    await lessons.done(0);
    await WALKS.picture.steps[0](lab, page);
    await lessons.done(1);
    await lessons.leave();

    await expect.poll(() => lab.network()).toEqual(network);
    await expect.poll(() => pixelsOf(lab.pad)).toEqual(drawn);
    await lab.showArea("build");
    await lab.undoEdit.click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await lab.redoEdit.click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^9x/);

    // A reload in the middle of a lesson opens the work, and what was done of the lesson is kept.
    await lessons.begin("picture");
    await lessons.done(1);
    await nothingAsked(lab, page);
    await page.reload();
    await lab.waitReady();
    await expect.poll(() => lab.network()).toEqual(network);
    await expect.poll(() => pixelsOf(lab.pad)).toEqual(drawn);
    await lessons.open();
    await expect(lessons.link("picture")).toContainText("1 of 3");
    await page.getByTestId("reset-lessons").click();
    await expect(lessons.link("picture")).not.toContainText("1 of 3");
    await expect(page.getByTestId("reset-lessons")).toHaveCount(0);
  });

  test("The drawer is opened, read and closed by the keyboard, and axe finds nothing in it", async ({
    lab,
    page,
  }) => {
    await lab.open();
    const lessons = new Lessons(page);
    await lessons.button.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("complementary", { name: "Learn" })).toBeFocused();
    await expect(lessons.link("picture")).toBeVisible();
    expect(await barriers(page)).toEqual([]);
    await lessons.link("picture").focus();
    await page.keyboard.press("Enter");
    await expect(lessons.lesson).toBeVisible();
    expect(await barriers(page)).toEqual([]);
    await lessons.steps.first().getByTestId("show-hint").click();
    await expect(lessons.steps.first().getByTestId("hint")).toBeVisible();
    await lessons.drawer.getByTestId("close-learn").focus();
    await page.keyboard.press("Escape");
    await expect(lessons.drawer).toBeHidden();
    await expect(lessons.button).toBeFocused();
    // Steps are checked while the drawer is closed.
    await WALKS.picture.steps[0](lab, page);
    await lessons.button.click();
    await lessons.done(1);
    await lessons.leave();
  });

  for (const id of Object.keys(WALKS)) {
    test(`The lesson “${id}” is walked to its end`, async ({ lab, page }) => {
      test.setTimeout(180_000 + (WALKS[id].patience ?? 0));
      await lab.open();
      await walk(lab, page, id);
    });
  }
});

test.describe("On a phone", () => {
  test.use(PHONE);

  for (const id of Object.keys(WALKS)) {
    test(`The lesson “${id}” is walked to its end on a phone`, async ({ lab, page }) => {
      test.setTimeout(180_000 + (WALKS[id].patience ?? 0));
      await lab.open();
      await walk(lab, page, id);
    });
  }

  test("The sheet folds to the present step, and lies over nothing", async ({ lab, page }) => {
    await lab.open();
    const lessons = new Lessons(page);
    await lessons.open();
    await lessons.begin("picture");
    await page.getByRole("button", { name: "All of the lesson" }).click();
    await expect(lessons.steps.first()).toBeVisible();
    await expect(lessons.steps.nth(1)).toBeHidden();
    const [above, sheet] = await Promise.all(
      [page.locator(".page"), page.locator("#learn")].map((it) => it.boundingBox()),
    );
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual((sheet?.y ?? 0) + 1);
    await expect(page.getByRole("navigation", { name: "Views" })).toBeInViewport();
    expect(await barriers(page)).toEqual([]);
    await lessons.drawer.getByTestId("close-learn").click();
    await expect(lessons.drawer).toBeHidden();
    await expect(lab.pad).toBeVisible();
  });
});
