import { readFile } from "node:fs/promises";

import { expect, test } from "../pages/test.ts";

/** What a result file has, as far as it is tampered with here. */
interface Result {
  claims: { value: { found: string; value: number }; pass: boolean }[];
}

test("an exercise is made, solved, handed in and verified", async ({ page, lab }) => {
  await lab.open();
  const panel = page.getByTestId("exercise-panel");
  const openPanel = async () => {
    if (!(await page.getByTestId("learn-drawer").isVisible())) {
      await page.getByTestId("learn-button").click();
    }
    await page.getByTestId("exercises-tab").click();
    await expect(panel).toBeVisible();
  };
  await openPanel();

  // The teacher makes it.
  await page.getByTestId("exercise-make").click();
  await page.getByTestId("draft-title").fill("A smaller LeNet");
  await page.getByTestId("draft-text").fill("Make it *smaller*. <b id=raw>raw</b>");
  await page.getByTestId("draft-kind").selectOption({ label: "Parameters, at most" });
  await page.getByTestId("draft-add").click();
  await page.getByTestId("draft-field-0").fill("50000");
  await page.getByTestId("draft-kind").selectOption({ label: "Question: a word" });
  await page.getByTestId("draft-add").click();
  const question = page.getByTestId("draft-check").nth(1);
  await question.getByTestId("draft-field-0").fill("What sets values to 0?");
  await question.getByTestId("draft-field-1").fill("dropout");
  await question.getByTestId("draft-points").fill("2");
  await page.getByTestId("draft-link").click();
  const link = await page.getByTestId("draft-link-text").inputValue();
  expect(link).toContain("#exercise=1");
  expect(link).not.toContain("dropout");

  // The student opens the link in the same page.
  await page.evaluate((address) => {
    location.hash = new URL(address).hash;
  }, link);
  await expect(page.getByTestId("exercise-title")).toHaveText("A smaller LeNet");
  await expect(page.getByTestId("exercise-text").locator("em")).toHaveText("smaller");
  await expect(page.locator("#raw")).toHaveCount(0);
  const checks = page.getByTestId("exercise-check");
  await expect(checks).toHaveCount(2);
  await expect(checks.first()).not.toHaveAttribute("data-pass");
  await page.getByTestId("exercise-run").click();
  await expect(checks.first()).toHaveAttribute("data-pass", "false");
  await expect(checks.first().getByTestId("exercise-value")).toHaveText("61,706");

  // An edit, by the network's own way: F5 with fewer features.
  await lab.edit("F5");
  await lab.setField("features", "48");
  await expect(checks.first()).toHaveAttribute("data-pass", "true");
  await checks.nth(1).getByTestId("exercise-answer").fill("Dropout");
  await checks.nth(1).getByTestId("exercise-answer").press("Enter");
  await page.getByTestId("exercise-run").click();
  await expect(checks.nth(1)).toHaveAttribute("data-pass", "true");
  await expect(page.getByTestId("exercise-points")).toHaveText("3 of 3 points");

  // Without a name nothing is handed in.
  await page.getByTestId("hand-in").click();
  await expect(page.getByTestId("exercise-error")).toContainText("name");
  await page.getByTestId("exercise-student").fill("Ada");
  await page.getByTestId("exercise-student").press("Enter");
  const downloading = page.waitForEvent("download");
  await page.getByTestId("hand-in").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("a-smaller-lenet-ada.cnnlab-result");
  const file = await readFile(await download.path());

  // The teacher verifies the file, and one that was tampered with.
  const tampered = JSON.parse(file.toString("utf8")) as Result;
  const claim = tampered.claims[0];
  expect(claim?.value.found).toBe("count");
  if (claim) claim.value.value = 1_000;
  await page.getByTestId("exercise-verify").click();
  await expect(page.getByTestId("verify")).toBeVisible();
  const name = (which: string) => `${which}.cnnlab-result`;
  const mimeType = "application/octet-stream";
  await page.getByTestId("verify-files").setInputFiles([
    { name: name("honest"), mimeType, buffer: file },
    { name: name("tampered"), mimeType, buffer: Buffer.from(JSON.stringify(tampered)) },
    { name: name("cut"), mimeType, buffer: file.subarray(0, file.length / 2) },
  ]);
  const verdicts = page.getByTestId("verdict");
  await expect(verdicts).toHaveCount(3);
  await expect(verdicts.nth(0)).toHaveAttribute("data-agrees", "true");
  await expect(verdicts.nth(0)).toContainText("Ada");
  await expect(verdicts.nth(0)).toContainText("3 of 3 points");
  await expect(verdicts.nth(1)).toHaveAttribute("data-agrees", "false");
  await expect(verdicts.nth(1).getByTestId("disagreement").last()).toContainText("claimed 1,000");
  await expect(verdicts.nth(2)).toContainText("cut short");
  const saving = page.waitForEvent("download");
  await page.getByTestId("verify-csv").click();
  const table = await readFile(await (await saving).path(), "utf8");
  expect(table.split("\n")[1]).toContain("honest.cnnlab-result,Ada,A smaller LeNet,3,3");

  // Back to what was open before.
  await page.getByTestId("exercise-solve").click();
  await page.getByTestId("close-exercise").click();
  await expect(lab.totalParams).toHaveAttribute("data-value", "61706");
});
