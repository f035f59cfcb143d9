import { expect, type Locator, type Page } from "@playwright/test";

/** The section “Workers” of the area Train. */
export class Workers {
  readonly page: Page;
  readonly section: Locator;
  readonly choice: Locator;
  readonly timeline: Locator;
  readonly bytes: Locator;

  constructor(page: Page) {
    this.page = page;
    this.section = page.getByTestId("workers");
    this.choice = page.getByTestId("workers-choice");
    this.timeline = page.getByTestId("workers-timeline");
    this.bytes = page.getByTestId("workers-bytes");
  }

  /** Presses the button of this name. */
  async choose(name: string): Promise<void> {
    await this.choice.getByRole("button", { name, exact: true }).click();
  }

  /** Waits until so many train. */
  async are(count: number): Promise<void> {
    await expect(this.section).toHaveAttribute("data-count", `${count}`, { timeout: 60_000 });
  }

  /** What the worker of this number did in the last steps; 0 is the engine that trains. */
  row(number: number): Locator {
    return this.page.locator(`[data-testid="worker"][data-worker="${number}"]`);
  }
}
