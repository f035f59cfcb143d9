import { readFile } from "node:fs/promises";

import type { Download, Locator, Page } from "@playwright/test";

/** The section “Data” of the area Train, and the collection that is open in it. */
export class Data {
  readonly page: Page;
  readonly set: Locator;
  readonly parts: Locator;
  readonly collect: Locator;
  readonly collection: Locator;
  readonly classes: Locator;
  readonly images: Locator;
  readonly error: Locator;

  constructor(page: Page) {
    this.page = page;
    this.set = page.getByTestId("dataset");
    this.parts = page.getByTestId("data-parts");
    this.collect = page.getByTestId("collect");
    this.collection = page.getByTestId("collection");
    this.classes = page.getByTestId("collect-class");
    this.images = page.getByTestId("collect-image");
    this.error = page.getByTestId("collect-error");
  }

  /** The button of a class of the open collection. */
  class(name: string): Locator {
    return this.page.locator(`[data-testid="collect-class"][data-name="${name}"]`);
  }

  /** Drops files on the page. */
  async drop(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<void> {
    const named = files.map(([name, bytes]) => [name, Array.from(bytes)] as const);
    await this.page.evaluate((files) => {
      const data = new DataTransfer();
      for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }, named);
  }

  /** Clicks a button and gives the bytes of the files that it saves. */
  async saved(button: Locator, count = 1): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    const all = new Promise<void>((resolve, reject) => {
      const take = (download: Download): void => {
        download
          .path()
          .then(async (path) => {
            files.set(download.suggestedFilename(), await readFile(path));
            if (files.size === count) {
              this.page.off("download", take);
              resolve();
            }
          })
          .catch(reject);
      };
      this.page.on("download", take);
    });
    await button.click();
    await all;
    return files;
  }
}
