import { expect, type Locator, type Page } from "@playwright/test";

/** The picture of the graph: it alone knows how its parts are found. */
export class Graph {
  readonly page: Page;
  readonly viewport: Locator;
  readonly blocks: Locator;
  readonly frames: Locator;
  /** What a screen reader is told. */
  readonly said: Locator;

  constructor(page: Page) {
    this.page = page;
    this.viewport = page.getByTestId("graph-view");
    this.blocks = page.getByTestId("block");
    this.frames = page.getByTestId("frame");
    this.said = page.getByTestId("graph-said");
  }

  /** Shows the network as a picture instead of a list. */
  async show(): Promise<void> {
    await this.page.getByTestId("view-switch").click();
    await expect(this.viewport).toBeVisible();
  }

  /** Opens a network of the zoo. */
  async open(preset: string): Promise<void> {
    await this.page.getByTestId("network-name").click();
    await this.page.locator(`[data-testid="preset"][data-preset="${preset}"]`).click();
  }

  block(name: string): Locator {
    return this.page.locator(`[data-testid="block"][data-name="${name}"]`);
  }

  frame(name: string): Locator {
    return this.page.locator(`[data-testid="frame"][data-name="${name}"]`);
  }

  node(name: string): Locator {
    return this.viewport.locator(`[data-testid="node"][data-name="${name}"]`);
  }

  /** The nodes' names in the graph's order. */
  names(): Promise<string[]> {
    const nodes = this.viewport.getByTestId("node");
    return nodes.evaluateAll((all) => all.map((node) => node.getAttribute("data-name") ?? ""));
  }

  /** Where a box is on the screen. */
  async place(box: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    const place = await box.boundingBox();
    if (!place) {
      throw new Error("the box is not in the page");
    }
    return place;
  }
}
