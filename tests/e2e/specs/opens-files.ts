import { readFile } from "node:fs/promises";

import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

test("a saved file opens as a new experiment, by choosing it and by dropping it", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(lab.page);
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);
  await keep.openList();
  const saving = lab.page.waitForEvent("download");
  await lab.page.getByTestId("save-file").click();
  const download = await saving;
  expect(download.suggestedFilename()).toBe("lenet-5.cnnlab.json");
  const text = await readFile(await download.path(), "utf8");
  expect(JSON.parse(text)).toMatchObject({ "cnn-lab": 2, name: "LeNet-5", origin: "lenet-5" });

  await lab.page.getByTestId("new-experiment").click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await keep.openList();
  await keep.openFile("handed-out.cnnlab.json", text);
  await keep.closeList();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.undoEdit).toBeDisabled();

  await keep.openList();
  await lab.page.getByTestId("new-experiment").click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^6x/);
  await lab.page.evaluate((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.cnnlab.json", { type: "application/json" }));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  }, text);
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
});

test("what is no experiment says why and leaves the work; one with a problem opens with it", async ({ lab }) => {
  await lab.open();
  await lab.showList();
  const keep = new Keep(lab.page);
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await keep.kept((record) => record.trail.before.length === 1);
  await keep.openList();
  const huge = JSON.stringify({
    "cnn-lab": 2,
    graph: {
      name: "Huge",
      input: { channels: 1, height: 4, width: 4 },
      nodes: [{ id: 1, name: "C1", layer: { kind: "conv", channels: 1e9, kernel: [1, 1] }, inputs: [0] }],
    },
  });
  const files: [string, Buffer | string, RegExp][] = [
    ["fifty.cnnlab.json", Buffer.alloc(50_000_000, " "), /50\.0 MB/],
    ["cut.cnnlab.json", huge.slice(0, 60), /not JSON/],
    ["photo.cnnlab.json", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0]), /not JSON/],
    ["list.json", "[1, 2, 3]", /not a document of the CNN lab/],
    ["newer.cnnlab.json", '{"cnn-lab": 7, "graph": {}}', /newer version of the lab/],
  ];
  for (const [name, content, why] of files) {
    await keep.openFile(name, content);
    await expect(keep.experiments.getByRole("alert")).toContainText(name);
    await expect(keep.experiments.getByRole("alert")).toContainText(why);
    await expect(keep.experiments.getByRole("alert")).toContainText("Your work is as it was.");
  }
  await keep.closeList();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.undoEdit).toBeEnabled();
  expect(Object.keys(await keep.records())).toHaveLength(1);

  await keep.openList();
  await keep.openFile("huge.cnnlab.json", huge);
  await keep.closeList();
  await expect(lab.networkName).toHaveText("Huge");
  await expect(lab.problem("C1")).toContainText("Channels is 1,000,000,000; the limit is 1,048,576");
  await expect(lab.stillRunning).toBeVisible();
});
