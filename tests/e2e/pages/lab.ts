import { expect, type Download, type Locator, type Page } from "@playwright/test";

import { type Place, placeOf } from "./place.ts";

/** A point of the pad, in shares of its side: (0, 0) is the upper left corner. */
export type Point = readonly [x: number, y: number];

export const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** A seven as people write it: the bar, then the slanted stem, in one stroke. */
export const SEVEN: readonly Point[] = [
  [0.25, 0.22],
  [0.75, 0.22],
  [0.45, 0.85],
];

/** The lab's page: the only place with selectors of the page. */
/** The areas of the page. */
export type Area = "look" | "build" | "train" | "shrink" | "attack" | "deploy" | "compare";

export class Lab {
  readonly page: Page;
  readonly pad: Locator;
  readonly clearButton: Locator;
  readonly undoButton: Locator;
  readonly predicted: Locator;
  readonly badge: Locator;
  readonly device: Locator;
  readonly theme: Locator;
  readonly totalParams: Locator;
  readonly totalMacs: Locator;
  readonly nodes: Locator;
  readonly errors: Locator;
  readonly notice: Locator;
  readonly weights: Locator;
  readonly weightsFile: Locator;
  readonly sampleTruth: Locator;
  readonly nextSample: Locator;
  readonly nextSamples: Locator;
  readonly samples: Locator;
  readonly top: Locator;
  readonly untrained: Locator;
  readonly domainNote: Locator;
  readonly trueLabel: Locator;
  readonly says: Locator;
  readonly progress: Locator;
  readonly photoFile: Locator;
  readonly photoCaption: Locator;
  readonly photoPicture: Locator;
  readonly networkName: Locator;
  readonly palette: Locator;
  readonly undoEdit: Locator;
  readonly redoEdit: Locator;
  /** The name of the selected layer, above its settings. */
  readonly selected: Locator;
  readonly problems: Locator;
  readonly stillRunning: Locator;
  /** The value of the chosen map, in its panel. */
  readonly mapValue: Locator;

  constructor(page: Page) {
    this.page = page;
    this.pad = page.getByTestId("draw-pad");
    this.clearButton = page.getByTestId("clear");
    this.undoButton = page.getByTestId("undo-stroke");
    this.predicted = page.getByTestId("prediction");
    this.badge = page.getByTestId("device-badge");
    this.device = page.getByTestId("device-switch");
    this.theme = page.getByTestId("theme-switch");
    this.totalParams = page.getByTestId("total-params");
    this.totalMacs = page.getByTestId("total-macs");
    this.nodes = page.getByTestId("node");
    this.errors = page.getByTestId("error");
    this.notice = page.getByTestId("notice");
    this.weights = page.getByTestId("weights-state");
    this.weightsFile = page.getByTestId("open-weights");
    this.sampleTruth = page.getByTestId("sample-truth");
    this.nextSample = page.getByTestId("gallery-next");
    this.nextSamples = page.getByTestId("gallery-next-page");
    this.samples = page.getByTestId("sample");
    this.top = page.getByTestId("top");
    this.untrained = page.getByTestId("untrained");
    this.domainNote = page.getByTestId("domain-note");
    this.trueLabel = page.getByTestId("true-label");
    this.says = page.getByTestId("answer-says");
    this.progress = page.getByTestId("progress");
    this.photoFile = page.getByTestId("photo-file");
    this.photoCaption = page.getByTestId("photo-caption");
    this.photoPicture = page.getByTestId("photo-picture");
    this.networkName = page.getByTestId("network-name");
    this.palette = page.getByTestId("palette");
    this.undoEdit = page.getByTestId("undo");
    this.redoEdit = page.getByTestId("redo");
    this.selected = page.getByTestId("selected-layer").getByRole("heading", { level: 2 });
    this.mapValue = page.getByTestId("layer-panel").getByTestId("map-value");
    this.problems = page.getByTestId("problem");
    this.stillRunning = page.getByTestId("still-running");
  }

  /** Opens the page and waits until its first answer is shown. */
  async open(address = "./"): Promise<void> {
    await this.page.goto(address);
    await this.waitReady();
  }

  async waitReady(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-ready", "true", { timeout: 60_000 });
    // The first answer does not wait for lazily loaded panels.
    await expect(this.page.locator(".lazy")).toHaveCount(0);
    await expect(this.page.locator("[aria-busy='true']")).toHaveCount(0);
  }

  /** The pad's bounding box on the screen. */
  async padBox(): Promise<Place> {
    await this.bringIntoView(this.pad);
    return placeOf(this.pad);
  }

  /** Draws along these points with the mouse; `moves` pointer moves for each of the lines. */
  async drawStroke(points: readonly Point[], moves = 8): Promise<void> {
    const [first, ...others] = await this.onScreen(points);
    await this.page.mouse.move(...first);
    await this.page.mouse.down();
    for (const point of others) {
      await this.page.mouse.move(...point, { steps: moves });
    }
    await this.page.mouse.up();
  }

  /** Points of the pad as points of the screen. */
  async onScreen(points: readonly Point[]): Promise<[number, number][]> {
    const { x, y, width, height } = await this.padBox();
    return points.map(([right, down]) => [x + right * width, y + down * height]);
  }

  /** Clears the pad and waits until the page says that it is blank. */
  async clear(): Promise<void> {
    await this.clearButton.click();
    await expect(this.predicted).toHaveText("–");
  }

  /** Puts MNIST test image number `index` (from 0) on the pad and waits for its answer. */
  async gallery(index: number): Promise<void> {
    const sample = this.page.locator(`[data-testid="sample"][data-index="${index}"]`);
    await this.source("digits").click();
    const shown = await this.shownAnswers();
    while (!(await sample.isVisible())) {
      await this.nextSamples.click();
    }
    await sample.click();
    await expect(this.sampleTruth).toContainText(`MNIST test image ${index + 1},`);
    await expect.poll(() => this.shownAnswers()).toBeGreaterThan(shown);
  }

  /** The button that chooses this source of the input. */
  source(name: "draw" | "digits" | "fashion" | "photo"): Locator {
    return this.page.locator(`[data-testid="source"][data-source="${name}"]`);
  }

  /** The button of a sample photo. */
  photo(name: string): Locator {
    return this.page.locator(`[data-testid="photo"][data-photo="${name}"]`);
  }

  /** The most probable classes by number, with their probabilities. */
  async likeliest(): Promise<Map<number, number>> {
    const rows = await this.top.evaluateAll((rows) =>
      rows.map((row): [string, string] => [
        row.getAttribute("data-class") ?? "",
        /([\d.]+)\s*%$/.exec(row.textContent?.trim() ?? "")?.[1] ?? "",
      ]),
    );
    return new Map(rows.map(([name, percent]) => [Number(name), Number(percent) / 100]));
  }

  /** The number of the latest answer on the screen; it grows with every answer. */
  shownAnswers(): Promise<number> {
    return this.page.evaluate(() => {
      const [mark] = performance.getEntriesByName("cnnlab:shown") as PerformanceMark[];
      return mark ? Number(mark.detail) : 0;
    });
  }

  /** The digit that the network reads; fails while there is none. */
  async prediction(): Promise<number> {
    await expect(this.predicted).toHaveText(/^[0-9]$/);
    return Number(await this.predicted.textContent());
  }

  probability(digit: number): Locator {
    return this.page.getByTestId(`probability-${digit}`);
  }

  /** The ten probabilities as the page writes them, in percent. */
  async probabilities(): Promise<number[]> {
    const texts = await Promise.all(DIGITS.map((digit) => this.probability(digit).textContent()));
    return texts.map((text) => {
      const [, percent] = /([\d.]+)\s*%$/.exec(text ?? "") ?? [];
      if (percent === undefined) {
        throw new Error(`a probability ends in a percentage, but this one is “${text}”`);
      }
      return Number(percent);
    });
  }

  node(name: string): Locator {
    return this.page.locator(`[data-testid="node"][data-name="${name}"]`);
  }

  maps(name: string): Locator {
    return this.node(name).getByTestId("map");
  }

  /** The element that selects a node: its box in the graph, its name in the list. */
  head(name: string): Locator {
    const node = `[data-testid="node"][data-name="${name}"]`;
    return this.page.locator(`${node}.box, ${node} .node-head`);
  }

  /** Shows the network as a list. */
  async showList(): Promise<void> {
    await this.page.getByTestId("show-list").click();
    await expect(this.page.getByTestId("list-view")).toBeVisible();
  }

  /** Shows the network as a picture. */
  async showPicture(): Promise<void> {
    await this.page.getByTestId("view-switch").click();
    await expect(this.page.getByTestId("graph-view")).toBeVisible();
  }

  /** Opens a network of the zoo, or the empty one. */
  async openPreset(name: string): Promise<void> {
    await this.networkName.click();
    await this.preset(name).click();
  }

  preset(name: string): Locator {
    return this.page.locator(`[data-testid="preset"][data-preset="${name}"]`);
  }

  paletteItem(layer: string, variant?: string): Locator {
    const which = variant === undefined ? ":not([data-variant])" : `[data-variant="${variant}"]`;
    return this.palette.locator(`[data-testid="palette-item"][data-layer="${layer}"]${which}`);
  }

  /** Opens the page's menu, where device and theme are chosen. */
  async openMenu(): Promise<void> {
    await this.page.getByTestId("menu").click();
    await expect(this.theme).toBeVisible();
  }

  /** Chooses the theme, and closes the menu. */
  async chooseTheme(theme: "auto" | "light" | "dark"): Promise<void> {
    await this.openMenu();
    await this.theme.selectOption(theme);
    await this.page.keyboard.press("Escape");
    await expect(this.theme).toBeHidden();
  }

  /** Chooses the device, and closes the menu. */
  async chooseDevice(device: "automatic" | "cpu" | "webgpu"): Promise<void> {
    await this.openMenu();
    await this.device.selectOption(device);
    await this.page.keyboard.press("Escape");
    await expect(this.device).toBeHidden();
  }

  /** Shows an area, on a phone by the navigation at the bottom. */
  async showArea(name: Area): Promise<void> {
    const tab = this.page.locator(`[data-testid="area"][data-area="${name}"]`);
    const to = name === "look" ? "network" : name;
    const go = this.page.locator(`[data-testid="go"][data-to="${to}"]`);
    const more = this.page.getByTestId("more-areas");
    const places = tab.or(go).filter({ visible: true });
    const shown = this.page.locator(`.lab[data-area="${name}"]`);
    const drawing = this.page.locator('[data-to="draw"][aria-current]').filter({ visible: true });
    if ((await shown.count()) === 0 || (name === "look" && (await drawing.count()) > 0)) {
      if ((await places.count()) === 0) {
        await more.click();
      }
      await places.click();
    }
    await expect(shown).toHaveCount(1);
  }

  /** Shows the input or the network in Look, which have a view of their own on a phone. */
  async look(at: "draw" | "network"): Promise<void> {
    const go = this.page.locator(`[data-testid="go"][data-to="${at}"]`);
    if (await go.isVisible()) {
      await go.click();
      await expect(go).toHaveAttribute("aria-current", "page");
    } else {
      await this.showArea("look");
    }
  }

  /**
   * Scrolls the network, of which the cards far outside are not in the document, until this is there:
   * a person scrolls too where little of the network fits.
   */
  async reveal(wanted: Locator): Promise<void> {
    const view = this.page.getByTestId("graph-view");
    if (!(await view.isVisible())) {
      return;
    }
    await expect(async () => {
      if ((await wanted.count()) === 0) {
        await view.evaluate((it) => {
          const [x, y] = [it.scrollLeft, it.scrollTop];
          it.scrollBy({ left: it.clientWidth / 2, top: it.clientHeight / 2, behavior: "instant" });
          if (it.scrollLeft === x && it.scrollTop === y) {
            it.scrollTo({ left: 0, top: 0, behavior: "instant" });
          }
        });
      }
      await expect(wanted.first()).toBeAttached({ timeout: 500 });
    }).toPass();
  }

  /** Selects a node and shows its settings. */
  async edit(name: string): Promise<void> {
    await this.showArea("build");
    await this.reveal(this.head(name));
    await this.head(name).click();
    await expect(this.page.getByTestId("selected-layer").getByRole("heading")).toContainText(name);
  }

  /** Shows all layers of the palette. */
  async allLayers(): Promise<void> {
    await this.showArea("build");
    const toggle = this.page.getByTestId("palette-toggle");
    if ((await toggle.getAttribute("aria-expanded")) !== "true") {
      await toggle.click();
    }
    await expect(toggle).toHaveAttribute("aria-expanded", "true");
  }

  /** Does something with the selected nodes, from their menu. */
  async act(
    action: "duplicate" | "move-up" | "move-down" | "wrap" | "copy" | "cut" | "paste" | "delete",
  ): Promise<void> {
    await this.showArea("build");
    await this.page.getByTestId("layer-menu").click();
    await this.page.getByTestId(action).click();
  }

  /** Unfolds the advanced settings. */
  async advanced(): Promise<void> {
    const fold = this.page.getByTestId("advanced");
    if ((await fold.getAttribute("aria-expanded")) !== "true") {
      await fold.click();
    }
    await expect(fold).toHaveAttribute("aria-expanded", "true");
  }

  /** A setting of the selected node. */
  field(name: string): Locator {
    return this.page.locator(`[data-testid="field"][data-field="${name}"]`);
  }

  /** The text field of a setting. */
  value(name: string): Locator {
    return this.field(name).getByRole("textbox").first();
  }

  async setField(name: string, text: string): Promise<void> {
    await this.showArea("build");
    if (!(await this.value(name).isVisible())) {
      await this.advanced();
    }
    await this.value(name).fill(text);
    await this.value(name).press("Enter");
  }

  /** The problem of a node. */
  problem(node: string): Locator {
    return this.page.locator(`[data-testid="problem"][data-node="${node}"]`);
  }

  /** The nodes as the screen shows them. */
  async network(): Promise<string[]> {
    // Nodes are mounted in slices.
    await expect(this.page.locator(".network-view")).toHaveAttribute("aria-busy", "false");
    return this.nodes.evaluateAll((nodes) =>
      nodes.map((node) =>
        ["name", "shape", "params", "macs"].map((key) => node.getAttribute(`data-${key}`)).join(),
      ),
    );
  }

  /** The picture after a step of the preprocessing. */
  step(name: "crop" | "fit" | "centre" | "pad" | "resize" | "normalise"): Locator {
    return this.page.locator(`[data-testid="step"][data-step="${name}"]`);
  }

  /** On a narrow screen: the tab that shows this part. */
  tab(name: "Input" | "Network" | "Inspector"): Locator {
    return this.page.getByRole("tab", { name, exact: true });
  }

  /** The column of this name. */
  column(name: "Input" | "Answer" | "Other pictures" | "Network" | "Inspector"): Locator {
    // A region, or on a narrow screen a tab panel.
    return this.page.locator(`section[aria-label="${name}"]`);
  }

  /** Selects a node and shows its settings. */
  async inspect(name: string): Promise<void> {
    await this.edit(name);
  }

  /** Chooses a map of a node by a click on it; of a vector, one of its values. */
  async lookAt(name: string, channel = 0): Promise<void> {
    // On a narrow page the panel lies over the cards at the right.
    const close = this.page.getByTestId("close-look");
    if (await close.isVisible()) {
      await close.click();
    }
    await this.reveal(this.maps(name));
    await this.maps(name).nth(channel).click();
    await expect(this.page.getByTestId("layer-panel").getByRole("heading", { level: 2 })).toContainText(
      name,
    );
  }

  /** Goes to a row and a column of the chosen map, counted from 0, by the keyboard. */
  async goTo(row: number, column: number): Promise<void> {
    await this.page.getByTestId("viewer").focus();
    await this.page.keyboard.press("Home");
    const value = this.mapValue;
    await expect(value).toContainText("column 1:");
    const now = Number(/row (\d+)/.exec((await value.textContent()) ?? "")?.[1]) - 1;
    const [key, steps] = now > row ? ["ArrowUp", now - row] : ["ArrowDown", row - now];
    for (let step = 0; step < steps; step += 1) {
      await this.page.keyboard.press(key);
    }
    for (let step = 0; step < column; step += 1) {
      await this.page.keyboard.press("ArrowRight");
    }
    await expect(value).toContainText(`row ${row + 1}, column ${column + 1}:`);
  }

  /** Unfolds a section of the panel of the chosen map and brings it into view. */
  async unfold(
    name: "facts" | "histogram" | "weights" | "partials" | "reach" | "times" | "parity" | "offline",
  ): Promise<void> {
    const section = this.page.getByTestId(`section-${name}`);
    // What arrives between press and release moves the line away, and the press is no click; what is
    // rendered again meanwhile is another element.
    await expect(async () => {
      if ((await section.getAttribute("open")) === null) {
        await section.locator("summary").first().click();
      }
      await expect(section).toHaveAttribute("open", { timeout: 500 });
    }).toPass();
    await this.bringIntoView(section);
  }

  /** Scrolls to an element that may be rendered again meanwhile. */
  async bringIntoView(locator: Locator): Promise<void> {
    await expect(async () => {
      await locator.scrollIntoViewIfNeeded({ timeout: 1000 });
    }).toPass();
  }

  /** The canvas of every node's card as one text, to see whether any of them has changed. */
  allMaps(): Promise<Record<string, string>> {
    return this.nodes.evaluateAll((nodes) =>
      Object.fromEntries(
        nodes.map((node) => {
          const canvas = node.closest(".stage")?.querySelector("canvas");
          return [node.getAttribute("data-name") ?? "", canvas?.toDataURL() ?? ""];
        }),
      ),
    );
  }

  /** The same once nothing changes any more: an answer is painted in several tasks. */
  async settledMaps(): Promise<Record<string, string>> {
    let maps: Record<string, string> = {};
    await expect(async () => {
      const before = await this.allMaps();
      await this.page.evaluate(
        () =>
          new Promise((shown) => {
            requestAnimationFrame(() => requestAnimationFrame(shown));
          }),
      );
      maps = await this.allMaps();
      expect(maps).toEqual(before);
    }).toPass();
    return maps;
  }

  /** Gives the page a file of weights as if the person had chosen it. */
  async openWeights(name: string, buffer: Buffer): Promise<void> {
    await this.weightsFile.setInputFiles({ name, mimeType: "application/octet-stream", buffer });
  }

  /** Asks for the network's weights as a file. */
  async saveWeights(): Promise<Download> {
    const download = this.page.waitForEvent("download");
    await this.page.getByTestId("network-menu").click();
    await this.page.getByTestId("save-weights").click();
    return download;
  }

  /** Downloads the maps of the current drawing as a file. */
  async saveMaps(): Promise<Download> {
    const download = this.page.waitForEvent("download");
    await this.page.getByTestId("network-menu").click();
    await this.page.getByTestId("save-maps").click();
    return download;
  }
}

/** A picture's pixels, four bytes each: red, green, blue and opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: readonly number[];
}

/**
 * The pixels of a screenshot. They are read in a timer, which the record of tasks (`trace.ts`) knows
 * for the story's own; what goes on after a promise has no name there.
 */
export function pixelsSeen(page: Page, png: Buffer): Promise<Pixels> {
  return page.evaluate(async (bytes) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
    const read = () => {
      const { width, height } = picture;
      const context = new OffscreenCanvas(width, height).getContext("2d")!;
      context.drawImage(picture, 0, 0);
      return { width, height, rgba: [...context.getImageData(0, 0, width, height).data] };
    };
    return new Promise<Pixels>((done) => setTimeout(() => done(read())));
  }, [...png]);
}

/** A canvas's pixels, as they are in its backing store. */
export function pixelsOf(canvas: Locator): Promise<Pixels> {
  return canvas.evaluate((element) => {
    // A card paints all its maps on one canvas; a map is a place on it.
    const own = element instanceof HTMLCanvasElement;
    const canvas = own ? element : element.closest(".stage")?.querySelector("canvas");
    const context = canvas?.getContext("2d", { willReadFrequently: true });
    if (!canvas || !context) {
      throw new Error("the canvas has no 2-D context");
    }
    const [whole, part] = [canvas, element].map((it) => it.getBoundingClientRect());
    const [across, down] = [canvas.width / whole.width, canvas.height / whole.height];
    const left = Math.round((part.left - whole.left) * across);
    const top = Math.round((part.top - whole.top) * down);
    const width = Math.round(part.width * across);
    const height = Math.round(part.height * down);
    return { width, height, rgba: [...context.getImageData(left, top, width, height).data] };
  });
}
