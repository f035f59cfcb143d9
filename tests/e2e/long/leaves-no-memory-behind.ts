import { Keep } from "../pages/keep.ts";
import { type Lab, SEVEN } from "../pages/lab.ts";
import { leavesNothing, MEGABYTE, noteMemory, own } from "../pages/memory.ts";
import { REFUSED } from "../pages/refused.ts";
import { expect, test } from "../pages/test.ts";

test.beforeEach(async ({ page }) => {
  await noteMemory(page);
});

/** How often each is done again. */
const TIMES = 8;

for (const [name, bytes, refuse] of REFUSED) {
  test(`${name}, refused ${TIMES} times, leaves no memory behind`, async ({ lab, page }) => {
    test.setTimeout(120_000);
    await lab.open();
    await lab.source("photo").click();
    await expect(lab.photoCaption).toContainText("Cat");
    const limits = { times: TIMES, bytes: Math.min(bytes / 2, 5 * MEGABYTE) };
    await leavesNothing(page, name, () => refuse(lab), limits);
  });
}

/** Drawing, an edit and its undo, another network and back. */
async function work(lab: Lab): Promise<void> {
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await lab.openPreset("lenet-1");
  await expect(lab.networkName).toContainText("LeNet-1");
  await lab.undoEdit.click();
  await expect(lab.networkName).toHaveText("LeNet-5");
  await expect(lab.predicted).toHaveText("7");
}

test("Drawing, editing and opening networks again and again piles nothing up", async ({ lab, page }) => {
  test.setTimeout(300_000);
  await lab.open();
  // The history keeps 500 steps; each of these leaves none.
  await leavesNothing(page, "a round of work", () => work(lab), { times: 25, bytes: 5 * MEGABYTE });
});

test("a link that asks for 10^9 channels opens with its problem, and the memory is as before", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(page);
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);
  const conv = { id: 1, name: "C1", layer: { kind: "conv", channels: 1e9, kernel: [1, 1] }, inputs: [0] };
  const input = { channels: 1, height: 4, width: 4 };
  const huge = JSON.stringify({ "cnn-lab": 2, graph: { name: "Huge", input, nodes: [conv] } });
  await keep.openList();
  await keep.openFile("huge.cnnlab.json", huge);
  await expect(lab.networkName).toHaveText("Huge");
  await keep.closeList();
  const { hash } = new URL(await keep.shared());

  const back = async () => {
    await keep.openList();
    await keep.row("LeNet-5").getByTestId("open-experiment").click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await expect(lab.problems).toHaveCount(0);
  };
  // So that what the link opens is not what is there already.
  await back();

  /** Opens the link and goes back to the own work. */
  const visit = async () => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
    await expect(lab.networkName).toHaveText("Huge");
    await expect(lab.problem("C1")).toContainText("Channels is 1,000,000,000; the limit is 1,048,576");
    await expect(lab.stillRunning).toBeVisible();
    await back();
  };
  // 10^9 channels are 8 GB of weights and biases; each visit leaves a row in the list.
  await leavesNothing(page, "a visit", visit, { times: TIMES, bytes: 2 * MEGABYTE });
  await expect(lab.undoEdit).toBeEnabled();
});

test("without storage nothing piles up while the person works", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await page.addInitScript(() => {
    Object.defineProperty(window, "indexedDB", {
      get: () => {
        throw new DOMException("not here", "SecurityError");
      },
    });
  });
  await lab.open();
  await expect(lab.errors).toContainText("Your work is not being kept");
  await lab.showList();
  await lab.edit("C1");
  const work = async () => {
    await lab.setField("channels", "8");
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await lab.undoEdit.click();
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  };
  await leavesNothing(page, "an edit", work, { times: 20, bytes: 2 * MEGABYTE });
  // Said once, and it stays said.
  await expect(lab.errors.locator("li")).toHaveCount(1);
});

test("a file of weights does not pass through the page's program", async ({ lab, page }) => {
  await lab.open();
  const before = await own(page);
  const [response] = await Promise.all([
    page.waitForResponse(/efficientnet-lite0\.safetensors/),
    lab.openPreset("efficientnet-lite0"),
  ]);
  const bytes = Number((await response.allHeaders())["content-length"]);
  expect(bytes).toBeGreaterThan(9 * MEGABYTE);
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.predicted).not.toHaveText("–");
  expect((await own(page)) - before).toBeLessThan(bytes);
});
