import { Keep } from "../pages/keep.ts";
import { Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** What is on the screen, as far as a link promises it. */
async function screen(lab: Lab): Promise<unknown> {
  return {
    network: await lab.network(),
    listed: await lab.page.getByTestId("list-view").isVisible(),
    pad: await pixelsOf(lab.pad),
    selected: await lab.selected.textContent(),
    steps: await lab.page
      .locator('[data-testid^="step-switch-"]')
      .evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).checked)),
    reason: await lab.badge.getAttribute("title"),
    digit: await lab.predicted.textContent(),
  };
}

/** The lab in a profile that has never seen it. */
async function freshLab(lab: Lab): Promise<Lab> {
  const browser = lab.page.context().browser();
  if (!browser) {
    throw new Error("there is no browser to open another profile in");
  }
  return new Lab(await (await browser.newContext()).newPage());
}

test("a link opened in a fresh profile gives the same screen", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  await lab.edit("C3");
  await lab.setField("channels", "20");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await lab.page.getByTestId("step-switch-centre").uncheck();
  await lab.chooseDevice("cpu");
  await expect(lab.predicted).toHaveText(/^[0-9]$/);
  const link = await new Keep(lab.page).shared();
  expect(link.length).toBeLessThan(2_000);
  const shown = await screen(lab);

  const other = await freshLab(lab);
  await other.open(link);
  await other.showArea("build");
  await expect.poll(() => screen(other)).toEqual(shown);
  // Nothing of it is left in the address: a reload brings what was made of it.
  expect(new URL(other.page.url()).hash).toBe("");
  await other.edit("C1");
  await other.setField("channels", "7");
  await other.page.reload();
  await other.waitReady();
  await expect(other.node("C1")).toHaveAttribute("data-shape", /^7x/);
  await expect(other.node("C3")).toHaveAttribute("data-shape", /^20x/);
  await other.page.context().close();
});

test("a link to a network for photos brings its photo and its weights", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  await lab.openPreset("squeezenet-1.1");
  await expect(lab.photoCaption).toContainText("Cat");
  await lab.photo("coffee").click();
  await expect(lab.photoCaption).toContainText("Coffee");
  const link = await new Keep(lab.page).shared();
  const other = await freshLab(lab);
  await other.open(link);
  await expect(other.networkName).toHaveText(await lab.networkName.innerText());
  await expect(other.photoCaption).toContainText("Coffee");
  await expect(other.weights).toHaveText("trained weights");
  await other.page.context().close();
});

test("opening a link leaves the person's own work in the list, also while the page is open", async ({
  lab,
}) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(lab.page);
  const link = await keep.shared();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);

  await lab.page.evaluate((hash) => {
    location.hash = hash;
  }, new URL(link).hash);
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await expect(lab.undoEdit).toBeDisabled();
  await keep.openList();
  await expect(keep.list).toHaveCount(2);
  await keep.row("LeNet-5").getByTestId("open-experiment").click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.undoEdit).toBeEnabled();
});

test("a broken, hostile or newer link says what is wrong, and the own work is opened", async ({
  lab,
}) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(lab.page);
  const link = await keep.shared();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);

  const links: [string, RegExp][] = [
    [link.slice(0, -30), /damaged, perhaps cut short/],
    ["./#lab=9abc", /newer version of the lab/],
    [`./#lab=2${"A".repeat(1_000_000)}`, /1000001 characters; the limit is 32768/],
  ];
  for (const [broken, why] of links) {
    // From nowhere, so that the browser loads the page and not only the hash.
    await lab.page.goto("about:blank");
    await lab.open(broken);
    await expect(lab.errors).toContainText(why);
    await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
    await expect(lab.undoEdit).toBeEnabled();
  }
  expect(Object.keys(await keep.records())).toHaveLength(1);

  // A person who does not look at the message goes on as ever.
  await lab.page.evaluate(() => {
    location.hash = "#lab=2garbage";
  });
  await expect(lab.errors).toContainText("damaged");
  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
});

test("a link longer than 8,000 characters is not offered, a file is", async ({ lab }) => {
  await lab.open();
  const keep = new Keep(lab.page);
  // A drawing of thousands of different points.
  await lab.clear();
  let seed = 7;
  const next = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return 0.05 + (0.9 * seed) / 2 ** 32;
  };
  const points = Array.from({ length: 3000 }, () => [next(), next()] as const);
  await lab.pad.evaluate(async (pad, points) => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    const send = (type: string, [x, y]: readonly [number, number]): void => {
      const place = { clientX: left + x * width, clientY: top + y * height };
      const options = { ...place, pointerId: 1, isPrimary: true, button: 0, bubbles: true };
      pad.dispatchEvent(new PointerEvent(type, options));
    };
    send("pointerdown", points[0]);
    // A pen's moves come a few a frame, not thousands in one task.
    for (let from = 0; from < points.length; from += 100) {
      points.slice(from, from + 100).forEach((point) => send("pointermove", point));
      await new Promise(requestAnimationFrame);
    }
    send("pointerup", points[0]);
  }, points);
  await keep.openShare();
  await expect(keep.length).toContainText("hand out a file instead");
  await expect(keep.link).toBeHidden();
  const download = lab.page.waitForEvent("download");
  await lab.page.getByTestId("share-file").click();
  expect((await download).suggestedFilename()).toBe("lenet-5.cnnlab.json");
});
