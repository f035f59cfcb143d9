import type { Page } from "@playwright/test";

import { Compare, PARTS } from "../pages/compare.ts";
import { texts } from "../pages/contrast.ts";
import { expect, test } from "../pages/test.ts";

/** WCAG 2.2, success criterion 1.4.3: text of usual size. */
const WANTED = 4.5;

/** The texts that stand out too little from what is behind them. */
async function faint(page: Page): Promise<unknown[]> {
  return (await texts(page)).filter(({ contrast }) => contrast < WANTED);
}

for (const theme of ["light", "dark"] as const) {
  test(`Every text of the page and of the comparison can be read in ${theme} colours`, async ({
    lab,
    page,
  }) => {
    await lab.open();
    await lab.chooseTheme(theme);
    await expect(page.locator("html")).toHaveCSS("color-scheme", theme);
    expect((await texts(page)).length, "texts on the page").toBeGreaterThan(80);
    await expect.poll(() => faint(page), "texts below 4.5 : 1").toEqual([]);

    const compare = new Compare(page);
    await compare.open();
    for (const title of ["LeNet-5", "LeNet-5 (1998)"]) {
      await compare.pin(title);
    }
    for (const part of PARTS) {
      await compare.part(part);
      await expect.poll(() => faint(page), `${part}: texts below 4.5 : 1`).toEqual([]);
    }
  });
}

test("A message of failure can be read in light and in dark colours", async ({
  context,
  lab,
  page,
  problems,
}) => {
  problems.allow(/lenet-5\.safetensors/);
  await context.route(/lenet-5\.safetensors/, (route) => route.fulfill({ status: 404 }));
  await lab.open();
  await expect(lab.errors).toBeVisible();
  for (const theme of ["light", "dark"] as const) {
    await lab.chooseTheme(theme);
    await expect.poll(() => faint(page), `${theme}: texts below 4.5 : 1`).toEqual([]);
  }
});

test("The page is dark where the system is, and keeps a person's own choice", async ({ lab, page }) => {
  const shown = (theme: string) => expect(page.locator("html")).toHaveCSS("color-scheme", theme);
  await page.emulateMedia({ colorScheme: "dark" });
  await lab.open();
  await shown("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await shown("light");
  await lab.chooseTheme("dark");
  await shown("dark");
  await page.reload();
  await lab.waitReady();
  await shown("dark");
});
