import { Compare, counted } from "../pages/compare.ts";
import { expect, test } from "../pages/test.ts";

/** The page's title of a network, and the reference that counts it. */
const THREE = [
  ["VGG-16", "torchvision/vgg16"],
  ["ResNet-50", "torchvision/resnet50"],
  ["MobileNet (article)", "article/mobilenet_a1.0_r224"],
] as const;

test("Three pinned networks have the reference's numbers, sort, and copy as CSV", async ({
  context,
  lab,
  page,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  for (const [title] of THREE) {
    await compare.pin(title);
  }
  await expect(compare.pins).toHaveCount(3);
  for (const [title, reference] of THREE) {
    const { params_trainable, params_nontrainable, macs } = counted(reference);
    await expect
      .poll(() => compare.cell(title, "parameters"), title)
      .toBe(String(params_trainable + params_nontrainable));
    await expect.poll(() => compare.cell(title, "macs"), title).toBe(String(macs));
  }
  await compare.heading("macs").click();
  await expect.poll(() => compare.order()).toEqual(["VGG-16", "ResNet-50", "MobileNet (article)"]);
  const heading = page.getByRole("columnheader", { name: "MACs" });
  await expect(heading).toHaveAttribute("aria-sort", "descending");
  await compare.heading("macs").press("Enter");
  await expect.poll(() => compare.order()).toEqual(["MobileNet (article)", "ResNet-50", "VGG-16"]);
  await expect(heading).toHaveAttribute("aria-sort", "ascending");

  await compare.copy.click();
  await expect(compare.told).toContainText("in the clipboard");
  const csv = await page.evaluate(() => navigator.clipboard.readText());
  const [keys, first, , last] = csv.trimEnd().split("\n");
  expect(keys).toMatch(/^network,input,parameters,macs,flops,weight_bytes,peak_bytes,depth,/);
  const { macs } = counted("article/mobilenet_a1.0_r224");
  expect(first.split(",")[3]).toBe(String(macs));
  expect(last).toContain(',71.592,,,,,"torchvision, IMAGENET1K_V1 (ImageNet, validation)"');
});

test("Pins stay when other networks are opened, and the seventh is refused with a reason", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pinCurrent.click();
  for (const title of ["LeNet-1", "LeNet-4", "VGG-11", "ResNet-18", "SqueezeNet 1.1"]) {
    await compare.pin(title);
  }
  await expect(compare.pins).toHaveCount(6);
  await compare.pin("VGG-13");
  await expect(compare.refused).toContainText("6 networks fit beside each other");
  await expect(compare.pins).toHaveCount(6);
  await compare.leave();
  await lab.openPreset("lenet-4");
  await compare.open();
  await expect(compare.pins).toHaveCount(6);
  await page.getByRole("button", { name: "Take VGG-11 out" }).click();
  await compare.pin("VGG-13");
  await expect(compare.card("VGG-13")).toBeVisible();
});

test("The difference of the two LeNet-5 shows C3's table, the subsampling and the RBF", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.part("Difference");
  await page.locator('[data-testid="diff-pair"][data-pair="lenet-5"]').click();
  await expect(compare.pins).toHaveCount(2);
  await expect(compare.line("C3")).toContainText("table conv");
  await expect(compare.line("S2")).toContainText("subsample");
  await expect(compare.line("S4")).toContainText("subsample");
  await expect(page.getByTestId("diff-table")).toContainText("RBF ×10");
  await expect(compare.lines("added").first()).toBeVisible();

  await page.locator('[data-testid="diff-pair"][data-pair="vgg-16"]').click();
  await expect(page.getByTestId("diff-sum")).toContainText("0 removed, 6 added, 0 changed");
  await expect(compare.lines("added")).toHaveCount(6);
});

test("A what-if slider redraws MobileNet's curves, and its value is one step to undo", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await lab.openPreset("mobilenet-article");
  await compare.open();
  await compare.part("What if");
  await expect(compare.value).toHaveText("1");
  const { macs } = counted("article/mobilenet_a1.0_r224");
  await expect.poll(() => compare.number("curve-macs")).toBe(macs);
  const chosen = page.getByTestId("curve-macs").locator("path.chosen");
  const before = await chosen.getAttribute("d");
  // Ten steps of a twentieth down.
  for (let step = 0; step < 10; step += 1) {
    await compare.slider.press("ArrowLeft");
  }
  await expect(compare.value).toHaveText("0.5");
  const half = counted("article/mobilenet_a0.5_r224");
  await expect.poll(() => compare.number("curve-macs")).toBe(half.macs);
  await expect.poll(() => chosen.getAttribute("d")).not.toBe(before);
  await compare.take.click();
  await expect(lab.totalMacs).toHaveAttribute("data-value", String(half.macs));
  await expect(lab.undoEdit).toHaveAttribute("title", /set width multiplier α to 0.5/);
  await lab.undoEdit.click();
  await expect(lab.totalMacs).toHaveAttribute("data-value", String(macs));
  await expect(compare.value).toHaveText("1");
});

test("Another network keeps the knob, and has the slider where it is itself", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await lab.openPreset("mobilenet-article");
  await compare.open();
  await compare.pin("ResNet-18");
  await compare.part("What if");
  const knob = page.getByTestId("what-if-knob");
  await knob.selectOption({ label: "resolution multiplier ρ" });
  await expect(compare.value).toHaveText("1.000 (224 px)");
  await compare.slider.press("Home");
  await expect(compare.value).toHaveText("0.143 (32 px)");
  // It has no width multiplier, so that resolution stands in another place of the list.
  await compare.card("ResNet-18").getByRole("button", { name: "ResNet-18", exact: true }).click();
  await expect(page.getByTestId("what-if-knob").locator("option").first()).toHaveText(
    "resolution multiplier ρ",
  );
  await expect(knob.locator("option:checked")).toHaveText("resolution multiplier ρ");
  await expect(compare.value).toHaveText("1.000 (224 px)");
  await expect
    .poll(() => compare.number("curve-macs"))
    .toBe(counted("torchvision/resnet18").macs);
});

test("With the first pin taken out, the difference is that of the other two", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  for (const title of ["LeNet-1", "VGG-19", "VGG-16"]) {
    await compare.pin(title);
  }
  await compare.part("Difference");
  await page.getByRole("button", { name: "Take LeNet-1 out" }).click();
  await expect(page.getByTestId("diff-sum")).toContainText("0 removed, 6 added, 0 changed");
});

test("The article's formulas stand there with this convolution's numbers", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await lab.openPreset("vgg-16");
  await compare.open();
  await compare.part("What if");
  const first = page.getByTestId("forms-convolution").locator("option").first();
  await page.getByTestId("forms-convolution").selectOption((await first.getAttribute("value")) ?? "");
  const macs = (form: string) =>
    page.locator(`[data-testid="form"][data-form="${form}"]`).getAttribute("data-macs");
  // VGG-16's first: a 3×3 kernel from 3 to 64 channels at 224 × 224 places.
  expect(Number(await macs("standard"))).toBe(9 * 3 * 64 * 224 * 224);
  expect(Number(await macs("depthwise separable"))).toBe((9 * 3 + 3 * 64) * 224 * 224);
  const share = (1 / 64 + 1 / 9).toFixed(4);
  await expect(page.getByTestId("form-ratio")).toContainText(`= ${share}`);
});

test("The machine is calibrated and a pinned network measured while the lab goes on", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pinCurrent.click();
  await compare.pin("SqueezeNet 1.1");
  await compare.part("This machine");
  await lab.source("digits").click();
  await page.getByTestId("measure-cpu").click();
  await expect(page.getByTestId("measuring")).toBeVisible();
  // The person's own network answers meanwhile.
  const shown = await lab.shownAnswers();
  await lab.nextSample.click();
  await expect.poll(() => lab.shownAnswers()).toBeGreaterThan(shown);
  await expect(page.getByTestId("measuring")).toHaveCount(0, { timeout: 90_000 });
  await expect(compare.refused).toBeEmpty();
  await expect(page.locator('[data-testid="machine"][data-device="CPU"]')).toContainText("GMAC/s");
  await expect(page.getByTestId("chart-scatter").locator(".point").first()).toBeVisible();
  await compare.part("Overview");
  // How near they are depends on what else this machine does; that both are there does not.
  for (const column of ["cpu_ms", "cpu_predicted_ms"]) {
    expect(Number(await compare.cell("SqueezeNet 1.1", column)), column).toBeGreaterThan(0);
  }
});

test("What is being measured is ended by a click, and by another area", async ({
  lab,
  page,
  problems,
}) => {
  // With its worker ends what the worker was fetching.
  problems.tolerate(/engine-(first|cpu)\.(js|wasm): net::ERR_ABORTED/);
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pin("VGG-16");
  await compare.part("This machine");
  await page.getByTestId("measure-cpu").click();
  await page.getByTestId("stop-measuring").click();
  await expect(page.getByTestId("measuring")).toHaveCount(0);
  await expect(compare.refused).toBeEmpty();
  await page.getByTestId("measure-cpu").click();
  await expect(page.getByTestId("measuring")).toBeVisible();
  await compare.leave();
  await compare.open();
  await compare.part("This machine");
  await expect(page.getByTestId("measuring")).toHaveCount(0);
});

test("A pair to start with is one click, and says in a sentence what more work buys", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.pinCurrent.click();
  const starter = page.locator('[data-testid="starter"][data-starter="alexnet vgg-16"]');
  await starter.click();
  // LeNet-5 is as published, and gives way.
  await expect.poll(() => compare.order()).toEqual(["AlexNet", "VGG-16"]);
  await expect(starter).toHaveAttribute("aria-pressed", "true");
  const ratio = counted("torchvision/vgg16").macs / counted("paper/alexnet_2group").macs;
  // 71.592 % by torchvision, 59.3 % by Krizhevsky et al.
  const words = `VGG-16 does ${Math.round(ratio)} times the work of AlexNet for 12.3 points more accuracy.`;
  const finding = page.getByTestId("chart-bubbles").getByTestId("finding");
  await expect(finding).toContainText(words);
  // The input and the answer have stayed in place.
  await expect(lab.pad).toBeVisible();
  await expect(lab.predicted).toBeVisible();
});

test("What-if says whose knob is turned, and the difference names both sides", async ({
  lab,
  page,
}) => {
  const compare = new Compare(page);
  await lab.open();
  await compare.open();
  await compare.part("What if");
  await page.getByTestId("what-if-knob").selectOption({ label: "filters" });
  await expect(page.getByTestId("what-if-subject")).toHaveText("What if: LeNet-5 · C1 · filters");
  await expect(compare.value).toHaveText("6");
  await expect.poll(() => compare.number("curve-params")).toBe(61_706);
  await compare.part("Difference");
  await page.locator('[data-testid="diff-pair"][data-pair="lenet-5"]').click();
  const title = compare.tray.getByRole("heading", { name: "LeNet-5 (1998)" });
  await expect(title).toHaveText("A LeNet-5 → B LeNet-5 (1998)");
});

test("The keyboard alone opens, pins, walks a chart's points and leaves", async ({ lab, page }) => {
  const compare = new Compare(page);
  await lab.open();
  await page.locator('[data-testid="area"][data-area="look"]').focus();
  await page.keyboard.press("End");
  await expect(compare.tray).toBeVisible();
  await expect(compare.button).toBeFocused();
  await page.getByTestId("pin-add").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("pin-search")).toBeFocused();
  await page.keyboard.type("lenet5");
  await page.keyboard.press("Enter");
  await expect(compare.pins).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("pin-add")).toBeFocused();
  const chart = page.getByTestId("chart-depth-params");
  const points = chart.locator(".point");
  // LeNet-5's two convolutions and three linear layers.
  await expect(points).toHaveCount(5);
  await points.first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(points.nth(1)).toBeFocused();
  await expect(chart.locator(".chart-description")).toContainText("C3: 2,416 parameters");
  await page.keyboard.press("End");
  await expect(points.nth(4)).toBeFocused();
  await page.locator("#compare-overview").focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#compare-difference")).toBeFocused();
  await compare.button.focus();
  await page.keyboard.press("Home");
  await expect(compare.tray).toHaveCount(0);
});
