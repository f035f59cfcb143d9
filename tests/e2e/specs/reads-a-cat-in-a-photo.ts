import { pixelsOf } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/**
 * What an independent forward pass in NumPy, on photos scaled by Pillow, gives for the same weights
 * (class: probability; ImageNet's 281 tabby, 282 tiger cat, 285 Egyptian cat, 967 espresso,
 * 968 cup, 925 consommé, 872 tripod).
 */
const GOLDEN = {
  "efficientnet-lite0": {
    chelsea: { 282: 0.385, 285: 0.363, 281: 0.167 },
    coffee: { 967: 0.951, 968: 0.015 },
    camera: { 872: 0.937 },
  },
  "squeezenet-1.1": {
    chelsea: { 285: 0.383, 281: 0.372, 282: 0.243 },
    coffee: { 967: 0.976, 925: 0.023 },
    camera: { 872: 0.9 },
  },
} as const;

for (const [network, photos] of Object.entries(GOLDEN)) {
  test(`${network} gives the photos the published weights' probabilities`, async ({ lab }) => {
    test.setTimeout(120_000);
    await lab.open();
    await lab.openPreset(network);
    // It opens with the photo of a cat and sees one.
    await expect(lab.source("photo")).toHaveAttribute("aria-pressed", "true");
    await expect(lab.photo("chelsea")).toHaveAttribute("aria-pressed", "true");
    await expect(lab.top.first()).toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
    await expect(lab.predicted).toHaveText(/cat|tabby/i);
    await expect(lab.untrained).toBeHidden();
    await expect(lab.weights).toHaveText("trained weights");
    await expect(lab.top).toHaveCount(5);
    for (const [photo, shares] of Object.entries(photos)) {
      await lab.photo(photo).click();
      await expect(async () => {
        const likeliest = await lab.likeliest();
        for (const [name, share] of Object.entries(shares)) {
          const ours = likeliest.get(Number(name)) ?? Number.NaN;
          expect(Math.abs(ours - share), `${photo}: class ${name}`).toBeLessThanOrEqual(0.01);
        }
      }).toPass({ timeout: 45_000 });
    }

    // Back at LeNet-5 the pad is as it was.
    await lab.openPreset("lenet-5");
    await expect(lab.source("draw")).toHaveAttribute("aria-pressed", "true");
    await expect(lab.predicted).toHaveText("7");
  });
}

test("A network without trained weights says plainly that its answer means nothing", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.openPreset("mobilenet-v2");
  await expect(lab.untrained).toHaveText(
    "Untrained: random weights, so the answer is a guess.",
  );
  // Its classes are ImageNet's all the same.
  await expect(lab.predicted).toHaveText(/^[A-Za-z]/, { timeout: 45_000 });
  await expect(lab.predicted).not.toHaveText(/^output/);
  await expect(page.getByTestId("open-expert")).toHaveText("Open EfficientNet-Lite0, trained");
});

test("A network says what it knows, and opens the one that knows something else", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  await expect(lab.domainNote).toHaveCount(0);

  // A boot is no digit.
  await lab.source("fashion").click();
  await lab.samples.first().click();
  await expect(lab.domainNote).toContainText("LeNet-5 knows the digits 0–9.");
  // Neither right nor wrong.
  await expect(lab.trueLabel).toHaveText("Ankle boot");
  await page.getByTestId("open-expert").click();
  await expect(lab.networkName).toHaveText("LeNet-5, Fashion");
  await expect(lab.predicted).toHaveText("Ankle boot");
  await expect(lab.trueLabel).toHaveText("Right: label Ankle boot");
  await expect(lab.domainNote).toHaveCount(0);
  // Its pictures are neither cropped nor centred; those of the digits are again.
  const centre = page.getByTestId("step-switch-centre");
  await expect(centre).not.toBeChecked();

  // A digit is no piece of clothing.
  await lab.source("digits").click();
  await lab.samples.first().click();
  await expect(lab.domainNote).toContainText("LeNet-5, Fashion knows ten kinds of clothes.");
  await page.getByTestId("open-expert").click();
  await expect(lab.networkName).toHaveText("LeNet-5");
  await expect(centre).toBeChecked();
  await expect(lab.trueLabel).toHaveText("Right: label 7");

  // A cat is no digit, and a drawing is none of a thousand things.
  await lab.source("photo").click();
  await expect(lab.domainNote).toContainText("This looks like something else.");
  await page.getByTestId("open-expert").click();
  await expect(lab.predicted).toHaveText(/cat|tabby/i, { timeout: 60_000 });
  await expect(lab.domainNote).toHaveCount(0);
  await lab.source("draw").click();
  await expect(lab.domainNote).toContainText("EfficientNet-Lite0 knows 1,000 things");
});

test("A photo goes into LeNet-5, and clothes from Fashion-MNIST too", async ({ lab }) => {
  await lab.open();
  await lab.source("photo").click();
  // A network of one channel gets the digit in a picture, by MNIST's recipe.
  await expect(lab.step("paper")).toBeVisible();
  await expect(lab.step("resize")).toHaveCount(0);
  await expect(lab.column("Other pictures")).toContainText("Subtracts MNIST's mean 0.1307");
  await lab.source("fashion").click();
  await lab.samples.first().click();
  await expect(lab.sampleTruth).toContainText("Fashion-MNIST test image 1, Ankle boot.");
});

test("A transparent picture is seen on white, as the network gets it, and its long name breaks", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.source("photo").click();
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    return canvas.toDataURL("image/png");
  });
  const buffer = Buffer.from(url.split(",")[1], "base64");
  const name = `${"x".repeat(240)}.png`;
  await lab.photoFile.setInputFiles({ name, mimeType: "image/png", buffer });
  await expect(lab.photoCaption).toHaveText(`${name}, 40×40 pixels.`);
  const { rgba } = await pixelsOf(lab.photoPicture);
  expect(new Set(rgba)).toEqual(new Set([255]));
  const cut = await lab.photoCaption.evaluate((it) => it.scrollWidth - it.clientWidth);
  expect(cut).toBeLessThanOrEqual(0);
});
