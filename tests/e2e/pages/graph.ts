import { expect, type Locator, type Page } from "@playwright/test";

import { type Place, placeOf } from "./place.ts";

/** The picture of the graph: the only place with its selectors. */
export class Graph {
  readonly page: Page;
  readonly viewport: Locator;
  readonly blocks: Locator;
  readonly frames: Locator;
  readonly spots: Locator;
  /** The live region for screen readers. */
  readonly said: Locator;

  constructor(page: Page) {
    this.page = page;
    this.viewport = page.getByTestId("graph-view");
    this.blocks = page.getByTestId("block");
    this.frames = page.getByTestId("frame");
    this.spots = page.getByTestId("spot");
    this.said = page.getByTestId("graph-said");
  }

  /** Shows the network as a picture instead of a list. */
  async show(): Promise<void> {
    await this.page.getByTestId("view-switch").click();
    await expect(this.viewport).toBeVisible();
    await this.grown();
  }

  /** Waits until all boxes are mounted, which happens in slices. */
  async grown(): Promise<void> {
    await expect(this.page.locator(".network-view")).toHaveAttribute("aria-busy", "false");
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
  async names(): Promise<string[]> {
    await this.grown();
    const nodes = this.viewport.getByTestId("node");
    return nodes.evaluateAll((all) => all.map((node) => node.getAttribute("data-name") ?? ""));
  }

  /** The card of a node. */
  stage(name: string): Locator {
    const node = this.page.locator(`[data-testid="node"][data-name="${name}"]`);
    return this.viewport.getByTestId("stage").filter({ has: node });
  }

  /** The output port of a node's card. */
  port(name: string): Locator {
    return this.stage(name).locator("[data-port]");
  }

  /** How much the cards show: furthest, far, block or near. */
  level(): Promise<string | null> {
    return this.viewport.getAttribute("data-level");
  }

  /** The middle of a box on the screen. */
  async middle(box: Locator): Promise<[number, number]> {
    const { x, y, width, height } = await this.place(box);
    return [x + width / 2, y + height / 2];
  }

  /** The middle of the wire between two cards. */
  async between(from: string, to: string): Promise<[number, number]> {
    return this.middle(this.viewport.getByRole("button", { name: `Insert between ${from} and ${to}` }));
  }

  /** Where a box is on the screen, once it stands still. */
  async place(box: Locator): Promise<Place> {
    await expect(box).toBeVisible();
    return placeOf(box);
  }
}
