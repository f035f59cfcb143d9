import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";

import { Host } from "../pages/host.ts";
import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** Waits until the service worker answers this page's requests. */
async function kept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { serviceWorker } = navigator;
    while (serviceWorker.controller?.state !== "activated") {
      await new Promise((changed) => {
        serviceWorker.addEventListener("controllerchange", changed, { once: true });
        serviceWorker.controller?.addEventListener("statechange", changed, { once: true });
      });
    }
  });
}

/** The addresses of all that is kept for this site. */
function keptFiles(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    return (await cache.keys()).map((request) => request.url);
  });
}

/** Puts another version on the host: only the page's title differs. */
async function release(host: Host, title: string): Promise<void> {
  const page = (await host.read("index.html")).replace(/<title>.*<\/title>/, `<title>${title}</title>`);
  const hash = createHash("sha256").update(page).digest("hex").slice(0, 32);
  const worker = await host.read("sw.js");
  const [, list] = /^const SITE = (.*);$/m.exec(worker) ?? [];
  const site = JSON.parse(list);
  site.files["index.html"] = [hash, Buffer.byteLength(page), 1];
  site.version = title;
  host.change("index.html", page);
  host.change("sw.js", worker.replace(list, JSON.stringify(site)));
}

test("After one visit the lab opens and reads a digit without its host, below a path as well", async ({
  context,
  lab,
  page,
}) => {
  const host = await Host.start("/courses/lab/");
  await lab.open(host.url);
  await kept(page);
  await host.stop();
  await context.setOffline(true);
  await page.reload();
  await lab.waitReady();
  expect(await lab.prediction()).toBe(7);
  await expect(lab.weights).toHaveText("trained weights");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.errors).toHaveCount(0);
});

test("What was used once is there without the host, and the rest says that it is not", async ({
  context,
  lab,
  page,
  problems,
}) => {
  problems.allow(/fashion-mnist/);
  problems.allow(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED/);
  const host = await Host.start();
  await lab.open(host.url);
  await kept(page);
  await lab.source("photo").click();
  await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
  await expect.poll(() => keptFiles(page)).toContainEqual(expect.stringContaining("chelsea.png"));
  await host.stop();
  await context.setOffline(true);
  await page.reload();
  await lab.waitReady();
  await lab.source("photo").click();
  await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
  await lab.source("fashion").click();
  await expect(lab.errors).toContainText("fashion-mnist");
  // Nothing is lost by it.
  await lab.source("draw").click();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});

test("All of the lab is kept when the person wants it", async ({ context, lab, page }) => {
  test.slow();
  const host = await Host.start();
  await lab.open(host.url);
  await kept(page);
  await lab.openMenu();
  await expect(page.getByTestId("kept")).toContainText("opens without a network");
  await page.getByTestId("keep-all").click();
  await expect(page.getByTestId("kept")).toContainText("All of the lab is on this machine", {
    timeout: 60_000,
  });
  await expect(page.getByTestId("keep-all")).toBeHidden();
  await host.stop();
  await context.setOffline(true);
  await page.reload();
  await lab.waitReady();
  await lab.source("fashion").click();
  await expect(lab.samples.first()).toBeVisible();
  await expect(lab.errors).toHaveCount(0);
});

test("A newer version is announced, waits for a click, and leaves nothing old behind", async ({
  lab,
  page,
}) => {
  const host = await Host.start();
  await lab.open(host.url);
  await kept(page);
  await lab.clear();
  await lab.drawStroke(SEVEN);
  const before = await keptFiles(page);
  await release(host, "newer");

  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  const announcement = page.getByTestId("newer");
  await expect(announcement).toContainText("reload when it suits you");
  // The work goes on with the version it began with.
  await expect(page).toHaveTitle("CNN lab");
  await expect(lab.predicted).toHaveText("7");

  const loaded = page.waitForEvent("load");
  await announcement.getByRole("button", { name: "Reload" }).click();
  await loaded;
  await lab.waitReady();
  await expect(page).toHaveTitle("newer");
  await expect(announcement).toHaveCount(0);
  const after = await keptFiles(page);
  const changed = (files: string[]) => files.filter((file) => /\/\?kept=/.test(file));
  expect(changed(after)).toHaveLength(1);
  expect(changed(after)).not.toEqual(changed(before));
  // Only the page was fetched again.
  expect(after.filter((file) => before.includes(file))).toHaveLength(before.length - 1);
  await host.stop();
});

test("A newer version that one tab opens is announced in the other, which is not reloaded", async ({
  context,
  lab,
  page,
}) => {
  const host = await Host.start();
  await lab.open(host.url);
  await kept(page);
  const other = await context.newPage();
  await other.goto(host.url);
  await expect(other.locator("html")).toHaveAttribute("data-ready", "true");
  await release(host, "newer");
  await other.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  await other.getByTestId("newer").getByRole("button", { name: "Reload" }).click();
  await expect(other).toHaveTitle("newer");
  await expect(page.getByTestId("newer")).toContainText("opened in another tab");
  await expect(page).toHaveTitle("CNN lab");
  await host.stop();
});

test("A host whose files do not belong together is not kept, and the lab works", async ({
  lab,
  page,
}) => {
  const host = await Host.start();
  // The list is of another version than the page, as while somebody copies files.
  const worker = await host.read("sw.js");
  host.change("sw.js", worker.replace(/("index\.html":\[")[0-9a-f]{8}/, "$100000000"));
  await lab.open(host.url);
  await lab.openMenu();
  await expect(page.getByTestId("kept")).toContainText("cannot be used without a network here");
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await host.stop();
});

test("A browser without storage says so and works as before", async ({ lab, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
  });
  await lab.open();
  await lab.openMenu();
  await expect(page.getByTestId("kept")).toContainText("cannot be used without a network here");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
});
