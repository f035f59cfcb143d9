/**
 * Takes a picture of every area at three sizes, light and dark. `cargo xtask screens` runs it: the
 * site is at BASE_URL, Chromium at CHROMIUM, the pictures go into the folder SCREENS.
 */
import { chromium } from "@playwright/test";

import { FLAGS } from "./chromium.mjs";

const SIZES = [
  [1440, 900],
  [1024, 768],
  [390, 844],
];

const byId = (page, id) => page.getByTestId(id);

/** Opens an area by its tab, or on a phone by the navigation at the bottom. */
async function area(page, name) {
  const tab = page.locator(`[data-testid="area"][data-area="${name}"]`);
  const go = page.locator(`[data-testid="go"][data-to="${name}"]`);
  const places = tab.or(go).filter({ visible: true });
  if ((await places.count()) === 0) {
    await byId(page, "more-areas").click();
  }
  await places.click();
}

/** Shows the network, which on a phone has a view of its own. */
async function network(page) {
  const go = page.locator('[data-testid="go"][data-to="network"]');
  if (await go.isVisible()) {
    await go.click();
  }
}

/** Opens a network of the zoo. */
async function open(page, name) {
  await byId(page, "network-name").click();
  await page.locator(`[data-testid="preset"][data-preset="${name}"]`).click();
  await answered(page);
}

/** Waits for an answer and for all that comes after it. */
async function answered(page) {
  await page.waitForFunction(() => !document.querySelector(".lazy, [aria-busy='true']"));
  await page.waitForLoadState("networkidle");
}

/** Each screen, and how to get there from the start. */
const SCREENS = {
  look: async () => {},
  network,
  map: async (page) => {
    await network(page);
    await page.locator('[data-testid="node"][data-name="C1"] [data-testid="map"]').first().click();
  },
  fashion: async (page) => {
    await page.locator('[data-testid="source"][data-source="fashion"]').click();
    await byId(page, "sample").first().click();
  },
  build: async (page) => {
    await network(page);
    await page.locator('[data-testid="node"][data-name="C3"]').first().click();
    await area(page, "build");
  },
  train: async (page) => {
    await network(page);
    await area(page, "train");
    await byId(page, "train-start").click();
    await page.waitForFunction(
      () => Number(document.querySelector('[data-testid="train-step"]')?.dataset.value) > 20,
    );
    await byId(page, "train-pause").click();
    await byId(page, "train-start").waitFor();
  },
  compare: async (page) => area(page, "compare"),
  "efficientnet-lite0": async (page) => {
    await open(page, "efficientnet-lite0");
    await network(page);
  },
  "resnet-50": async (page) => {
    await open(page, "resnet-50");
    await network(page);
  },
  googlenet: async (page) => {
    await open(page, "googlenet");
    await network(page);
  },
  networks: async (page) => byId(page, "network-name").click(),
  menu: async (page) => byId(page, "menu").click(),
  share: async (page) => byId(page, "share").click(),
};

const wanted = process.argv[2] ?? "";
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
let failed = 0;
for (const [width, height] of SIZES) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, reach] of Object.entries(SCREENS)) {
      const file = `${name}-${width}-${colorScheme}.png`;
      if (!file.includes(wanted)) {
        continue;
      }
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      try {
        await page.goto(process.env.BASE_URL);
        await page.waitForSelector("html[data-answered]", { timeout: 60_000 });
        await answered(page);
        await reach(page);
        await answered(page);
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: `${process.env.SCREENS}/${file}` });
      } catch (error) {
        failed += 1;
        console.error(`${file}: ${String(error.message ?? error).split("\n")[0]}`);
      }
      await context.close();
    }
  }
}
await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
