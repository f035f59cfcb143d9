import { expect, test } from "../pages/test.ts";

test.beforeEach(async ({ page }) => {
  // A service worker would bring the parts from this machine.
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
  });
});

test("What a click opens is fetched on the click and not before", async ({ lab, page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await lab.open();
  const part = (name: string) => fetched.some((path) => path.endsWith(`split_${name}.wasm`));
  expect(part("after_answer")).toBe(true);
  expect(part("on_demand")).toBe(false);
  await lab.networkName.click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  expect(part("on_demand")).toBe(true);
  await page.keyboard.press("Escape");
  // Train has a part of its own.
  expect(part("train")).toBe(false);
  await lab.showArea("train");
  await expect(page.getByTestId("train-start")).toBeVisible();
  expect(part("train")).toBe(true);
  expect(part("areas")).toBe(false);
});

test("A part that does not come says so, and comes when it is tried again", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/split_on_demand\.wasm/);
  problems.allow(/TypeError/);
  await lab.open();
  await page.route("**/split_on_demand.wasm", (route) => route.abort());
  await lab.networkName.click();
  const dialog = page.getByTestId("presets");
  await expect(dialog.getByTestId("error")).toContainText("The list of networks did not load");
  await page.unroute("**/split_on_demand.wasm");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});

test("The network says that it did not load, and comes when it is tried again", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/split_after_answer\.wasm/);
  problems.allow(/TypeError/);
  await page.route("**/split_after_answer.wasm", (route) => route.abort());
  await page.goto("./");
  const network = lab.column("Network");
  await expect(network.getByTestId("error")).toContainText("The network did not load");
  await page.unroute("**/split_after_answer.wasm");
  await network.getByRole("button", { name: "Try again" }).click();
  await expect(lab.weights).toHaveText("trained weights");
  await expect(network.getByTestId("error")).toHaveCount(0);
});
