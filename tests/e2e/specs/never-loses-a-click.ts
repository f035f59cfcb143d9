import { expect, test } from "../pages/test.ts";

/** Presses that are to hit a row; others come down between two rows. */
const WANTED = 25;

/** Numbers from 0 to 1, the same in every run (Numerical Recipes, the quick generator). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("A press on a row of the list counts for that row while edits move it and maps arrive", async ({
  lab,
  page,
}) => {
  test.setTimeout(180_000);
  await page.setViewportSize({ width: 1440, height: 900 });
  await lab.open();
  await lab.showList();
  // A state to go to and fro: with the problem, every row below loses its maps.
  await lab.inspect("C1");
  await lab.setField("channels", "8");
  await lab.setField("kernel", "99");
  await expect(lab.stillRunning).toBeVisible();
  await page.evaluate(() => {
    const told = { name: "", moved: false, edits: 0 };
    Object.assign(window, { told });
    let row: Element | null = null;
    let top = 0;
    // What the page itself is told was pressed, before it does anything.
    window.addEventListener(
      "pointerdown",
      ({ target }) => {
        const head = (target as Element).closest(".node-head, .maps");
        row = head?.closest("[data-testid='node']") ?? null;
        told.name = row?.getAttribute("data-name") ?? "";
        top = row?.getBoundingClientRect().top ?? 0;
      },
      true,
    );
    window.addEventListener(
      "pointerup",
      () => {
        told.moved = row !== null && Math.abs(row.getBoundingClientRect().top - top) > 8;
      },
      true,
    );
    const steps = ["undo", "undo", "redo", "redo"];
    const edit = () => {
      const step = steps[told.edits % steps.length];
      document.querySelector<HTMLElement>(`[data-testid='${step}']`)?.click();
      told.edits += 1;
      setTimeout(edit, 150 + ((told.edits * 37) % 150));
    };
    edit();
  });
  const told = () =>
    page.evaluate(() => {
      const { told } = window as unknown as { told: { name: string; moved: boolean; edits: number } };
      return { ...told };
    });
  const list = page.getByTestId("list-view");
  const box = await list.boundingBox();
  if (!box) {
    throw new Error("the list is not on the screen");
  }
  const next = random(7);
  const selected = list.locator("[data-testid='node'][data-selected='true']");
  let [hits, moved] = [0, 0];
  for (let press = 0; press < 400 && hits < WANTED; press += 1) {
    // Where names and maps stand.
    await page.mouse.move(box.x + 60 + next() * 60, 260 + next() * 480);
    await page.mouse.down();
    const { name } = await told();
    await page.waitForTimeout(next() * 300);
    await page.mouse.up();
    if (name === "") {
      continue;
    }
    hits += 1;
    moved += Number((await told()).moved);
    expect(await selected.evaluateAll((all) => all.map((row) => row.getAttribute("data-name")))).toEqual([
      name,
    ]);
  }
  // It would say nothing if no row had been hit, or none had moved under the pointer.
  expect(hits).toBe(WANTED);
  expect(moved).toBeGreaterThan(5);
  expect((await told()).edits).toBeGreaterThan(WANTED);
});
