import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { Keep } from "../pages/keep.ts";
import { Lab, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

const OLD = readFileSync(
  resolve(import.meta.dirname, "../../../engine/tests/documents/version-1.cnnlab.json"),
  "utf8",
);

test("reloading in the middle of an edit loses nothing, and undo goes on", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await lab.setField("channels", "9");
  await expect(lab.undoEdit).toHaveAttribute("title", /change C1/);
  const drawn = await pixelsOf(lab.pad);
  const network = await lab.network();

  // At once: nothing has been written since the last edit.
  await lab.page.reload();
  await lab.waitReady();
  await expect.poll(() => lab.network()).toEqual(network);
  await lab.showArea("build");
  await expect(lab.selected).toContainText("C1");
  await expect.poll(() => pixelsOf(lab.pad)).toEqual(drawn);

  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await expect(lab.undoEdit).toBeDisabled();
  await lab.redoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("a network with a problem comes back with its problem, and the last valid one runs", async ({
  lab,
}) => {
  await lab.open();
  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "7");
  await lab.setField("kernel", "99");
  await expect(lab.stillRunning).toBeVisible();
  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.stillRunning).toBeVisible();
  await expect(lab.predicted).toHaveText(/^[0-9]$/);
  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^7x/);
});

test("two tabs do not overwrite each other silently", async ({ lab, context }) => {
  // From the start: to switch to the list is a change as well.
  await context.addInitScript(() => {
    // A new page is blank at first, and has no storage.
    if (location.protocol.startsWith("http")) localStorage.setItem("cnn-lab/view", "list");
  });
  await lab.open();
  const keep = new Keep(lab.page);
  await keep.kept((record) => record.network === "LeNet-5");
  const other = new Lab(await context.newPage());
  await other.open();

  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);
  await other.edit("C3");
  await other.setField("channels", "20");
  await expect(other.notice).toContainText("Another tab has changed");
  await expect(other.notice).toContainText("goes on as “LeNet-5 (copy)”");
  await keep.kept((record) => record.name === "LeNet-5 (copy)");

  // Both are there, each with its own edit, in both tabs and after a reload.
  await other.page.reload();
  await other.waitReady();
  await expect(other.node("C3")).toHaveAttribute("data-shape", /^20x/);
  await expect(other.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await keep.openList();
  await expect(keep.list).toHaveCount(2);
});

test("an experiment kept by an older version is upgraded, one of a newer version left alone", async ({
  lab,
}) => {
  await lab.open();
  const keep = new Keep(lab.page);
  await keep.kept((record) => record.network === "LeNet-5");
  await keep.putRecord("old", { form: 1, name: "From last year", document: OLD });
  const newer = { form: 3, name: "From next year", brain: "quantum" };
  await keep.putRecord("newer", newer);

  await keep.openList();
  await expect(keep.row("From next year").getByTestId("open-experiment")).toBeDisabled();
  await expect(keep.row("From next year")).toContainText("newer version of the lab");
  await keep.row("From last year").getByTestId("open-experiment").click();
  await expect(lab.networkName).toHaveText("Kept since version 1");
  await keep.kept((record) => record.form === 2 && record.network === "Kept since version 1");
  expect((await keep.records())["newer"]).toEqual(newer);

  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.networkName).toHaveText("Kept since version 1");
});

test("several experiments have names, are doubled, deleted and opened; a name being typed stays", async ({ lab }) => {
  await lab.open();
  const keep = new Keep(lab.page);
  await keep.openList();
  await keep.row("LeNet-5").getByTestId("rename").click();
  await lab.page.getByTestId("experiment-name").fill("Mine");
  await lab.page.getByTestId("experiment-name").press("Enter");
  await expect(keep.row("Mine")).toBeVisible();
  await keep.row("Mine").getByTestId("duplicate-experiment").click();
  await expect(keep.row("Mine 2")).toBeVisible();
  await lab.page.getByTestId("new-experiment").click();
  await expect(keep.experiments).toBeHidden();
  await keep.openList();
  await expect(keep.list).toHaveCount(3);
  await keep.row("Mine").getByTestId("delete-experiment").click();
  await keep.row("Mine").getByTestId("delete-for-good").click();
  await expect(keep.list).toHaveCount(2);
  await keep.row("Mine 2").getByTestId("open-experiment").click();
  await keep.openList();
  await expect(keep.row("Mine 2")).toHaveAttribute("data-open", "true");

  // The list is read again when there is one more.
  await keep.row("Mine 2").getByTestId("rename").click();
  await lab.page.getByTestId("experiment-name").fill("Half a na");
  await keep.row("LeNet-5").getByTestId("duplicate-experiment").click();
  await expect(keep.list).toHaveCount(3);
  await expect(lab.page.getByTestId("experiment-name")).toHaveValue("Half a na");
  await lab.page.getByTestId("experiment-name").press("Enter");
  await expect(keep.row("Half a na")).toBeVisible();
  await expect(keep.list).toHaveCount(3);
});

test("opening a network of the zoo keeps the own one in the list, and undo brings it back too", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(lab.page);
  // One of the zoo as it is gives its place to the next.
  await lab.openPreset("lenet-1");
  await expect(lab.networkName).toHaveText("LeNet-1");
  await keep.openList();
  await expect(keep.list).toHaveCount(1);
  await keep.closeList();

  await lab.openPreset("lenet-5");
  await expect(lab.networkName).toHaveText("LeNet-5");
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await lab.openPreset("lenet-1");
  await expect(lab.networkName).toHaveText("LeNet-1");
  await expect(lab.notice).toContainText("“LeNet-5” stays in the list of experiments");
  await lab.undoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await lab.redoEdit.click();
  await expect(lab.networkName).toHaveText("LeNet-1");
  await keep.kept((record) => record.network === "LeNet-1");

  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.networkName).toHaveText("LeNet-1");
  await keep.openList();
  await expect(keep.list).toHaveCount(2);
  await keep.row("LeNet-5").getByTestId("open-experiment").click();
  await expect(lab.networkName).toHaveText("LeNet-5");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("a browser without storage says so once, and everything else works", async ({ lab }) => {
  await lab.page.addInitScript(() => {
    Object.defineProperty(window, "indexedDB", {
      get: () => {
        throw new DOMException("not here", "SecurityError");
      },
    });
  });
  await lab.open();
  await expect(lab.errors).toContainText("Your work is not being kept");
  await expect(lab.errors).toContainText("forbids");
  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.errors.locator("li")).toHaveCount(1);
  const keep = new Keep(lab.page);
  expect(await keep.shared()).toContain("#lab=2");
});

test("a full storage says so, and keeps again when there is room", async ({ lab }) => {
  await lab.open();
  const keep = new Keep(lab.page);
  await keep.kept((record) => record.network === "LeNet-5");
  await lab.page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    (window as unknown as { room: () => void }).room = () => {
      IDBObjectStore.prototype.put = put;
    };
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
  });
  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect(lab.errors).toContainText("full");
  await lab.page.evaluate(() => (window as unknown as { room: () => void }).room());
  await lab.setField("channels", "9");
  await expect(lab.errors).toBeHidden();
  await keep.kept((record) => record.trail.before.length === 2);
});
