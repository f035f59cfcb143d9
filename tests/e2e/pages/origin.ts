import type { BrowserContext, Page } from "@playwright/test";

/** Every address that this browser requests: by pages, workers and the service worker. */
export function asked(context: BrowserContext): string[] {
  const addresses: string[] = [];
  context.on("request", (request) => addresses.push(request.url()));
  context.on("page", (page) => page.on("websocket", (socket) => addresses.push(socket.url())));
  return addresses;
}

/** Addresses outside of the site, without object URLs of downloads. */
export function outside(addresses: readonly string[], page: Page): string[] {
  const { origin } = new URL(page.url());
  return addresses.filter(
    (address) => !address.startsWith(`blob:${origin}/`) && new URL(address).origin !== origin,
  );
}

/** Requests that the page's content security policy has blocked. */
export async function refusals(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const refused: string[] = [];
    Object.assign(window, { refused });
    document.addEventListener("securitypolicyviolation", (event) => {
      refused.push(`${event.effectiveDirective}: ${event.blockedURI} (${event.sourceFile})`);
    });
  });
  return () => page.evaluate(() => (window as unknown as { refused: string[] }).refused);
}
