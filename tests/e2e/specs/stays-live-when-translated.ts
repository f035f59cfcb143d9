import type { Page } from "@playwright/test";

import { expect, test } from "../pages/test.ts";

/**
 * Does with every text what a browser's translator does: takes the text node out and puts nested
 * `<font>` elements with the translation in its place, here between « ». What the page writes later is
 * translated as well, as translators do.
 */
async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const skipped = "script, style, textarea, option, svg, font, [translate=no]";
    const all = () => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      while (walker.nextNode()) texts.push(walker.currentNode as Text);
      for (const text of texts) {
        if (text.data.trim() === "" || text.parentElement?.closest(skipped)) continue;
        const [outer, inner] = [document.createElement("font"), document.createElement("font")];
        inner.textContent = `«${text.data}»`;
        outer.append(inner);
        text.replaceWith(outer);
      }
    };
    all();
    const translator = new MutationObserver(all);
    translator.observe(document.body, { childList: true, subtree: true, characterData: true });
    Object.assign(window, { translator });
  });
}

/** The page's text without the marks of the translator; a text that is there twice stays so. */
async function text(page: Page, of: string): Promise<string> {
  return (await page.getByTestId(of).innerText()).replaceAll(/[«»]/g, "");
}

test("Live numbers stay live while the browser translates the page", async ({ lab, page }) => {
  await lab.open();
  await lab.gallery(0);
  // Test images 1 and 2 are a 7 and a 2.
  expect(await lab.prediction()).toBe(7);
  await translate(page);
  const params = page.getByTestId("total-params");
  await expect(params).toContainText("«");
  const before = await text(page, "total-params");

  // An edit changes a number of the totals, and undo changes it back.
  await lab.edit("C3");
  await lab.setField("channels", "20");
  await expect.poll(() => text(page, "total-params")).toContain("74,310");
  expect(await text(page, "total-params")).not.toContain("61,706");
  await lab.undoEdit.click();
  await expect.poll(() => text(page, "total-params")).toBe(before);

  await lab.gallery(1);
  await expect(lab.predicted).toHaveText("«2»");

  // The translator shows the original again.
  await page.evaluate(() => {
    (window as unknown as { translator: MutationObserver }).translator.disconnect();
    for (const font of document.querySelectorAll("font")) {
      if (font.parentElement?.nodeName === "FONT") continue;
      font.replaceWith(font.textContent!.replaceAll(/[«»]/g, ""));
    }
  });
  await expect(page.locator("font")).toHaveCount(0);
  expect(await text(page, "total-params")).toBe(before);
  await expect(lab.errors).toHaveCount(0);
});
