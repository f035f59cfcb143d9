import { expect, test } from "../pages/test.ts";

interface Manifest {
  readonly name: string;
  readonly start_url: string;
  readonly scope: string;
  readonly icons: readonly { src: string; sizes: string; type: string; purpose?: string }[];
}

/** Width and height as a PNG file's header has them (PNG specification, 11.2.2). */
function sizeOf(png: Buffer): string {
  expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
  return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
}

for (const [where, address] of [
  ["at the root", process.env.BASE_URL],
  ["below a path", process.env.SUB_PATH_URL],
] as const) {
  test(`Chromium finds all it needs to install the lab ${where}`, async ({ lab, page }) => {
    await lab.open(address);
    const browser = await page.context().newCDPSession(page);
    const { url, errors } = await browser.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    expect(url).toBe(new URL("manifest.webmanifest", address).href);
    const { installabilityErrors } = await browser.send("Page.getInstallabilityErrors");
    // Playwright's profile is a private one, into which nothing is installed.
    const reasons = installabilityErrors.map(({ errorId }) => errorId);
    expect(reasons.filter((reason) => reason !== "in-incognito")).toEqual([]);
  });

  test(`The manifest's addresses stay in the site ${where}, and its icons are what it says`, async ({
    request,
  }) => {
    const url = new URL("manifest.webmanifest", address);
    const answer = await request.get(url.href);
    expect(answer.headers()["content-type"]).toBe("application/manifest+json");
    const manifest = (await answer.json()) as Manifest;
    expect(manifest.name).toBe("CNN lab");
    expect(new URL(manifest.start_url, url).href).toBe(address);
    expect(new URL(manifest.scope, url).href).toBe(address);
    const sizes = manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose ?? "any"}`);
    expect(sizes).toEqual(
      expect.arrayContaining(["192x192 any", "512x512 any", "512x512 maskable"]),
    );
    for (const icon of manifest.icons.filter(({ type }) => type === "image/png")) {
      const picture = await request.get(new URL(icon.src, url).href);
      expect(sizeOf(await picture.body()), icon.src).toBe(icon.sizes);
    }
  });
}

test("The page names its colours, its icon for a phone and its manifest", async ({ page }) => {
  await page.goto("./");
  const surface = (theme: "light" | "dark") =>
    page.evaluate((theme) => {
      const root = document.documentElement;
      root.dataset["theme"] = theme;
      return getComputedStyle(root).getPropertyValue("--surface").trim();
    }, theme);
  for (const theme of ["light", "dark"] as const) {
    const colour = page.locator(`meta[name="theme-color"][media*="${theme}"]`);
    await expect(colour).toHaveAttribute("content", await surface(theme));
  }
  const icon = await page.locator('link[rel="apple-touch-icon"]').getAttribute("href");
  const picture = await page.request.get(icon ?? "");
  expect(sizeOf(await picture.body())).toBe("180x180");
});
