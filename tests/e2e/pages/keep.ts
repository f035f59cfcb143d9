import { writeFile } from "node:fs/promises";

import { expect, type Locator, type Page, test } from "@playwright/test";

/** The dialogs “Experiments” and “Share”, and the browser's storage. */
export class Keep {
  readonly page: Page;
  readonly experiments: Locator;
  readonly list: Locator;
  readonly link: Locator;
  readonly length: Locator;
  readonly frame: Locator;
  readonly locks: Locator;

  constructor(page: Page) {
    this.page = page;
    this.experiments = page.getByTestId("experiments-dialog");
    this.list = this.experiments.getByTestId("experiment");
    this.link = page.getByTestId("share-link");
    this.length = page.getByTestId("share-length");
    this.frame = page.getByTestId("share-frame");
    this.locks = page.getByTestId("locks");
  }

  async openList(): Promise<void> {
    await this.page.getByTestId("experiments").click();
    await expect(this.list.first()).toBeVisible();
  }

  async closeList(): Promise<void> {
    await this.experiments.getByTestId("close").click();
  }

  row(name: string): Locator {
    return this.experiments.locator(`[data-testid="experiment"][data-name="${name}"]`);
  }

  async openShare(): Promise<void> {
    await this.page.getByTestId("share").click();
    await expect(this.length).toBeVisible();
  }

  async closeShare(): Promise<void> {
    await this.page.getByTestId("share-dialog").getByTestId("close").click();
  }

  /** The link to the current experiment. */
  async shared(): Promise<string> {
    await this.openShare();
    await expect(this.link).toHaveValue(/#lab=/);
    const link = await this.link.inputValue();
    await this.closeShare();
    return link;
  }

  /** A link that locks and hides these controls. */
  async exercise(locked: readonly string[], hidden: readonly string[] = []): Promise<string> {
    await this.openShare();
    await this.page.getByTestId("share-locks").locator("summary").click();
    const before = await this.link.inputValue();
    for (const control of locked) {
      await this.page.getByTestId(`locked-${control}`).check();
    }
    for (const control of hidden) {
      await this.page.getByTestId(`hidden-${control}`).check();
    }
    await expect(this.link).not.toHaveValue(before);
    const link = await this.link.inputValue();
    await this.closeShare();
    return link;
  }

  /** For each of these controls a link that locks it alone. */
  async exercises<C extends string>(controls: readonly C[]): Promise<Record<C, string>> {
    await this.openShare();
    await this.page.getByTestId("share-locks").locator("summary").click();
    const free = await this.link.inputValue();
    const links: [C, string][] = [];
    for (const control of controls) {
      const box = this.page.getByTestId(`locked-${control}`);
      await box.check();
      await expect(this.link).not.toHaveValue(free);
      links.push([control, await this.link.inputValue()]);
      await box.uncheck();
      await expect(this.link).toHaveValue(free);
    }
    await this.closeShare();
    return Object.fromEntries(links) as Record<C, string>;
  }

  /** Gives the page a file as if the person had chosen it. */
  async openFile(name: string, content: Buffer | string): Promise<void> {
    // From the disk: 50 MB are not to go through the browser's debugger.
    const path = test.info().outputPath(name);
    await writeFile(path, content);
    await this.page.getByTestId("open-file").setInputFiles(path);
  }

  /** All stored records, by key. */
  records(): Promise<Record<string, KeptRecord>> {
    return this.page.evaluate(async () => {
      // Opening a database that does not exist would create it.
      if (!(await indexedDB.databases()).some(({ name }) => name === "cnn-lab")) {
        return {};
      }
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open("cnn-lab");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      if (!database.objectStoreNames.contains("experiments")) {
        database.close();
        return {};
      }
      const store = database.transaction("experiments").objectStore("experiments");
      const [keys, values] = await Promise.all(
        [store.getAllKeys(), store.getAll()].map(
          (request) =>
            new Promise<unknown[]>((resolve) => {
              request.onsuccess = () => resolve(request.result as unknown[]);
            }),
        ),
      );
      database.close();
      return Object.fromEntries(
        keys.map((key, at) => [String(key), JSON.parse(String(values[at]))]),
      );
    });
  }

  /** Waits until a stored record satisfies this condition. */
  async kept(holds: (record: KeptRecord) => boolean): Promise<void> {
    await expect
      .poll(async () => Object.values(await this.records()).filter(holds).length)
      .toBeGreaterThan(0);
  }

  /** Stores a record as another version of the lab would. */
  async putRecord(key: string, record: unknown): Promise<void> {
    await this.page.evaluate(
      async ([key, text]) => {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open("cnn-lab");
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const transaction = database.transaction("experiments", "readwrite");
        transaction.objectStore("experiments").put(text, key);
        await new Promise((resolve) => {
          transaction.oncomplete = resolve;
        });
        database.close();
      },
      [key, JSON.stringify(record)] as const,
    );
  }
}

/** The stored record of an experiment. */
export interface KeptRecord {
  readonly form: number;
  readonly revision: number;
  readonly name: string;
  readonly network: string;
  readonly document: string;
  readonly trail: { readonly before: readonly [number, string][] };
  readonly weights?: readonly { readonly from: string; readonly states: readonly number[] }[];
}
