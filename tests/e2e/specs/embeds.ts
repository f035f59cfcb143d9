import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

/** What the browser has stored for the page. */
function stored(): Promise<unknown> {
  return (async () => ({
    databases: (await indexedDB.databases()).length,
    local: localStorage.length,
    session: sessionStorage.length,
  }))();
}

test("a frame shows the reduced screen of the link and stores nothing", async ({ lab, page }) => {
  await lab.open();
  await lab.showList();
  await lab.edit("C3");
  const keep = new Keep(page);
  await keep.openShare();
  const snippet = await keep.frame.inputValue();
  const context = await page.context().browser()?.newContext();
  const other = await context?.newPage();
  if (!other) {
    throw new Error("there is no browser to open another profile in");
  }
  // Another page of the same site, as a course would have it.
  await other.route("**/course.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><title>Course</title><link rel="icon" href="data:,">${snippet}`,
    }),
  );
  await other.goto(new URL("course.html", page.url()).href);
  const frame = other.frameLocator("iframe");
  await expect(frame.locator("html")).toHaveAttribute("data-ready", "true");
  await expect(frame.getByTestId("prediction")).toHaveText("7");
  await expect(frame.getByTestId("node").first()).toBeVisible();
  await expect(frame.getByTestId("draw-pad")).toBeVisible();
  for (const absent of ["menu", "area", "experiments", "share", "total-params"]) {
    await expect(frame.getByTestId(absent)).toHaveCount(0);
  }
  await frame.getByTestId("clear").click();
  await expect(frame.getByTestId("prediction")).toHaveText("–");
  await expect(frame.getByTestId("open-in-lab")).toHaveAttribute("href", /\/#lab=2/);
  expect(await other.evaluate(stored)).toEqual({ databases: 0, local: 0, session: 0 });
  await context?.close();
});

test("the address chooses the parts, and unknown ones are told and passed over", async ({ lab }) => {
  await lab.open("./?embed=network,weather");
  await expect(lab.notice).toContainText("“weather”");
  await expect(lab.nodes.first()).toBeVisible();
  await expect(lab.pad).toBeHidden();
  await expect(lab.predicted).toHaveCount(0);
});
