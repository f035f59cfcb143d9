import { barriers } from "./axe.ts";
import { Compare, PARTS } from "./compare.ts";
import { Keep } from "./keep.ts";
import type { Lab } from "./lab.ts";
import { expect, test } from "./test.ts";
import { Training } from "./training.ts";

const SIZES = { desk: [1440, 900], phone: [390, 844] } as const;

/** The name of a screen, and how to get there from the previous one. */
type Screen = readonly [name: string, reach: (lab: Lab) => Promise<void>];

const SCREENS: readonly Screen[] = [
  ["Look", async () => {}],
  ["blank paper", async (lab) => lab.clear()],
  ["the gallery of digits", async (lab) => lab.source("digits").click()],
  [
    "the gallery of clothes",
    async (lab) => {
      await lab.source("fashion").click();
      await lab.samples.first().click();
      await expect(lab.domainNote).toBeVisible();
      await lab.page.getByTestId("open-recipe").click();
    },
  ],
  [
    "photos",
    async (lab) => {
      await lab.source("photo").click();
      await expect(lab.photoCaption).toContainText("Cat");
    },
  ],
  [
    "a photo that is refused",
    async (lab) => {
      const buffer = Buffer.from("<svg></svg>");
      await lab.photoFile.setInputFiles({ name: "cat.png", mimeType: "image/png", buffer });
      await expect(lab.errors).toContainText("cat.png cannot be taken");
    },
  ],
  [
    "the network as a list",
    async (lab) => {
      await lab.errors.getByRole("button", { name: "Dismiss" }).click();
      await lab.source("draw").click();
      await lab.look("network");
      await lab.showList();
    },
  ],
  ["the network as a picture", async (lab) => lab.showPicture()],
  [
    "the menu of the network",
    async (lab) => {
      await lab.page.getByTestId("network-menu").click();
      await expect(lab.page.getByTestId("save-maps")).toBeVisible();
    },
  ],
  [
    "a chosen map with every part unfolded",
    async (lab) => {
      await lab.page.keyboard.press("Escape");
      await lab.lookAt("C3");
      const parts = ["facts", "histogram", "weights", "partials", "reach", "times", "parity"] as const;
      for (const name of parts) {
        await lab.unfold(name);
      }
      await lab.page.getByTestId("time-layers").click();
      await expect(lab.page.getByTestId("layer-time").first()).toBeVisible();
      await lab.page.getByText("Counts as a table").first().click();
      await expect(lab.page.getByTestId("histogram-row").first()).toBeVisible();
    },
  ],
  [
    "Build",
    async (lab) => {
      await lab.page.getByTestId("close-look").click();
      await lab.showArea("build");
      await lab.advanced();
    },
  ],
  ["all layers", async (lab) => lab.allLayers()],
  [
    "what is done with a layer",
    async (lab) => {
      await lab.page.getByTestId("palette-toggle").click();
      await lab.page.getByTestId("layer-menu").click();
      await expect(lab.page.getByTestId("duplicate")).toBeVisible();
    },
  ],
  [
    "a problem with its repairs",
    async (lab) => {
      await lab.page.keyboard.press("Escape");
      await lab.setField("kernel", "99");
      await expect(lab.problems.first().getByRole("button").first()).toBeVisible();
    },
  ],
  [
    "the table of layers, and a number's formula",
    async (lab) => {
      await lab.undoEdit.click();
      await expect(lab.problems).toHaveCount(0);
      // A phone has no room for them.
      if (await lab.totalParams.isVisible()) {
        await lab.page.getByTestId("open-totals").click();
        await expect(lab.page.getByTestId("layer-table")).toBeVisible();
        await lab.totalParams.getByRole("button").click();
        await expect(lab.page.getByTestId("explained")).toContainText("61,706");
      }
    },
  ],
  [
    "the networks to start from",
    async (lab) => {
      await lab.page.keyboard.press("Escape");
      await lab.networkName.click();
      await expect(lab.preset("lenet-5")).toBeVisible();
      await lab.page.getByRole("button", { name: "About LeNet-1", exact: true }).click();
    },
  ],
  [
    "a network without trained weights",
    async (lab) => {
      await lab.preset("resnet-18").click();
      await lab.look("draw");
      await expect(lab.untrained).toBeVisible();
    },
  ],
  ["the menu of the page", async (lab) => lab.openMenu()],
  [
    "the keyboard's shortcuts",
    async (lab) => {
      await lab.page.getByTestId("show-shortcuts").click();
      await expect(lab.page.locator(".shortcuts[open]")).toBeVisible();
    },
  ],
  [
    "the experiments, one of them being renamed",
    async (lab) => {
      await lab.page.keyboard.press("Escape");
      const keep = new Keep(lab.page);
      await keep.openList();
      await keep.list.first().getByTestId("duplicate-experiment").click();
      await expect(keep.list).toHaveCount(2);
      await keep.list.last().getByTestId("rename").click();
      await expect(lab.page.getByTestId("experiment-name")).toBeFocused();
    },
  ],
  [
    "an experiment about to be deleted, and a file that is refused",
    async (lab) => {
      const keep = new Keep(lab.page);
      await lab.page.keyboard.press("Escape");
      await keep.list.getByTestId("delete-experiment").click();
      await expect(lab.page.getByTestId("keep-it")).toBeVisible();
      await keep.openFile("cut.cnnlab.json", '{"cnn-lab": 2, "graph"');
      await expect(keep.experiments.getByRole("alert")).toContainText("cut.cnnlab.json");
    },
  ],
  [
    "the link, its locks and its frame",
    async (lab) => {
      const keep = new Keep(lab.page);
      await keep.closeList();
      await keep.openShare();
      await lab.page.getByTestId("share-locks").locator("summary").click();
      await lab.page.getByTestId("locked-network").check();
      await expect(keep.frame).toHaveValue(/iframe/);
    },
  ],
  [
    "Train",
    async (lab) => {
      await new Keep(lab.page).closeShare();
      await lab.openPreset("lenet-5");
      await lab.showArea("train");
      await expect(lab.page.getByTestId("data-parts")).toContainText("training");
    },
  ],
  [
    "all settings of a training",
    async (lab) => {
      await lab.page.getByTestId("train-more").click();
      await expect(lab.page.getByTestId("train-epochs")).toBeVisible();
    },
  ],
  [
    "a collection",
    async (lab) => {
      await lab.page.getByTestId("collect").click();
      await expect(lab.page.getByTestId("collect-class")).toHaveCount(2);
    },
  ],
  [
    "a training that is paused",
    async (lab) => {
      await lab.page.getByTestId("collect-done").click();
      await lab.page.getByTestId("dataset").selectOption("MNIST");
      await new Training(lab.page).makeStep();
    },
  ],
  ["Compare with nothing pinned", async (lab) => new Compare(lab.page).open()],
  ...PARTS.map(
    (part): Screen => [
      `Compare: ${part}`,
      async (lab) => {
        const compare = new Compare(lab.page);
        if ((await compare.pins.count()) === 0) {
          await compare.pin("AlexNet");
          await compare.pin("VGG-16");
          await expect(compare.pins).toHaveCount(2);
        }
        await compare.part(part);
        await expect(compare.tray.getByRole("tabpanel")).toBeVisible();
      },
    ],
  ),
];

/** The screens that are looked at in both colours. */
const AREAS = new Set([
  "Look",
  "the network as a picture",
  "a chosen map with every part unfolded",
  "Build",
  "a problem with its repairs",
  "Train",
  "a training that is paused",
  ...PARTS.map((part) => `Compare: ${part}`),
]);

/** Goes through all screens; axe-core finds nothing wrong with any, or with any area. */
export async function expectNoBarriers(
  lab: Lab,
  device: keyof typeof SIZES,
  colorScheme: "light" | "dark",
  looked: "all" | "areas",
): Promise<void> {
  const { page } = lab;
  const [width, height] = SIZES[device];
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await lab.open();
  for (const [name, reach] of SCREENS) {
    await test.step(name, async () => {
      await reach(lab);
      if (looked === "all" || AREAS.has(name)) {
        await expect.soft.poll(() => barriers(page), name).toEqual([]);
      }
    });
  }
}
