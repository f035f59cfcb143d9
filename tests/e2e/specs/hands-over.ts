import { readFileSync } from "node:fs";

import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

const CODE = `model = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
)
`;

test("code that is pasted becomes a network, and its training is handed over", async ({ lab, page }) => {
  await lab.open();
  const keep = new Keep(page);
  await keep.openList();
  await page.getByTestId("import-paste").click();
  const text = page.getByTestId("import-text");
  await text.fill("a poem");
  await page.getByTestId("import-open").click();
  await expect(page.getByTestId("import-dialog").getByRole("alert")).toContainText("cannot be opened");
  await expect(text).toHaveValue("a poem");

  // A line that is no layer is listed; the others open.
  await text.fill(CODE.replace("nn.Flatten(),", "nn.Fold(3), nn.Flatten(),"));
  await page.getByTestId("import-open").click();
  await expect(page.getByTestId("unsupported")).toContainText("Fold");
  await page.getByTestId("import-cancel").click();
  await keep.openList();
  await page.getByTestId("import-paste").click();
  await text.fill(CODE);
  await page.getByTestId("import-open").click();
  // LeNet-5 with a full C3, as PyTorch counts it.
  await expect(lab.totalParams).toContainText("61,706");

  await lab.showArea("deploy");
  const coming = page.waitForEvent("download");
  await page.getByTestId("handover").click();
  const download = await coming;
  expect(download.suggestedFilename()).toContain("-training.zip");
  const zip = readFileSync(await download.path());
  for (const name of ["train.py", "settings.json", "order.json", "burn/src/main.rs"]) {
    expect(zip.includes(name), name).toBe(true);
  }
  await expect(lab.errors).toHaveCount(0);
});
