import { expect, test } from "../pages/test.ts";

test.beforeEach(async ({ page }) => {
  // A service worker would bring the parts from this machine.
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
  });
});

test("A part that is shown later is fetched then; one that does not come says so and can be tried again", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/\.wasm/);
  problems.allow(/TypeError/);
  const fetched = new Set<string>();
  page.on("request", (request) => fetched.add(new URL(request.url()).pathname));
  await lab.open();
  const before = new Set(fetched);
  // Whatever code is asked for from now on, is lost.
  const code = (address: URL) => /\.wasm$/.test(address.pathname) && !before.has(address.pathname);
  await page.route(code, (route) => route.abort());
  await lab.networkName.click();
  const dialog = page.getByTestId("presets");
  await expect(dialog.getByTestId("error")).toContainText("The list of networks did not load");
  const lost = [...fetched].filter((path) => /\.wasm$/.test(path) && !before.has(path));
  expect(lost.length).toBeGreaterThan(0);

  await page.unroute(code);
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});
