import type { Page } from "@playwright/test";

import { SEVEN } from "../pages/lab.ts";
import { expect, looking, test } from "../pages/test.ts";

/** Waits until something on the page has the focus, and gives what it is called. */
async function focused(page: Page): Promise<string> {
  await expect(page.locator(":focus")).toBeVisible();
  return page.locator(":focus").evaluate((it) => it.getAttribute("aria-label") ?? it.textContent ?? "");
}

test("Undoing the last step leaves the keyboard beside it, and redoing brings it back", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showList();
  await lab.edit("C3");
  await lab.setField("channels", "8");
  await lab.undoEdit.focus();
  await page.keyboard.press("Enter");
  await expect(lab.undoEdit).toBeDisabled();
  await expect(lab.redoEdit).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(lab.redoEdit).toBeDisabled();
  await expect(lab.undoEdit).toBeFocused();
});

test("A message that is dismissed leaves the keyboard on the page", async ({ lab, page }) => {
  await lab.open();
  await lab.source("photo").click();
  await expect(lab.photoCaption).toContainText("Cat");
  const buffer = Buffer.from("hello");
  await lab.photoFile.setInputFiles({ name: "cat.png", mimeType: "image/png", buffer });
  await lab.errors.getByRole("button", { name: "Dismiss" }).focus();
  await page.keyboard.press("Enter");
  await expect(lab.errors).toHaveCount(0);
  expect(await focused(page)).not.toBe("");
});

test("A formula and the list of networks give the keyboard back to what opened them", async ({
  lab,
  page,
}) => {
  await lab.open();
  const number = lab.totalMacs.getByRole("button");
  for (const leave of ["Escape", "Close"]) {
    await number.focus();
    await page.keyboard.press("Enter");
    const card = page.getByTestId("explained");
    await expect(card).toContainText("416");
    if (leave === "Close") {
      await card.getByRole("button", { name: leave }).focus();
      await page.keyboard.press("Enter");
    } else {
      await page.keyboard.press(leave);
    }
    await expect(card.getByRole("button")).toHaveCount(0);
    await expect(number).toBeFocused();
  }
  await lab.networkName.focus();
  await page.keyboard.press("Enter");
  await expect(lab.preset("lenet-1")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(lab.networkName).toBeFocused();
});

test("A block that is taken out by its button leaves the keyboard in the list", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.openPreset("resnet-18");
  await lab.showList();
  await page.getByTestId("network-menu").click();
  await page.getByTestId("open-all").click();
  await page.getByTestId("block").first().getByRole("button", { name: "Unwrap" }).focus();
  await page.keyboard.press("Enter");
  await expect(lab.undoEdit).toBeEnabled();
  await expect(page.getByTestId("list-view").locator(":focus")).toBeVisible();
});

looking("Areas are walked by arrows, Home and End", async ({ lab, page }) => {
  const area = (name: string) => page.locator(`[data-testid="area"][data-area="${name}"]`);
  await area("look").focus();
  for (const [key, name] of [
    ["End", "compare"],
    ["ArrowRight", "look"],
    ["ArrowLeft", "compare"],
    ["Home", "look"],
    ["ArrowRight", "build"],
    ["ArrowLeft", "look"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(area(name)).toBeFocused();
    await expect(area(name)).toHaveAttribute("aria-selected", "true");
  }
});

looking("What the keyboard reaches at 200 % zoom is not hidden behind what stays in place", async ({
  lab,
  page,
}) => {
  await page.setViewportSize({ width: 720, height: 450 });
  for (const name of ["build", "look"] as const) {
    await lab.showArea(name);
    await page.locator(`[data-testid="area"][data-area="${name}"]`).focus();
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press("Tab");
      const hidden = await page.evaluate(async () => {
        // What a frame shows, not what is between two: what grew has been answered then.
        await new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)));
        const focused = document.activeElement;
        if (!focused || focused === document.body || focused.closest("[data-testid='draw-pad']")) {
          return undefined;
        }
        const { left, top, right, bottom } = focused.getBoundingClientRect();
        // Any part of it will do (WCAG 2.2, 2.4.11).
        const points = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap((x) =>
          [0.1, 0.5, 0.9].map((y) => [left + x * (right - left), top + y * (bottom - top)]),
        );
        const seen = points.some(([x, y]) => {
          const found = document.elementFromPoint(x, y);
          return found && (focused.contains(found) || found.closest("label")?.contains(focused));
        });
        return seen ? undefined : focused.outerHTML.slice(0, 120);
      });
      expect(hidden, `after ${step + 1} steps from ${name}`).toBeUndefined();
    }
  }
});

test("The answer is read out", async ({ lab, page }) => {
  await lab.open();
  await expect(page.getByTestId("said")).toContainText("The network reads 7");
  await lab.clear();
  await expect(page.getByTestId("said")).toHaveText("The paper is blank, so nothing is read.");
  await lab.drawStroke(SEVEN);
  await expect(page.getByTestId("said")).toContainText("The network reads 7");
});
