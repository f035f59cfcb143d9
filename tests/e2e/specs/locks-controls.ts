import { Keep } from "../pages/keep.ts";
import { Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

const LOCKED = "Locked by the link's author";

test("a locked control is locked by mouse, by keyboard and by an event from the console", async ({
  lab,
}) => {
  await lab.open();
  await lab.showList();
  await lab.inspect("C1");
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
  for (const button of [lab.undoEdit, lab.networkName, lab.device, lab.clearButton]) {
    await expect(button).toBeDisabled();
  }
  for (const id of ["delete", "duplicate", "wrap", "paste", "view-switch"]) {
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
  await lab.page.evaluate(() => {
    const all = (selector: string): Element[] => [...document.querySelectorAll(selector)];
    for (const control of all(
      "[data-testid='palette-item'], [data-testid='delete'], [data-testid='clear'], " +
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
      "[data-testid='palette-item'], [data-testid='delete'], [data-testid='clear'], " +
        "[data-testid='source'], [data-testid='view-switch'], [data-testid='duplicate']",
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
  await expect(lab.badge).not.toContainText("you chose the CPU");
  expect(await lab.network()).toEqual(network);
  expect(await pixelsOf(lab.pad)).toEqual(pad);
  await expect(lab.page.getByTestId("list-view")).toBeVisible();

  // The locks stay with the experiment; a new one is free.
  await lab.page.reload();
  await lab.waitReady();
  await expect(keep.locks).toContainText(LOCKED);
  await keep.openList();
  await lab.page.getByTestId("new-experiment").click();
  await expect(keep.locks).toBeHidden();
  await expect(lab.totalParams).toBeVisible();
  await lab.inspect("C1");
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
