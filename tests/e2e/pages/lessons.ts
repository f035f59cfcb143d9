import { expect, type Locator, type Page } from "@playwright/test";

import { Compare } from "./compare.ts";
import { Graph } from "./graph.ts";
import { type Lab, type Point, SEVEN } from "./lab.ts";
import { Training } from "./training.ts";

/** A three, a one and a four as people write them; the four in two strokes. */
const THREE: readonly Point[] = [
  [0.32, 0.22],
  [0.5, 0.15],
  [0.66, 0.24],
  [0.64, 0.38],
  [0.47, 0.48],
  [0.66, 0.57],
  [0.69, 0.73],
  [0.54, 0.85],
  [0.32, 0.8],
];
const ONE: readonly Point[] = [
  [0.8, 0.15],
  [0.8, 0.85],
];
const FOUR: readonly (readonly Point[])[] = [
  [
    [0.32, 0.15],
    [0.28, 0.55],
    [0.72, 0.55],
  ],
  [
    [0.66, 0.15],
    [0.64, 0.88],
  ],
];

/** The drawer with the lessons. */
export class Lessons {
  readonly page: Page;
  readonly button: Locator;
  readonly drawer: Locator;
  readonly lesson: Locator;
  readonly steps: Locator;
  readonly right: Locator;

  constructor(page: Page) {
    this.page = page;
    this.button = page.getByTestId("learn-button");
    this.drawer = page.getByTestId("learn-drawer");
    this.lesson = page.getByTestId("lesson");
    this.steps = page.getByTestId("lesson-step");
    this.right = page.getByTestId("lesson-right");
  }

  async open(): Promise<void> {
    if (await this.button.isVisible()) {
      await this.button.click();
    } else {
      await this.page.getByTestId("more-areas").click();
      await this.page.getByTestId("go-learn").click();
    }
    await expect(this.page.getByTestId("lesson-link").first()).toBeVisible();
  }

  link(id: string): Locator {
    return this.page.locator(`[data-testid="lesson-link"][data-lesson="${id}"]`);
  }

  /** Opens a lesson from the list, and waits until its network has answered. */
  async begin(id: string): Promise<void> {
    await this.link(id).click();
    await expect(this.lesson).toHaveAttribute("data-lesson", id);
    await expect(this.page.getByTestId("network-name")).not.toBeEmpty();
  }

  async leave(): Promise<void> {
    await this.page.getByTestId("leave-lesson").click();
    await expect(this.lesson).toHaveCount(0);
  }

  /** Waits until exactly so many steps are done. */
  async done(count: number, timeout = 60_000): Promise<void> {
    const marks = () => this.steps.evaluateAll((all) => all.map((it) => it.getAttribute("data-done")));
    await expect
      .poll(async () => (await marks()).filter((it) => it === "true").length, { timeout })
      .toBe(count);
  }

  /** Answers the question at the end, by a number or by the place of an option. */
  async answer(reply: number | { option: number }): Promise<void> {
    if (typeof reply === "number") {
      await this.page.getByTestId("lesson-number").fill(String(reply));
    } else {
      await this.page.getByTestId("lesson-option").nth(reply.option).check();
    }
    await this.page.getByTestId("check-answer").click();
  }
}

/** How a lesson is walked: what is done for each of its steps, and what is answered. */
export interface Walk {
  readonly steps: readonly ((lab: Lab, page: Page) => Promise<void>)[];
  readonly wrong: number | { option: number };
  readonly right: number | { option: number };
  /** How long the last step may take, in milliseconds. */
  readonly patience?: number;
}

type Step = Walk["steps"][number];

const looksAt =
  (name: string, channel = 0): Step =>
  async (lab) => {
    await lab.look("network");
    await lab.lookAt(name, channel);
  };

/** Enlarges the cards until this one has maps, and chooses its first. */
const unfolds =
  (name: string): Step =>
  async (lab, page) => {
    await lab.look("network");
    const card = new Graph(page).stage(name);
    await lab.reveal(card);
    await card.focus();
    await expect(async () => {
      await page.keyboard.press("+");
      await expect(lab.maps(name).first()).toBeVisible({ timeout: 1000 });
    }).toPass();
    await lab.lookAt(name);
  };

const shows =
  (area: Parameters<Lab["showArea"]>[0]): Step =>
  (lab) =>
    lab.showArea(area);

const draws =
  (...strokes: readonly (readonly Point[])[]): Step =>
  async (lab) => {
    await lab.look("draw");
    await lab.source("draw").click();
    await lab.clear();
    for (const stroke of strokes) {
      await lab.drawStroke(stroke);
    }
  };

/** Sets both sides of a kernel, a stride or a dilation, or a single number. */
const sets =
  (node: string, field: string, text: string): Step =>
  async (lab) => {
    await lab.edit(node);
    await lab.setField(field, text);
    const second = lab.field(field).getByRole("textbox").nth(1);
    if ((await second.count()) > 0) {
      await second.fill(text);
      await second.press("Enter");
    }
  };

const undoes: Step = async (lab) => {
  await lab.showArea("build");
  await lab.undoEdit.click();
};

const removes =
  (node: string): Step =>
  async (lab) => {
    await lab.edit(node);
    await lab.act("delete");
  };

const pins =
  (...titles: readonly string[]): Step =>
  async (_, page) => {
    const compare = new Compare(page);
    await compare.open();
    for (const title of titles) {
      await compare.pin(title);
    }
  };

const starts =
  (names: string): Step =>
  async (_, page) => {
    await new Compare(page).open();
    await page.locator(`[data-testid="starter"][data-starter="${names}"]`).click();
  };

const inTurn =
  (...steps: readonly Step[]): Step =>
  async (lab, page) => {
    for (const step of steps) {
      await step(lab, page);
    }
  };

const sample =
  (source: "digits" | "fashion"): Step =>
  async (lab) => {
    await lab.look("draw");
    await lab.source(source).click();
    await lab.samples.first().click();
  };

/** Trains from the start until so many steps are done, then pauses. */
const trains =
  (steps: number): Step =>
  async (lab, page) => {
    await lab.showArea("train");
    const training = new Training(page);
    await training.start.click();
    await training.reaches(steps);
  };

const pauses: Step = async (lab, page) => {
  await lab.showArea("train");
  const training = new Training(page);
  if (await training.pause.isVisible()) {
    await training.pause.click();
  }
  await expect(training.status).not.toHaveText("training");
};

const switches = async (page: Page, on: boolean, names: readonly string[]): Promise<void> => {
  const open = page.getByTestId("open-recipe");
  if ((await open.getAttribute("aria-expanded")) === "false") {
    await open.click();
  }
  for (const name of names) {
    await page.getByTestId(`step-switch-${name}`).setChecked(on);
  }
};

const PREPARATION = ["crop", "fit", "centre", "pad", "normalise"];

/** Goes through test digits until one is read as another. */
const findsMisread: Step = async (lab, page) => {
  await switches(page, false, ["fit", "pad", "normalise"]);
  await lab.source("digits").click();
  const misread = page.locator('[data-testid="lesson-step"][data-done="true"]').nth(2);
  for (let at = 0; at < 60 && (await misread.count()) === 0; at += 1) {
    const shown = await lab.shownAnswers();
    await lab.nextSample.click();
    await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(shown);
  }
};

export const WALKS: Readonly<Record<string, Walk>> = {
  picture: {
    steps: [draws(THREE), looksAt("input"), sample("digits")],
    wrong: 784 * 2,
    right: 32 * 32,
  },
  convolution: {
    steps: [
      looksAt("C1"),
      async (_, page) => {
        const next = page.getByTestId("step-next");
        while (await next.isEnabled()) {
          await next.click();
        }
      },
      looksAt("C1", 1),
    ],
    wrong: 25,
    right: 150,
  },
  stride: {
    steps: [
      shows("build"),
      async (lab) => {
        await lab.edit("C1");
        await lab.field("padding").getByRole("button", { name: "same" }).click();
      },
      sets("C1", "stride", "2"),
      sets("C3", "kernel", "40"),
      // Both sides of the kernel are edits of their own.
      inTurn(undoes, undoes),
    ],
    wrong: 54,
    right: 55,
  },
  filters: {
    steps: [
      looksAt("C3"),
      sets("C1", "channels", "12"),
      inTurn(undoes, sets("F5", "features", "80")),
    ],
    wrong: 2400,
    right: 2416,
  },
  pooling: {
    steps: [looksAt("S2"), draws(ONE), removes("S4"), undoes],
    wrong: 1600,
    right: 400,
  },
  lenet: {
    steps: [looksAt("C1"), looksAt("S4"), looksAt("F6"), draws(...FOUR)],
    wrong: { option: 1 },
    right: { option: 2 },
  },
  fails: {
    steps: [
      sample("fashion"),
      (_, page) => switches(page, false, ["centre"]),
      findsMisread,
      (_, page) => switches(page, true, PREPARATION),
    ],
    wrong: 11,
    right: 10,
  },
  counting: {
    steps: [sets("C3", "kernel", "3"), sets("C3", "channels", "6"), sets("F5", "features", "20")],
    wrong: 150,
    right: 156,
  },
  alexnet: {
    steps: [
      async (lab, page) => {
        const card = new Graph(page).stage("conv1");
        await lab.look("network");
        await lab.reveal(card);
        await card.focus();
        await page.keyboard.press("Shift+Enter");
        await lab.lookAt("relu1");
      },
      looksAt("pool1"),
      looksAt("conv2"),
      pins("AlexNet", "AlexNet (article)"),
    ],
    wrong: { option: 0 },
    right: { option: 2 },
  },
  vgg: {
    steps: [
      sets("conv1", "kernel", "3"),
      async (lab) => {
        await lab.edit("conv1");
        await lab.act("duplicate");
      },
      starts("alexnet vgg-16"),
    ],
    wrong: 9,
    right: 7,
  },
  inception: {
    steps: [
      unfolds("inception3a.cat"),
      unfolds("inception3b.branch3.1"),
      shows("build"),
      removes("inception3b.branch3.0"),
    ],
    wrong: { option: 0 },
    right: { option: 1 },
  },
  grouped: {
    steps: [
      unfolds("layer1.0.conv2"),
      sets("layer2.0.conv2", "groups", "1"),
      undoes,
      pins("ResNet-50", "ResNeXt-50 32×4d"),
    ],
    wrong: { option: 0 },
    right: { option: 1 },
  },
  training: {
    steps: [
      async (_, page) => new Training(page).makeStep(),
      trains(50),
      pauses,
      async (_, page) => {
        const slider = page.getByTestId("train-learning-rate-slider");
        await slider.press("ArrowLeft");
      },
      async (_, page) => new Training(page).start.click(),
    ],
    wrong: 1,
    right: 2,
    patience: 240_000,
  },
  transfer: {
    steps: [
      async (_, page) => {
        await page.getByTestId("dataset").selectOption({ label: "Fashion-MNIST" });
      },
      async (_, page) => {
        await page.getByTestId("train-more").click();
        await page.getByTestId("freeze-but-last").click();
      },
      trains(20),
    ],
    wrong: 840,
    right: 850,
    patience: 120_000,
  },
  parallel: {
    steps: [
      shows("deploy"),
      async (_, page) => {
        // On a phone the sheet has all parts of the dock, one below the other.
        const open = page.getByTestId("open-totals");
        if (await open.isVisible()) {
          await open.click();
          await page.getByTestId("deploy-pipeline").click();
        }
        await page.getByTestId("pipeline-stages").selectOption("2");
        await page.getByTestId("run-pipeline").click();
      },
      async (_, page) => {
        await page.getByTestId("pipeline-stages").selectOption("4");
        await page.getByTestId("run-pipeline").click();
      },
    ],
    wrong: 50,
    right: 27.3,
  },
  nin: {
    steps: [looksAt("cccp1"), looksAt("pool3"), sets("cccp1", "channels", "8")],
    wrong: 10,
    right: 0,
  },
  mobilenet: {
    steps: [
      looksAt("conv_dw_1"),
      looksAt("conv_pw_1"),
      pins("MobileNet", "MobileNet (article)"),
    ],
    wrong: { option: 1 },
    right: { option: 0 },
  },
  dilated: {
    steps: [looksAt("layer5"), sets("layer5", "dilation", "1"), undoes],
    wrong: 33,
    right: 67,
  },
  residual: {
    steps: [
      looksAt("add1"),
      inTurn(trains(5), pauses),
      removes("add2"),
      // The number of steps on the screen may still be that of the training before.
      async (lab, page) => {
        await lab.showArea("train");
        await new Training(page).start.click();
        await new Lessons(page).done(4, 120_000);
        await pauses(lab, page);
      },
    ],
    wrong: { option: 0 },
    right: { option: 2 },
  },
  smaller: {
    steps: [
      async (_, page) => page.getByTestId("shrink-apply").click(),
      async (_, page) => {
        // A phone's sheet has gone to the variants.
        const panel = page.getByTestId("sheet-panel");
        if (await panel.isVisible()) {
          await panel.click();
        }
        await page.getByRole("tab", { name: "Quantise" }).click();
        await page.getByTestId("shrink-apply").click();
      },
    ],
    wrong: 8,
    right: 4,
  },
  attacks: {
    steps: [
      shows("attack"),
      async (_, page) => {
        const epsilon = page.getByTestId("epsilon-number");
        await epsilon.fill("0.4");
        await epsilon.press("Enter");
      },
      async (_, page) => page.getByTestId("sanitise-bits").check(),
    ],
    wrong: 1,
    right: 3.2,
  },
  deployment: {
    steps: [
      async (_, page) => page.getByTestId("measure-latency").click(),
      async (_, page) => {
        const budget = page.getByTestId("budget-parameters");
        await budget.fill("1000");
        await budget.press("Enter");
      },
      shows("compare"),
      starts("mobilenet resnet-50"),
    ],
    wrong: 4,
    right: 5,
  },
};

/** Something that no step of any lesson asks for at its beginning. */
export const nothingAsked: Step = async (lab) => {
  await lab.look("draw");
  await lab.clear();
  await lab.drawStroke(SEVEN);
};
