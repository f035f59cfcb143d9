import { Compare } from "../pages/compare.ts";
import { expect, test } from "../pages/test.ts";

test.beforeEach(async ({ page }) => {
  // A service worker would bring the parts from this machine.
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
  });
});

test("What the first screen does not show is not fetched with it", async ({ lab, page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await lab.open();
  const later = (name: string) => fetched.some((path) => path.endsWith(`split_${name}.wasm`));
  expect(later("network")).toBe(true);
  expect(later("networks")).toBe(false);
  expect(later("photos")).toBe(false);
  await lab.networkName.click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  expect(later("networks")).toBe(true);
});

test("A part that does not come says so, and comes when it is tried again", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/split_networks\.wasm/);
  problems.allow(/TypeError/);
  await lab.open();
  await page.route("**/split_networks.wasm", (route) => route.abort());
  await lab.networkName.click();
  const dialog = page.getByTestId("presets");
  await expect(dialog.getByTestId("error")).toContainText("The list of networks did not load");
  await page.unroute("**/split_networks.wasm");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});

test("What several parts share is asked for again when it did not come", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/shared_comparison\.wasm/);
  problems.allow(/TypeError/);
  await lab.open();
  await page.route("**/shared_comparison.wasm", (route) => route.abort());
  await page.getByTestId("compare-button").click();
  const failed = page.getByTestId("error").filter({ hasText: "The comparison did not load" });
  await expect(failed).toBeVisible();
  await page.unroute("**/shared_comparison.wasm");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(new Compare(page).pinCurrent).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});
