import { Graph } from "../pages/graph.ts";
import { pixelsOf } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

test("What does not run is grey and says so, and what runs keeps its maps", async ({ lab, page }) => {
  await lab.open();
  const card = new Graph(page).stage("S2");
  const map = lab.maps("S2").first();
  await expect.poll(async () => new Set((await pixelsOf(map)).rgba).size).toBeGreaterThan(2);
  const before = await pixelsOf(map);
  const notRunning = page.getByTestId("not-running");
  const runs = async (wanted: boolean) => {
    await expect(card).toHaveAttribute("data-runs", String(wanted));
    const said = expect(card);
    await (wanted ? said.not : said).toHaveAccessibleName(/does not run as it stands$/);
  };
  await runs(true);

  // A problem behind S2: what lies before it goes on.
  await lab.edit("S4");
  await lab.setField("kernel", "20");
  await expect(lab.stillRunning).toBeVisible();
  await expect(lab.node("S4")).toContainText("does not fit");
  await expect(lab.node("F5")).toContainText("waits for the layers before it");
  await lab.showArea("look");
  await lab.lookAt("S2");
  await expect(page.getByTestId("viewer")).toBeVisible();
  await expect(notRunning).toHaveCount(0);
  await runs(true);
  await expect.poll(() => pixelsOf(map)).toEqual(before);

  // Of the same size as before, and of another: S2 is no longer what runs.
  await lab.edit("C1");
  await lab.field("bias").getByRole("checkbox").uncheck();
  await runs(false);
  await lab.setField("kernel", "3");
  await expect(lab.node("S2")).toHaveAttribute("data-shape", "6x15x15");
  await runs(false);
  // Its map is still the chosen one.
  await lab.showArea("look");
  await expect(notRunning).toContainText("problems elsewhere");

  for (let undo = 0; undo < 3; undo += 1) {
    await lab.undoEdit.click();
  }
  await expect(lab.stillRunning).toHaveCount(0);
  await expect(notRunning).toHaveCount(0);
  await runs(true);
  await expect.poll(() => pixelsOf(map)).toEqual(before);
});
