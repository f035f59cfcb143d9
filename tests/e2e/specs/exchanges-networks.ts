import { readFileSync } from "node:fs";

import type { Download } from "@playwright/test";

import { Keep } from "../pages/keep.ts";
import type { Lab } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

const MODELS = new URL("../../reference/models/", import.meta.url).pathname;
const KERAS = new URL("../../reference/keras/", import.meta.url).pathname;

function model(name: string): Buffer {
  return readFileSync(`${MODELS}${name}`);
}

async function openOnnx(lab: Lab, name: string, buffer: Buffer): Promise<void> {
  await new Keep(lab.page).openList();
  await lab.page.getByTestId("import-file").setInputFiles({ name, mimeType: "", buffer });
}

async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path());
}

test("an ONNX file opens with its weights, runs, and goes out again", async ({ lab, page }) => {
  await lab.open();
  await openOnnx(lab, "lenet.onnx", model("lenet5_article.onnx"));
  // 61,706 parameters: LeCun et al. 1998, with a full C3.
  await expect(lab.networkName).toContainText("lenet");
  await expect(lab.totalParams).toContainText("61,706");
  await expect(lab.weights).toHaveText("weights from lenet.onnx");
  await expect(lab.errors).toHaveCount(0);

  const keep = new Keep(page);
  await keep.openShare();
  const exported = page.getByTestId("export");
  await expect(exported).toHaveCount(6);
  const save = async (format: string): Promise<Download> => {
    const coming = page.waitForEvent("download");
    await page.locator(`[data-testid="export"][data-format="${format}"]`).click();
    return coming;
  };
  const onnx = await save("onnx");
  expect(onnx.suggestedFilename()).toBe("lenet.onnx");
  const written = await bytesOf(onnx);
  const code = await save("pytorch");
  expect(code.suggestedFilename()).toBe("lenet-pytorch.zip");
  const zip = await bytesOf(code);
  for (const name of ["network.py", "weights.safetensors", "sample.safetensors"]) {
    expect(zip.includes(name), name).toBe(true);
  }
  const report = (await bytesOf(await save("report"))).toString();
  expect(report).toContain("61,706");
  expect(report).toContain("#lab=");
  expect(report).not.toContain("<script");
  await keep.closeShare();

  // What was written is read.
  await openOnnx(lab, "again.onnx", written);
  await expect(lab.weights).toHaveText("weights from again.onnx");
  await expect(lab.totalParams).toContainText("61,706");
  await expect(lab.errors).toHaveCount(0);
});

test("what is not supported is listed, and the part before it opens", async ({ lab, page }) => {
  await lab.open();
  const before = await lab.totalParams.innerText();
  const bytes = Buffer.from(model("lenet5_article.onnx"));
  // The operator of the first linear layer becomes one that nobody knows.
  const field = Buffer.from("\x22\x04Gemm", "latin1");
  bytes.write("Germ", bytes.indexOf(field) + 2, "latin1");
  await openOnnx(lab, "strange.onnx", bytes);
  const dialog = page.getByTestId("import-dialog");
  await expect(dialog.getByTestId("unsupported")).toContainText("Germ");
  await dialog.getByTestId("import-cancel").click();
  await expect(dialog).toBeHidden();
  await expect(lab.totalParams).toHaveText(before);

  await openOnnx(lab, "strange.onnx", bytes);
  await dialog.getByTestId("import-part").click();
  await expect(dialog).toBeHidden();
  await expect(lab.weights).toHaveText("weights from strange.onnx");
  // The two convolutions alone: 156 + 2,416.
  await expect(lab.totalParams).toContainText("2,572");
  await expect(lab.errors).toHaveCount(0);
});

test("a Keras file opens with its weights, and weights alone load into it", async ({ lab, page }) => {
  await lab.open();
  await openOnnx(lab, "shop.keras", readFileSync(`${KERAS}sequential.keras`));
  await expect(lab.networkName).toContainText("shop");
  await expect(lab.weights).toHaveText("weights from shop.keras");
  const params = await lab.totalParams.innerText();
  await lab.openWeights("again.weights.h5", readFileSync(`${KERAS}sequential.weights.h5`));
  await expect(lab.weights).toHaveText("weights from again.weights.h5");
  await expect(lab.totalParams).toHaveText(params);
  await expect(lab.errors).toHaveCount(0);

  await openOnnx(lab, "strange.keras", readFileSync(`${KERAS}unread.keras`));
  const dialog = page.getByTestId("import-dialog");
  await expect(dialog.getByTestId("unsupported")).toContainText("Permute");
  await dialog.getByTestId("import-part").click();
  await expect(lab.weights).toHaveText("weights from strange.keras");
  // The convolution alone: 3·3·3·4 + 4.
  await expect(lab.totalParams).toContainText("112");

  // Cut off: nothing is lost.
  await openOnnx(lab, "half.keras", readFileSync(`${KERAS}sequential.keras`).subarray(0, 3000));
  await expect(lab.errors).toContainText("half.keras cannot be opened");
  await expect(lab.weights).toHaveText("weights from strange.keras");
});

test("a file that is no network is refused, and nothing is lost", async ({ lab }) => {
  await lab.open();
  const before = await lab.totalParams.innerText();
  await openOnnx(lab, "half.onnx", model("lenet5_article.onnx").subarray(0, 3000));
  await expect(lab.errors).toContainText("half.onnx cannot be opened");
  await expect(lab.errors).toContainText("ends before it should");
  await expect(lab.totalParams).toHaveText(before);
});

test("the code beside the network follows edits and lights the selected layer", async ({ lab, page }) => {
  await lab.open();
  await lab.showArea("build");
  await page.getByTestId("open-totals").click();
  await page.getByTestId("dock-code").click();
  const code = page.getByTestId("code-view");
  await expect(code).toContainText("self.C1 = nn.Conv2d(1, 6, 5)");
  await lab.edit("C3");
  const lit = code.locator("[data-lit]");
  await expect(lit).toHaveCount(2);
  await expect(lit.first()).toContainText("self.C3");
  await lab.setField("channels", "20");
  await expect(code).toContainText("self.C3 = nn.Conv2d(6, 20, 5)");
  await lab.undoEdit.click();
  await expect(code).toContainText("self.C3 = nn.Conv2d(6, 16, 5)");
  await page.locator('[data-testid="code-library"][data-library="keras"]').click();
  await expect(code).toContainText('layers.Conv2D(6, 5, name="C1")');
  await page.locator('[data-testid="code-library"][data-library="burn"]').click();
  await expect(code).toContainText("Conv2dConfig::new([1, 6], [5, 5])");
});
