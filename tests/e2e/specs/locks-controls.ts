import type { Locator, Page } from "@playwright/test";

import { Compare } from "../pages/compare.ts";
import { Keep } from "../pages/keep.ts";
import { Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test as base } from "../pages/test.ts";

const LOCKED = "Locked by the link's author";

const CONTROLS = ["palette", "fields", "undo", "presets", "recipe", "compare", "share"] as const;
type Control = (typeof CONTROLS)[number];

/** For each of these controls the link in which it alone is locked. */
const test = base.extend<object, { links: Record<Control, string> }>({
  links: [
    async ({ browser }, use) => {
      const context = await browser.newContext({ baseURL: process.env.BASE_URL });
      const lab = new Lab(await context.newPage());
      await lab.open();
      await lab.showList();
      await lab.edit("C1");
      const links = await new Keep(lab.page).exercises(CONTROLS);
      await context.close();
      await use(links);
    },
    { scope: "worker" },
  ],
});

test("a locked control is locked by mouse, by keyboard and by an event from the console", async ({
  lab,
}) => {
  await lab.open();
  await lab.showList();
  await lab.edit("C1");
  const link = await new Keep(lab.page).exercise(["network", "input", "device", "view"], ["totals"]);
  await lab.page.goto("about:blank");
  await lab.open(link);
  const keep = new Keep(lab.page);
  await expect(keep.locks).toContainText(`${LOCKED}: every change of the network, the input`);
  await expect(lab.totalParams).toBeHidden();
  await expect(lab.predicted).toHaveText("7");
  const network = await lab.network();
  const pad = await pixelsOf(lab.pad);

  // By mouse.
  await lab.showArea("build");
  for (const button of [lab.undoEdit, lab.networkName, lab.clearButton]) {
    await expect(button).toBeDisabled();
  }
  for (const id of ["layer-menu", "network-menu", "view-switch"]) {
    await expect(lab.page.getByTestId(id)).toBeDisabled();
  }
  await expect(lab.value("channels")).toBeDisabled();
  await expect(lab.source("photo")).toBeDisabled();
  await lab.drawStroke(SEVEN);
  await expect(lab.notice).toContainText(`${LOCKED}: the input.`);

  // By keyboard.
  await lab.head("C1").focus();
  for (const key of ["Delete", "ControlOrMeta+d", "ControlOrMeta+g", "Alt+ArrowDown"]) {
    await lab.page.keyboard.press(key);
  }
  await lab.pad.focus();
  for (const key of ["Space", "ArrowRight", "ArrowDown", "Space", "Delete"]) {
    await lab.page.keyboard.press(key);
  }
  await lab.page.keyboard.press("ControlOrMeta+z");

  // From the console: events on what is disabled, and on what has no such state.
  await lab.openMenu();
  await expect(lab.device).toBeDisabled();
  await lab.page.evaluate(() => {
    const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];
    for (const control of all(
      "[data-testid='palette-item'], [data-testid='clear'], " +
        "[data-testid='source'], [data-testid='undo'], [data-testid='view-switch']",
    )) {
      control.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
    for (const input of all("[data-testid='field'] input") as HTMLInputElement[]) {
      input.disabled = false;
      input.value = "9";
      for (const type of ["input", "change", "blur"]) {
        input.dispatchEvent(new Event(type, { bubbles: true }));
      }
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    }
    for (const fieldset of all("fieldset") as HTMLFieldSetElement[]) {
      fieldset.disabled = false;
    }
    for (const control of all(
      "[data-testid='palette-item'], [data-testid='clear'], " +
        "[data-testid='source'], [data-testid='view-switch']",
    )) {
      control.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
    const device = document.querySelector<HTMLSelectElement>("[data-testid='device-switch']");
    if (device) {
      device.value = "cpu";
      device.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const pad = document.querySelector("[data-testid='draw-pad']");
    pad?.dispatchEvent(new PointerEvent("pointerdown", { clientX: 99, clientY: 199, button: 0 }));
    const paste = new ClipboardEvent("paste", { bubbles: true, clipboardData: new DataTransfer() });
    paste.clipboardData?.setData("text/plain", '{"cnn-lab": 1, "graph": {}}');
    document.querySelector("#network .node-head")?.dispatchEvent(paste);
  });
  await clickFromConsole(lab.page, "[data-testid='layer-menu']");
  await expect(lab.page.getByTestId("delete")).toBeVisible();
  await clickFromConsole(lab.page, "[data-testid='delete']");
  await expect(lab.badge).not.toContainText("you chose the CPU");
  await expect.poll(() => lab.network()).toEqual(network);
  await expect.poll(() => pixelsOf(lab.pad)).toEqual(pad);
  await expect(lab.page.getByTestId("list-view")).toBeVisible();

  // The locks stay with the experiment; a new one is free.
  await lab.page.reload();
  await lab.waitReady();
  await expect(keep.locks).toContainText(LOCKED);
  await keep.openList();
  await lab.page.getByTestId("new-experiment").click();
  await expect(keep.locks).toBeHidden();
  await expect(lab.totalParams).toBeVisible();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("a link made from an exercise carries its locks on", async ({ lab }) => {
  await lab.open();
  const keep = new Keep(lab.page);
  const link = await keep.exercise(["palette"]);
  await lab.page.goto("about:blank");
  await lab.open(link);
  await expect(keep.locks).toContainText("new layers");
  await keep.openShare();
  await lab.page.getByTestId("share-locks").locator("summary").click();
  await expect(lab.page.getByTestId("locked-palette")).toBeDisabled();
  const again = await keep.link.inputValue();
  await lab.page.goto("about:blank");
  await lab.open(again);
  await expect(keep.locks).toContainText("new layers");
});

/** Opens the lab as a link hands it out in which only this control is locked. */
async function lockedLab(lab: Lab, link: string): Promise<void> {
  await lab.open(link);
  await lab.showArea("build");
  await expect(lab.head("C1")).toBeVisible();
}

/** Clicks where a control is, whether it can be operated or not. */
async function clickAt(control: Locator): Promise<void> {
  await new Lab(control.page()).bringIntoView(control);
  await control.click({ force: true });
}

/** As somebody would from the browser's console: takes every `disabled` away, then clicks. */
async function clickFromConsole(page: Page, selector: string): Promise<void> {
  const clicked = await page.evaluate((selector) => {
    type Field = HTMLFieldSetElement | HTMLButtonElement | HTMLInputElement;
    for (const field of document.querySelectorAll<Field>(":disabled")) {
      field.disabled = false;
    }
    const found = [...document.querySelectorAll<HTMLElement>(selector)];
    found.forEach((control) => control.click());
    return found.length;
  }, selector);
  expect(clicked, selector).toBeGreaterThan(0);
}

/** What the experiment is: its link carries all of it but the history. */
const experiment = (lab: Lab) => new Keep(lab.page).shared();

test("the palette alone is locked, also for what is pasted and doubled", async ({ lab, links, page }) => {
  await lockedLab(lab, links.palette);
  const before = await experiment(lab);
  const item = lab.paletteItem("batch_norm");
  await expect(item).toBeDisabled();
  await clickAt(item);
  await item.focus();
  for (const key of ["Enter", "Space", "Shift+Enter"]) {
    await page.keyboard.press(key);
  }
  // Whatever was picked up would be put down by this.
  await lab.head("S2").click();
  await lab.head("C1").click();
  await page.keyboard.press("ControlOrMeta+d");
  await expect(lab.notice).toContainText(`${LOCKED}: new layers.`);
  await lab.act("duplicate");
  await lab.head("C1").evaluate((head) => {
    const clipboardData = new DataTransfer();
    const send = (type: string) =>
      head.dispatchEvent(new ClipboardEvent(type, { bubbles: true, cancelable: true, clipboardData }));
    send("copy");
    send("paste");
  });
  await clickFromConsole(page, "[data-testid='palette-item']");
  await expect(lab.undoEdit).toHaveAttribute("title", /^Undo: nothing/);
  expect(await experiment(lab)).toBe(before);
  // Nothing else is locked.
  await lab.head("C1").click();
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("the fields alone are locked, also for a what-if value", async ({ lab, links, page }) => {
  await lockedLab(lab, links.fields);
  const before = await experiment(lab);
  const channels = lab.value("channels");
  await expect(channels).toBeDisabled();
  await clickAt(channels);
  await page.keyboard.type("9");
  await channels.focus();
  for (const key of ["ArrowUp", "9", "Enter"]) {
    await page.keyboard.press(key);
  }
  await channels.evaluate((field) => {
    const input = field as HTMLInputElement;
    for (const set of document.querySelectorAll("fieldset")) {
      set.disabled = false;
    }
    input.value = "9";
    for (const type of ["input", "change", "blur"]) {
      input.dispatchEvent(new Event(type, { bubbles: true }));
    }
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });
  await expect(lab.notice).toContainText(`${LOCKED}: the layers' settings.`);
  await clickFromConsole(page, "[data-testid='field'] button");

  const compare = new Compare(page);
  await compare.open();
  await compare.part("What if");
  await page.getByTestId("what-if-knob").selectOption({ label: "kernel size" });
  await compare.slider.focus();
  await page.keyboard.press("Home");
  await compare.take.click();
  await compare.leave();
  await expect(lab.undoEdit).toHaveAttribute("title", /^Undo: nothing/);
  expect(await experiment(lab)).toBe(before);
  // Nothing else is locked.
  await lab.head("C1").click();
  await page.keyboard.press("Delete");
  await expect(lab.node("C1")).toHaveCount(0);
});

test("undo and redo alone are locked", async ({ lab, links, page }) => {
  await lockedLab(lab, links.undo);
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  const before = await experiment(lab);
  for (const button of [lab.undoEdit, lab.redoEdit]) {
    await expect(button).toBeDisabled();
    await clickAt(button);
    await button.focus();
    await page.keyboard.press("Enter");
  }
  await lab.head("C1").focus();
  for (const key of ["ControlOrMeta+z", "ControlOrMeta+Shift+z", "ControlOrMeta+y"]) {
    await page.keyboard.press(key);
    await expect(lab.notice).toContainText(`${LOCKED}: undo and redo.`);
  }
  await clickFromConsole(page, "[data-testid='undo'], [data-testid='redo']");
  await page.evaluate(() => {
    const key = { key: "z", ctrlKey: true, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent("keydown", key));
  });
  expect(await experiment(lab)).toBe(before);
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("other networks alone are locked, also for what is pinned", async ({ lab, links, page }) => {
  await lockedLab(lab, links.presets);
  const before = await experiment(lab);
  await expect(lab.networkName).toBeDisabled();
  await clickAt(lab.networkName);
  await lab.networkName.focus();
  for (const key of ["Enter", "Space"]) {
    await page.keyboard.press(key);
  }
  await expect(page.getByTestId("presets")).toBeHidden();
  await clickFromConsole(page, "[data-testid='network-name']");
  await expect(lab.preset("lenet-4")).toBeVisible();
  await clickFromConsole(page, "[data-testid='preset'][data-preset='lenet-4']");
  await expect(lab.notice).toContainText(`${LOCKED}: other networks.`);
  await clickFromConsole(page, "[data-testid='preset'][data-preset='empty']");
  await page.keyboard.press("Escape");

  const compare = new Compare(page);
  await compare.open();
  await compare.pin("LeNet-4");
  await compare.card("LeNet-4").getByRole("button", { name: "LeNet-4", exact: true }).click();
  await compare.leave();
  await expect(lab.undoEdit).toHaveAttribute("title", /^Undo: nothing/);
  expect(await experiment(lab)).toBe(before);
});

test("the preprocessing alone is locked", async ({ lab, links, page }) => {
  await lockedLab(lab, links.recipe);
  const before = await experiment(lab);
  const centre = page.getByTestId("step-switch-centre");
  await expect(centre).toBeDisabled();
  await clickAt(centre);
  await centre.focus();
  await page.keyboard.press("Space");
  await expect(centre).toBeChecked();
  await clickFromConsole(page, "[data-testid^='step-switch-']");
  await expect(lab.notice).toContainText(`${LOCKED}: the preprocessing.`);
  expect(await experiment(lab)).toBe(before);
  // What is seen is what is so.
  await expect(centre).toBeChecked();
  // The drawing is not locked.
  await lab.clear();
});

for (const [control, selector, shown, words] of [
  ["compare", "[data-testid='area'][data-area='compare']", "region:Compare", "the comparison"],
  ["share", "[data-testid='share']", "dialog:Share", "sharing"],
] as const) {
  test(`${words} alone is locked`, async ({ lab, links, page }) => {
    await lockedLab(lab, links[control]);
    const [role, name] = shown.split(":") as ["region" | "dialog", string];
    const opened = page.getByRole(role, { name, exact: true });
    const button = page.locator(selector);
    await expect(button).toBeDisabled();
    await clickAt(button);
    await button.focus();
    await page.keyboard.press("Enter");
    // To the last area by the tabs' keys.
    await page.locator("[data-testid='area'][aria-selected='true']").focus();
    await page.keyboard.press("End");
    await expect(opened).toBeHidden();
    await clickFromConsole(page, selector);
    await expect(lab.notice).toContainText(`${LOCKED}: ${words}.`);
    await expect(opened).toBeHidden();
  });
}
