import { pixelsOf } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

test("What does not run has no maps, and says so", async ({ lab, page }) => {
  await lab.open();
  await expect(lab.maps("S2").first()).toBeVisible();
  await expect
    .poll(async () => new Set((await pixelsOf(lab.maps("S2").first())).rgba).size)
    .toBeGreaterThan(2);
  const before = await pixelsOf(lab.maps("S2").first());
  const notRunning = page.getByTestId("not-running");

  // A problem behind S2: what lies before it goes on.
  await lab.showArea("build");
  await lab.inspect("S4");
  await lab.setField("kernel", "20");
  await expect(lab.stillRunning).toBeVisible();
  await expect(lab.maps("S2").first()).toBeVisible();
  await lab.bringIntoView(lab.node("tanh5"));
  await expect(lab.node("tanh5")).toContainText("Waits for the nodes before it.");
  await lab.showArea("look");
  await lab.lookAt("S2");
  await expect(page.getByTestId("viewer")).toBeVisible();
  await expect(notRunning).toHaveCount(0);
  await expect(lab.maps("S2").first()).toBeVisible();
  await expect.poll(() => pixelsOf(lab.maps("S2").first())).toEqual(before);

  // Of the same size as before, and of another: S2 is no longer what runs.
  const doesNotRun = async () => {
    await expect(lab.maps("S2")).toHaveCount(0);
    await expect(lab.node("S2")).toContainText("Does not run as it stands here.");
  };
  await lab.showArea("build");
  await lab.inspect("C1");
  await lab.field("bias").getByRole("checkbox").uncheck();
  await doesNotRun();
  await lab.setField("kernel", "3");
  await expect(lab.node("S2")).toHaveAttribute("data-shape", "6x15x15");
  await doesNotRun();
  await expect(lab.maps("input").first()).toBeVisible();
  // Its map is still the chosen one.
  await lab.showArea("look");
  await expect(notRunning).toContainText("problems elsewhere");

  for (let undo = 0; undo < 3; undo += 1) {
    await lab.undoEdit.click();
  }
  await expect(lab.stillRunning).toHaveCount(0);
  await expect(notRunning).toHaveCount(0);
  await expect.poll(() => pixelsOf(lab.maps("S2").first())).toEqual(before);
});
