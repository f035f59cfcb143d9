import { readFileSync } from "node:fs";

import type { TestInfo } from "@playwright/test";

import { openBarePage } from "../pages/engine.ts";
import { Keep } from "../pages/keep.ts";
import { type Lab, SEVEN } from "../pages/lab.ts";
import { readSafetensors, type Tensor, writeSafetensors } from "../pages/safetensors.ts";
import { expect, test } from "../pages/test.ts";

type Tensors = Map<string, Tensor>;

const SHIPPED = new URL("../../../public/models/lenet-5.safetensors", import.meta.url).pathname;
const STARTS = new URL("../../../engine/tests/foreign/starts.json", import.meta.url).pathname;
const OLD_DOCUMENT = new URL(
  "../../../engine/tests/documents/version-1.cnnlab.json",
  import.meta.url,
).pathname;

function times(tensor: Tensor, factor: number): Tensor {
  return { ...tensor, values: tensor.values.map((value) => value * factor) };
}

/** The shipped weights with those of the first convolution doubled. */
function doubled(): Tensors {
  const tensors = readSafetensors(SHIPPED);
  for (const name of ["C1.weight", "C1.bias"]) {
    tensors.set(name, times(tensors.get(name)!, 2));
  }
  return tensors;
}

/** The maps of the drawing, with all their digits. */
async function mapsOf(lab: Lab, info: TestInfo): Promise<Tensors> {
  const path = info.outputPath("maps.safetensors");
  await (await lab.saveMaps()).saveAs(path);
  return readSafetensors(path);
}

/** How many checkpoints the page's storage has. */
function keptWeights(lab: Lab): Promise<number> {
  return lab.page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open("cnn-lab"));
    const count = await done(database.transaction("weights").objectStore("weights").count());
    database.close();
    return count;
  });
}

function expectEqual(one: Tensors, other: Tensors): void {
  expect([...one.keys()].sort()).toEqual([...other.keys()].sort());
  for (const [name, { shape, values }] of one) {
    expect(shape, name).toEqual(other.get(name)?.shape);
    expect(Buffer.from(values.buffer).equals(Buffer.from(other.get(name)!.values.buffer)), name).toBe(
      true,
    );
  }
}

/** Opens the page, draws a seven and opens the doubled weights: the maps before and after. */
async function withOwnWeights(lab: Lab, info: TestInfo): Promise<{ shipped: Tensors; own: Tensors }> {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  const shipped = await mapsOf(lab, info);
  await lab.openWeights("doubled.safetensors", writeSafetensors(doubled()));
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  const own = await mapsOf(lab, info);
  // To double a float and a sum of floats is exact.
  expectEqual(new Map([["C1", own.get("C1")!]]), new Map([["C1", times(shipped.get("C1")!, 2)]]));
  expect(own.get("softmax")).not.toEqual(shipped.get("softmax"));
  return { shipped, own };
}

test("weights from a file are there after a reload, and undo brings those before back", async ({
  lab,
}, info) => {
  const { shipped, own } = await withOwnWeights(lab, info);
  await new Keep(lab.page).kept((record) => record.weights?.length === 1);
  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  expectEqual(await mapsOf(lab, info), own);
  await lab.undoEdit.click();
  await expect(lab.weights).toHaveText("trained weights");
  expectEqual(await mapsOf(lab, info), shipped);
  await lab.redoEdit.click();
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  expectEqual(await mapsOf(lab, info), own);
  await lab.page.getByTestId("share").click();
  await expect(lab.page.getByTestId("share-dialog")).toContainText(
    "The weights from doubled.safetensors stay here too",
  );
});

test("weights from a file survive an edit, its undo and redo, and are saved as they are", async ({
  lab,
}, info) => {
  const { own } = await withOwnWeights(lab, info);
  const path = info.outputPath("weights.safetensors");
  const saved = await lab.saveWeights();
  expect(saved.suggestedFilename()).toBe("lenet-5-weights.safetensors");
  await saved.saveAs(path);
  expectEqual(readSafetensors(path), doubled());

  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  await expect(lab.weights).toHaveText(
    "weights from doubled.safetensors in 3 of 5 layers, random ones in the others",
  );
  const edited = await mapsOf(lab, info);
  await lab.undoEdit.click();
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  expectEqual(await mapsOf(lab, info), own);
  await lab.redoEdit.click();
  await expect(lab.node("C1")).toHaveAttribute("data-shape", /^8x/);
  expectEqual(await mapsOf(lab, info), edited);
});

test("another worker has the weights from a file when the one before ended", async ({
  lab,
}, info) => {
  const { own } = await withOwnWeights(lab, info);
  await lab.page.workers()[0].evaluate(() => self.close());
  await expect(lab.notice).toContainText("your drawing is kept");
  await expect.poll(() => lab.page.workers().length).toBe(1);
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  expectEqual(await mapsOf(lab, info), own);
});

test("a duplicate has the weights from a file, and they go with their experiment", async ({
  lab,
}, info) => {
  const { own } = await withOwnWeights(lab, info);
  const keep = new Keep(lab.page);
  await keep.kept((record) => record.weights?.length === 1);
  await keep.openList();
  await keep.row("LeNet-5").getByTestId("duplicate-experiment").click();
  await expect(keep.list).toHaveCount(2);
  await keep.row("LeNet-5 2").getByTestId("open-experiment").click();
  await expect(keep.experiments).toBeHidden();
  await expect.poll(() => keptWeights(lab)).toBe(2);
  await keep.openList();
  await keep.row("LeNet-5").getByTestId("delete-experiment").click();
  await keep.row("LeNet-5").getByTestId("delete-for-good").click();
  await expect(keep.list).toHaveCount(1);
  await expect.poll(() => keptWeights(lab)).toBe(1);
  await keep.closeList();
  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.weights).toHaveText("weights from doubled.safetensors");
  expectEqual(await mapsOf(lab, info), own);

  // Undone, and another edit in their place: nothing refers to them any longer.
  await lab.undoEdit.click();
  await expect(lab.weights).toHaveText("trained weights");
  await lab.showList();
  await lab.edit("C1");
  await lab.setField("channels", "8");
  await expect.poll(() => keptWeights(lab)).toBe(0);
});

test("a file that does not fit says what is missing, extra or of another shape, and changes nothing", async ({
  lab,
}, info) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  const before = await mapsOf(lab, info);
  const wrong = doubled();
  const bias = wrong.get("C1.bias")!;
  wrong.delete("C1.bias");
  wrong.set("C9.bias", bias);
  const { values } = wrong.get("F6.weight")!;
  wrong.set("F6.weight", { shape: [values.length], values });
  await lab.openWeights("wrong.safetensors", writeSafetensors(wrong));
  await expect(lab.errors).toContainText("wrong.safetensors cannot be opened");
  for (const text of ["1 missing: C1.bias", "1 not wanted: C9.bias", "1 of another shape: F6.weight"]) {
    await expect(lab.errors).toContainText(text);
  }
  const lists = lab.page.getByTestId("failure-lists");
  await lists.locator("summary").click();
  await expect(lists.locator("li")).toHaveCount(3);
  await expect(lab.weights).toHaveText("trained weights");
  await expect(lab.undoEdit).toBeDisabled();
  expectEqual(await mapsOf(lab, info), before);

  await expect(lab.weights).toHaveText("trained weights");
  expectEqual(await mapsOf(lab, info), before);
});

/** Gives the page a file as the browser does when it is dropped. */
async function drop(lab: Lab, name: string, content: Buffer): Promise<void> {
  await lab.page.evaluate(
    ([name, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], name));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    },
    [name, [...content]] as const,
  );
}

test("a file of another program, dropped or opened anywhere, says what it is and the way out", async ({
  lab,
}, info) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  const before = await mapsOf(lab, info);
  const starts: Record<string, string> = JSON.parse(readFileSync(STARTS, "utf8"));
  const start = (name: string) => Buffer.from(starts[name], "hex");
  const files: [string, Buffer, RegExp][] = [
    ["weights.npy", start("numpy"), /NumPy array.*save_file/],
    ["model.pt", start("torch_archive"), /PyTorch checkpoint.*torch\.load/],
    ["model.tflite", start("tensor_flow_lite"), /TensorFlow Lite model/],
    ["model.ckpt", Buffer.from([0, 1, 2, 3]), /content is not known here/],
    // The content decides, not the name.
    ["pytorch_model.bin", start("torch_archive"), /PyTorch checkpoint/],
    ["weights.safetensors", start("lfs_pointer"), /Git LFS pointer.*git lfs pull/],
    ["weights.safetensors", start("html"), /HTML page/],
    ["weights.safetensors", Buffer.alloc(0), /empty file/],
    ["weights.safetensors", Buffer.from([1, 2, 3]), /not a safetensors file/],
    ["weights.safetensors", readFileSync(SHIPPED).subarray(0, 5000), /ends early/],
  ];
  for (const tab of ["draw", "digits", "photo"]) {
    await lab.page.locator(`[data-testid=source][data-source=${tab}]`).click();
    for (const [name, content, why] of files) {
      await drop(lab, name, content);
      await expect(lab.errors).toContainText(why);
      await expect(lab.errors).toContainText(`${name} cannot be opened`);
      await expect(lab.errors).toContainText("The weights are as they were.");
      await expect(lab.errors).not.toContainText("not a picture");
    }
  }
  const [name, content, why] = files[1];
  await lab.photoFile.setInputFiles({ name, mimeType: "", buffer: content });
  await expect(lab.errors).toContainText(why);
  await lab.openWeights(name, content);
  await expect(lab.errors).toContainText(why);
  await lab.page.locator("[data-testid=source][data-source=draw]").click();
  await expect(lab.weights).toHaveText("trained weights");
  expectEqual(await mapsOf(lab, info), before);

  // Names as a compiled and wrapped module of PyTorch has them.
  const prefixed = new Map([...doubled()].map(([name, it]) => [`module._orig_mod.${name}`, it]));
  await drop(lab, "wrapped.safetensors", writeSafetensors(prefixed));
  await expect(lab.notice).toContainText("“_orig_mod.” was left out of the names of 10 tensors");
  await expect(lab.weights).toHaveText("weights from wrapped.safetensors");
  const own = await mapsOf(lab, info);
  expectEqual(
    new Map([["C1", own.get("C1")!]]),
    new Map([["C1", times(before.get("C1")!, 2)]]),
  );
});

test("what a lab without own weights has kept is opened as before", async ({ lab }) => {
  await openBarePage(lab.page);
  const record = {
    form: 2,
    revision: 1,
    page: "before",
    edited: 1,
    name: "Mine",
    network: "Kept since version 1",
    document: readFileSync(OLD_DOCUMENT, "utf8"),
    photo: false,
    trail: { now: 0, next: 1, running: 0, before: [], after: [] },
  };
  await lab.page.evaluate(async (text) => {
    const request = indexedDB.open("cnn-lab", 1);
    request.onupgradeneeded = () => {
      for (const store of ["experiments", "states", "photos"]) {
        request.result.createObjectStore(store);
      }
    };
    await new Promise((done, fail) => {
      request.onsuccess = done;
      request.onerror = fail;
    });
    const transaction = request.result.transaction("experiments", "readwrite");
    transaction.objectStore("experiments").put(text, "kept-before");
    await new Promise((done) => {
      transaction.oncomplete = done;
    });
    request.result.close();
  }, JSON.stringify(record));
  await lab.open();
  await expect(lab.networkName).toHaveText("Kept since version 1");
  // And is kept on.
  await lab.showList();
  await new Keep(lab.page).kept((record) => record.revision > 1 && record.weights?.length === 0);
});
