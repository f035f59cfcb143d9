import { Data } from "../pages/data.ts";
import { Keep } from "../pages/keep.ts";
import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** An IDX file: its magic number, its sizes, then these bytes. */
function idx(magic: number, sizes: readonly number[], bytes: readonly number[]): Uint8Array {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic, 0);
  sizes.forEach((size, at) => header.writeUInt32BE(size, 4 + 4 * at));
  return Buffer.concat([header, Buffer.from(bytes)]);
}

test("the shipped sets are counted before their images are fetched", async ({ lab }) => {
  const images: string[] = [];
  lab.page.on("request", (request) => {
    if (/train-\d\d-images/.test(request.url())) images.push(request.url());
  });
  await lab.open();
  await lab.showArea("train");
  const data = new Data(lab.page);
  await expect(data.set).toHaveAttribute("data-name", "MNIST");
  await expect(data.parts).toContainText("10,000 test");
  await data.set.selectOption("Fashion-MNIST");
  await expect(data.set).toHaveAttribute("data-name", "Fashion-MNIST");
  await expect(data.parts).toContainText("10,000 test");
  expect(images).toEqual([]);
});

test("drawings are collected, moved, deleted, kept, exported and imported", async ({ lab }) => {
  await lab.open();
  await lab.showArea("train");
  const data = new Data(lab.page);
  await data.collect.click();
  await expect(data.classes).toHaveCount(2);

  await lab.clear();
  await lab.page.getByTestId("add-image").click();
  await expect(data.error).toContainText("the pad is empty");
  await expect(data.images).toHaveCount(0);
  await lab.drawStroke(SEVEN);
  await lab.page.getByTestId("add-image").click();
  await expect(data.images).toHaveCount(1);
  await lab.drawStroke(SEVEN);
  await lab.page.getByTestId("add-image").click();
  await expect(data.class("Class 1")).toHaveAttribute("data-count", "2");
  await expect(data.error).toBeHidden();

  await data.images.first().click();
  await lab.page.getByTestId("relabel").selectOption("Class 2");
  await expect(data.class("Class 2")).toHaveAttribute("data-count", "1");
  await data.images.first().click();
  await data.images.first().press("Delete");
  await expect(data.class("Class 1")).toHaveAttribute("data-count", "0");
  await lab.page.getByTestId("collect-undo").click();
  await expect(data.class("Class 1")).toHaveAttribute("data-count", "1");

  await lab.page.getByText("Files", { exact: true }).click();
  const idxFiles = await data.saved(lab.page.getByTestId("export-idx"), 2);
  const labels = idxFiles.get("My images-labels.idx1-ubyte");
  // Yann LeCun's format: magic number 2049, two labels.
  expect([...(labels ?? [])].slice(0, 8)).toEqual([0, 0, 8, 1, 0, 0, 0, 2]);
  const zip = (await data.saved(lab.page.getByTestId("export-zip"))).get("My images.zip");
  expect(zip?.subarray(0, 2).toString()).toBe("PK");

  await lab.page.getByTestId("collect-done").click();
  await expect(data.set).toHaveAttribute("data-name", "My images");
  // The choice is kept with the experiment.
  await new Keep(lab.page).kept((record) => record.document.includes('"data":"own/'));
  await lab.page.reload();
  await lab.waitReady();
  await lab.showArea("train");
  await expect(data.set).toHaveAttribute("data-name", "My images");
  await lab.page.getByTestId("edit-collection").click();
  await expect(data.class("Class 2")).toHaveAttribute("data-count", "1");
  await lab.page.getByText("Files", { exact: true }).click();
  await lab.page
    .getByTestId("import-collection")
    .setInputFiles({ name: "My images.zip", mimeType: "application/zip", buffer: zip ?? Buffer.alloc(0) });
  await expect(data.class("Class 2")).toHaveAttribute("data-count", "2");
});

test("dropped files are a data set, and a broken one is refused with the reason", async ({ lab }) => {
  await lab.open();
  await lab.showArea("train");
  const data = new Data(lab.page);
  const images = idx(2051, [3, 8, 8], Array(192).fill(7));
  await data.drop([
    ["dots-labels.idx1", idx(2049, [3], [0, 1, 1])],
    ["dots-images.idx3", images],
  ]);
  await expect(data.set).toHaveAttribute("data-name", "dots-images");
  await expect(lab.page.getByTestId("data-size")).toContainText("8×8 pixels, grey");

  await data.drop([
    ["cut.idx3", images.subarray(0, 100)],
    ["cut.idx1", idx(2049, [3], [0, 1, 1])],
  ]);
  await expect(lab.errors.filter({ hasText: "cut.idx3" })).toContainText("its 100 bytes are not");
  await expect(data.set).toHaveAttribute("data-name", "dots-images");
});

test("a shipped data set goes with a link, a collection does not", async ({ lab }) => {
  await lab.open();
  await lab.showArea("train");
  const data = new Data(lab.page);
  const keep = new Keep(lab.page);
  await data.set.selectOption("Fashion-MNIST");
  const { hash } = new URL(await keep.shared());
  await data.set.selectOption("MNIST");
  await lab.page.evaluate((hash) => {
    location.hash = hash;
  }, hash);
  await expect(data.set).toHaveAttribute("data-name", "Fashion-MNIST");

  await data.collect.click();
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await lab.page.getByTestId("add-image").click();
  await lab.page.getByTestId("collect-done").click();
  await expect(data.set).toHaveAttribute("data-name", "My images");
  const { hash: without } = new URL(await keep.shared());
  await lab.page.evaluate((hash) => {
    location.hash = hash;
  }, without);
  // The one that fits the network.
  await expect(data.set).toHaveAttribute("data-name", "MNIST");
});

test("a network for colour says at once that there is no data set, and offers to make one", async ({
  lab,
}) => {
  await lab.open();
  await lab.openPreset("squeezenet-1.1");
  await lab.showArea("train");
  const note = lab.page.getByTestId("train-no-data");
  await expect(note).toContainText("colour images");
  await expect(lab.page.getByTestId("train-start")).toBeDisabled();
  await note.getByTestId("collect-photos").click();
  const data = new Data(lab.page);
  await expect(data.collection).toBeVisible();
  await expect(note).toHaveCount(0);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("a collection is filled from the pad above it", async ({ lab, page }) => {
    await lab.open();
    await lab.showArea("train");
    const data = new Data(page);
    await data.collect.click();
    await expect(data.collection).toBeVisible();
    await expect(lab.pad).toBeInViewport();
    await lab.clear();
    await lab.drawStroke(SEVEN);
    await page.getByTestId("add-image").click();
    await expect(data.images).toHaveCount(1);
    await page.getByTestId("collect-done").click();
    await expect(data.set).toHaveAttribute("data-name", "My images");
    // The network is back.
    await expect(lab.pad).toBeHidden();
  });
});
