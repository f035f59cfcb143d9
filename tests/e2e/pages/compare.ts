import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, type Locator, type Page } from "@playwright/test";

import { ROOT } from "./cnnlab.ts";

/** A part of the comparison. */
export const PARTS = ["Overview", "Difference", "What if", "This machine"] as const;
export type Part = (typeof PARTS)[number];

/** The comparison's page: the only place with its selectors. */
export class Compare {
  readonly page: Page;
  readonly button: Locator;
  readonly tray: Locator;
  readonly pins: Locator;
  readonly pinCurrent: Locator;
  readonly refused: Locator;
  readonly told: Locator;
  readonly rows: Locator;
  readonly copy: Locator;
  readonly slider: Locator;
  readonly value: Locator;
  readonly take: Locator;

  constructor(page: Page) {
    this.page = page;
    // A tab, on a phone one of the places of its navigation.
    this.button = page
      .locator('[data-testid="area"][data-area="compare"], [data-testid="go"][data-to="compare"]')
      .filter({ visible: true });
    this.tray = page.getByRole("region", { name: "Compare", exact: true });
    this.pins = page.getByTestId("pin");
    this.pinCurrent = page.getByTestId("pin-current");
    this.refused = page.getByTestId("compare-refused");
    this.told = page.getByTestId("compare-told");
    this.rows = page.getByTestId("compare-row");
    this.copy = page.getByTestId("copy-csv");
    this.slider = page.getByTestId("what-if-slider");
    this.value = page.getByTestId("what-if-value");
    this.take = page.getByTestId("what-if-take");
  }

  async open(): Promise<void> {
    if ((await this.button.count()) === 0) {
      await this.page.getByTestId("more-areas").click();
    }
    await this.button.click();
    await expect(this.tray).toBeVisible();
  }

  /** Shows another area. */
  async leave(): Promise<void> {
    await this.page.locator('[data-testid="area"][data-area="look"]').click();
    await expect(this.tray).toHaveCount(0);
  }

  /** Pins a network of the zoo by its title. */
  async pin(title: string): Promise<void> {
    await this.page.getByTestId("pin-add").click();
    await this.page.getByTestId("pin-choice").selectOption({ label: title });
    await this.page.getByTestId("pin-preset").click();
    await this.page.keyboard.press("Escape");
    await expect(this.page.getByTestId("pin-choice")).toHaveCount(0);
  }

  card(name: string): Locator {
    return this.page.locator(`[data-testid="pin"][data-name="${name}"]`);
  }

  async part(name: Part): Promise<void> {
    await this.tray.getByRole("tab", { name, exact: true }).click();
  }

  /** The button that sorts by this column. */
  heading(column: string): Locator {
    return this.page.locator(`[data-testid="sort"][data-column="${column}"]`);
  }

  /** The exact value in a cell of the table. */
  async cell(network: string, column: string): Promise<string> {
    const row = this.page.locator(`[data-testid="compare-row"][data-name="${network}"]`);
    return (await row.locator(`[data-column="${column}"]`).getAttribute("data-value")) ?? "";
  }

  /** The networks in the table's order. */
  order(): Promise<(string | null)[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-name")));
  }

  /** The lines of the difference that are added, removed or changed. */
  lines(how: "added" | "removed" | "changed"): Locator {
    return this.page.locator(`[data-testid="diff-line"][data-how="${how}"]`);
  }

  line(node: string): Locator {
    return this.page.locator(`[data-testid="diff-line"][data-name="${node}"]`);
  }

  /** A number of the network at the slider's value. */
  async number(curve: "curve-params" | "curve-macs" | "curve-bytes"): Promise<number> {
    return Number(await this.page.getByTestId(`${curve}-value`).getAttribute("data-value"));
  }
}

/** One network's totals as independent implementations count them. */
export interface Counted {
  readonly name: string;
  readonly params_trainable: number;
  readonly params_nontrainable: number;
  readonly macs: number;
}

/** The reference's count of this architecture. */
export function counted(name: string): Counted {
  const file = resolve(ROOT, "tests/reference/architectures.json");
  const all = JSON.parse(readFileSync(file, "utf8")) as Counted[];
  const found = all.find((it) => it.name === name);
  if (!found) {
    throw new Error(`the reference has no ${name}`);
  }
  return found;
}
