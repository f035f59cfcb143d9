import { expect, test } from "../pages/test.ts";

test("Workers sum their gradients by a ring and a server, and the messages are played", async ({ lab, page }) => {
  test.setTimeout(180_000);
  await lab.open();
  await lab.showArea("deploy");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("deploy-reduce").click();
  await page.getByTestId("reduce-workers").selectOption("3");
  await page.getByTestId("run-reduce").click();
  const picture = page.getByTestId("reduce-picture");
  await expect(picture).toHaveAttribute("data-workers", "3", { timeout: 120_000 });

  // LeNet-5's 61,706 gradients of 4 bytes; of a ring each sends 2 · 2/3 of them, in all as much as by a server.
  const told = page.getByTestId("reduce-told").locator("tbody tr");
  await expect(told).toHaveCount(2);
  for (const row of [0, 1]) {
    const cells = told.nth(row).locator("td");
    expect(Number(await cells.nth(1).getAttribute("data-bytes"))).toBe(2 * 2 * 4 * 61_706);
    expect(Number(await cells.nth(3).getAttribute("data-difference"))).toBeLessThan(1e-4);
  }
  const most = Number(await told.first().locator("td").first().getAttribute("data-bytes"));
  expect(Math.abs(most - (2 * 2 * 4 * 61_706) / 3)).toBeLessThanOrEqual(24);

  // Four rounds of three messages each, by keyboard.
  const messages = page.getByTestId("reduce-messages").locator("tbody tr");
  await expect(messages).toHaveCount(3);
  const slider = page.getByTestId("reduce-round");
  await slider.focus();
  for (const passed of ["1", "2", "3", "4"]) {
    await slider.press("ArrowRight");
    await expect(picture).toHaveAttribute("data-passed", passed);
  }
  await expect(page.getByTestId("reduce-at")).toHaveText("Every worker has the sum");
  await page.getByTestId("reduce-previous").click();
  await expect(picture).toHaveAttribute("data-passed", "3");
  await page.getByTestId("reduce-play").click();
  await expect(picture).toHaveAttribute("data-passed", "4");

  // A server sends and takes all in two rounds.
  await page.getByTestId("reduce-server").click();
  await expect(messages).toHaveCount(2);
  await expect(picture).toHaveAttribute("data-passed", "0");
  await page.getByTestId("use-measured-link").click();
  await page.getByTestId("deploy-pipeline").click();
  await expect(page.getByTestId("link-gigabits")).not.toHaveValue("1");
});
