import { type Lab, pixelsOf, type Point, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** How many of the pad's pixels have ink. */
async function inked(lab: Lab): Promise<number> {
  const { rgba } = await pixelsOf(lab.pad);
  return rgba.filter((value, at) => at % 4 === 3 && value > 0).length;
}

test("A click is a dot, three pointer events are a seven, and a stroke goes on beside the pad", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.clear();
  const [[x, y]] = (await lab.onScreen([[0.5, 0.5]])) as [[number, number]];
  await page.mouse.click(x, y);
  await expect(lab.predicted).toHaveText(/^[0-9]$/);
  const width = Number(await page.getByTestId("thickness").inputValue());
  const area = (Math.PI * width ** 2) / 4;
  const ink = await inked(lab);
  // Pixels at the edge count although they are covered in part.
  expect(ink).toBeGreaterThan(area * 0.95);
  expect(ink).toBeLessThan(area * 1.25);

  await lab.clear();
  await lab.drawStroke(SEVEN, 1);
  await expect(lab.predicted).toHaveText("7");

  await lab.clear();
  const out: Point[] = [
    [0.5, 0.5],
    [1.8, 0.5],
  ];
  await lab.drawStroke(out);
  const drawn = await inked(lab);
  expect(drawn, "up to the edge").toBeGreaterThan(0.4 * 280 * 20);
  const [[left, below]] = (await lab.onScreen([[0.2, 0.9]])) as [[number, number]];
  await page.mouse.move(left, below, { steps: 4 });
  expect(await inked(lab), "the button is up").toBe(drawn);
});

test("A stroke taken back under the pen leaves the strokes before it, and lifts the keyboard's pen", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.clear();
  await lab.drawStroke([
    [0.1, 0.1],
    [0.4, 0.15],
  ]);
  const before = await pixelsOf(lab.pad);
  const [from, to, on] = (await lab.onScreen([
    [0.8, 0.9],
    [0.9, 0.9],
    [0.7, 0.5],
  ])) as [[number, number], [number, number], [number, number]];
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 3 });
  await page.keyboard.press("Control+z");
  await page.mouse.move(...on, { steps: 3 });
  await page.mouse.up();
  await expect.poll(() => pixelsOf(lab.pad)).toEqual(before);

  await lab.clear();
  await lab.pad.focus();
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
  };
  await press("Space", "ArrowRight", "ArrowRight", "Space");
  const line = await pixelsOf(lab.pad);
  await press("ArrowDown", "ArrowDown", "Space", "ArrowDown", "Control+z", "ArrowLeft");
  await expect.poll(() => pixelsOf(lab.pad)).toEqual(line);
});

test.describe("On a touch screen", () => {
  test.use({ hasTouch: true });

  test("a second finger neither draws nor disturbs the first", async ({ lab, page }) => {
    await lab.open();
    await lab.clear();
    const session = await page.context().newCDPSession(page);
    const touch = async (
      type: "touchStart" | "touchMove" | "touchEnd",
      ...points: [number, Point][]
    ) => {
      const at = await lab.onScreen(points.map(([, point]) => point));
      await session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: at.map(([x, y], place) => ({ x, y, id: points[place]?.[0] })),
      });
    };
    // One finger draws along the top; the other lies at the bottom and moves there.
    await touch("touchStart", [1, [0.2, 0.2]]);
    await touch("touchStart", [1, [0.2, 0.2]], [2, [0.2, 0.8]]);
    for (const along of [0.3, 0.4, 0.5, 0.6]) {
      await touch("touchMove", [1, [along, 0.2]], [2, [along, 0.8]]);
    }
    await touch("touchEnd");
    const { rgba, width, height } = await pixelsOf(lab.pad);
    const inkIn = (from: number, to: number) =>
      rgba
        .slice(from * height * width * 4, to * height * width * 4)
        .filter((value, at) => at % 4 === 3 && value > 0).length;
    expect(inkIn(0, 0.5), "the first finger").toBeGreaterThan(0.3 * width * 15);
    expect(inkIn(0.5, 1), "the second finger").toBe(0);
    await session.detach();
  });
});
