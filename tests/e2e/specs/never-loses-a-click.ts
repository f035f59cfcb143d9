import { expect, test } from "../pages/test.ts";

/** Presses that are to hit a row; others come down between two rows. */
const WANTED = 25;
/** Of them, rows that are to have moved before the press ends; how many do hangs on the machine. */
const MOVED = 6;

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
    const told = { name: "", moved: false, edits: 0, gone: 0 };
    Object.assign(window, { told });
    // None of these edits takes a row away.
    new MutationObserver((changes) => {
      told.gone += changes.reduce((gone, { removedNodes }) => gone + removedNodes.length, 0);
    }).observe(document.querySelector("[data-testid='list-view']") as Element, { childList: true });
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
    // A repair that a press meets by chance would make edits of its own.
    window.addEventListener(
      "click",
      (event) => {
        if (event.isTrusted && !(event.target as Element).closest(".node-head, .maps")) {
          event.stopImmediatePropagation();
        }
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
      const { told } = window as unknown as {
        told: { name: string; moved: boolean; edits: number; gone: number };
      };
      const rows = document.querySelectorAll("[data-testid='list-view'] [data-testid='node']");
      const selected = [...rows].filter((row) => row.getAttribute("data-selected") === "true");
      return { ...told, rows: rows.length, selected: selected.map((row) => row.getAttribute("data-name")) };
    });
  const list = page.getByTestId("list-view");
  const box = await list.boundingBox();
  if (!box) {
    throw new Error("the list is not on the screen");
  }
  const next = random(7);
  let [hits, moved] = [0, 0];
  for (let press = 0; press < 400 && (hits < WANTED || moved < MOVED); press += 1) {
    // Where names and maps stand.
    await page.mouse.move(box.x + 60 + next() * 60, 260 + next() * 480);
    await page.mouse.down();
    const { name } = await told();
    await page.waitForTimeout(next() * 500);
    await page.mouse.up();
    if (name === "") {
      continue;
    }
    hits += 1;
    const after = await told();
    moved += Number(after.moved);
    const what = `after press ${press} on ${name}: ${JSON.stringify(after)}`;
    expect(after.gone, what).toBe(0);
    expect(after.selected, what).toEqual([name]);
  }
  // It would say nothing if no row had been hit, or none had moved under the pointer.
  expect(hits).toBeGreaterThanOrEqual(WANTED);
  expect(moved).toBeGreaterThanOrEqual(MOVED);
  expect((await told()).edits).toBeGreaterThan(WANTED);
});

for (const [view, what] of [
  ["list", "row"],
  ["graph", "box"],
]) {
  test(`A ${what} that goes while it is pressed selects nothing`, async ({ lab, page }) => {
    await lab.open();
    if (view === "list") {
      await lab.showList();
    }
    await lab.inspect("C1");
    const all = (await lab.network()).length;
    await page.keyboard.press("Control+d");
    await expect(lab.nodes).toHaveCount(all + 1);
    const selected = page.locator("[data-testid='node'][data-selected='true']");
    const double = await selected.getAttribute("data-name");
    expect(double).not.toBe("C1");
    await lab.head("S2").click();
    await lab.head(String(double)).hover();
    await page.mouse.down();
    await page.keyboard.press("Control+z");
    await expect(lab.nodes).toHaveCount(all);
    await page.mouse.up();
    await expect(selected).toHaveCount(1);
    await expect(selected).toHaveAttribute("data-name", "S2");
    await expect(lab.column("Inspector").getByRole("heading", { level: 2 })).toContainText("S2");
    // The keyboard goes on from a box that is there.
    await expect(page.locator("[data-testid='graph-view'] [data-testid='node'][tabindex='0']")).toHaveCount(
      view === "graph" ? 1 : 0,
    );
  });
}
