import { texts } from "../pages/contrast.ts";
import { expect, test } from "../pages/test.ts";

/** WCAG 2.2, success criterion 1.4.3: text of usual size. */
const WANTED = 4.5;

for (const theme of ["light", "dark"] as const) {
  test(`Every text can be read in ${theme} colours`, async ({ lab, page }) => {
    await lab.open();
    await lab.theme.selectOption(theme);
    await expect(page.locator("html")).toHaveCSS("color-scheme", theme);
    const all = await texts(page);
    expect(all.length, "texts on the page").toBeGreaterThan(80);
    const faint = all.filter(({ contrast }) => contrast < WANTED);
    expect(faint, "texts below 4.5 : 1").toEqual([]);
  });

  test(`A message of failure can be read in ${theme} colours`, async ({
    context,
    lab,
    page,
    problems,
  }) => {
    problems.allow(/lenet-5\.safetensors/);
    await context.route(/lenet-5\.safetensors/, (route) => route.fulfill({ status: 404 }));
    await page.emulateMedia({ colorScheme: theme });
    await lab.open();
    await expect(lab.errors).toBeVisible();
    const faint = (await texts(page)).filter(({ contrast }) => contrast < WANTED);
    expect(faint, "texts below 4.5 : 1").toEqual([]);
  });

  test(`The page is ${theme} where the system is, and keeps a person's own choice`, async ({
    lab,
    page,
  }) => {
    const other = theme === "light" ? "dark" : "light";
    await page.emulateMedia({ colorScheme: theme });
    await lab.open();
    await expect(page.locator("html")).toHaveCSS("color-scheme", theme);
    await lab.theme.selectOption(other);
    await expect(page.locator("html")).toHaveCSS("color-scheme", other);
    await page.reload();
    await lab.waitReady();
    await expect(page.locator("html")).toHaveCSS("color-scheme", other);
  });
}
