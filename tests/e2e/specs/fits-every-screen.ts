import type { Page } from "@playwright/test";

import { Compare, PARTS } from "../pages/compare.ts";
import { Keep } from "../pages/keep.ts";
import { DIGITS, type Lab } from "../pages/lab.ts";
import { expect, looking, test } from "../pages/test.ts";

const WIDTHS = [360, 390, 768, 1024, 1440, 1920, 2560];
/** What a window of 1280×800, 1440×900 and 1920×1080 has at 200 % zoom. */
const ZOOMED = [
  [640, 400],
  [720, 450],
  [960, 540],
] as const;
const SIZES = [...WIDTHS.map((width) => [width, 800] as const), ...ZOOMED];

/** What reaches beyond the window's sides, scrolls sideways, is cut, or lies below something else. */
function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    const told = (element: Element) =>
      `${element.tagName.toLowerCase()}.${element.getAttribute("class")} “${element.textContent?.trim().slice(0, 30)}”`;
    if (root.scrollWidth > root.clientWidth) {
      found.push(`the page: ${root.scrollWidth} in ${root.clientWidth}`);
    }
    if (root.scrollHeight > root.clientHeight) {
      found.push(`the page scrolls: ${root.scrollHeight} in ${root.clientHeight}`);
    }
    // A dialog makes all behind it inert; the comparison may cover it.
    const top = document.querySelector("dialog[open], #compare") ?? document.body;
    const { bottom: lowest } = top.getBoundingClientRect();
    if (top !== document.body && lowest > root.clientHeight + 1) {
      found.push(`${told(top)} ends at ${lowest} of ${root.clientHeight}`);
    }
    // A table or the network's picture scrolls by itself where it is wider than the screen: WCAG 2.2,
    // 1.4.10 allows what needs two dimensions, as long as the keyboard gets there. On a phone a row of
    // layers is swiped, and so are the tabs of a sheet.
    const scrolls = (element: Element) =>
      element.matches(
        ".table-scroll[tabindex='0'][aria-label], .dock-body, [data-testid='graph-view'], .strip-picker, .right .dock-head > [role='tablist'], .right .layer-table, .right .code-view",
      );
    for (const element of top.querySelectorAll<HTMLElement>("*")) {
      const seen = { opacityProperty: true, visibilityProperty: true };
      if (!element.checkVisibility(seen) || element.closest(".visually-hidden, .skip")) {
        continue;
      }
      const inside = [...scrollers(element)].some(scrolls);
      const { left, right, width } = element.getBoundingClientRect();
      if (width > 0 && !inside && (right > root.clientWidth + 1 || left < -1)) {
        found.push(`${told(element)} is from ${left} to ${right}`);
      }
      const { overflowX, textOverflow } = getComputedStyle(element);
      const field = element.matches("input, select, textarea");
      // What is for screen readers alone is one pixel wide.
      const beyond = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1;
      if (beyond && !field && ["auto", "scroll"].includes(overflowX) && !scrolls(element)) {
        found.push(`${told(element)} scrolls: ${element.scrollWidth} in ${element.clientWidth}`);
      }
      if (beyond && !field && ["hidden", "clip"].includes(overflowX) && textOverflow !== "ellipsis") {
        found.push(`${told(element)} is cut: ${element.scrollWidth} in ${element.clientWidth}`);
      }
    }
    function* scrollers(element: Element): Generator<Element> {
      for (let at = element.parentElement; at; at = at.parentElement) {
        yield at;
      }
    }
    // What is in the picture of the network lies on its plane, which is panned.
    for (const control of top.querySelectorAll<HTMLElement>("button, select, input, summary")) {
      const plane = control.closest("[data-testid='graph-view'], .visually-hidden, .skip");
      if (!control.checkVisibility() || plane || control.matches(".visually-hidden")) {
        continue;
      }
      control.scrollIntoView({ block: "center", inline: "center" });
      const { left, top: upper, width, height } = control.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, upper + height / 2);
      // A label stands for what it names.
      if (!hit || !(control.contains(hit) || control.closest("label")?.contains(hit))) {
        found.push(`${told(control)} lies below ${hit ? told(hit) : "nothing"}`);
      }
    }
    return found;
  });
}

/** Nothing is too wide, cut or covered. What follows a window's size has its turn after it. */
async function fits(page: Page, message: string): Promise<void> {
  await expect.soft.poll(() => misfits(page), { message, timeout: 10_000 }).toEqual([]);
}

/** The window gets every size, and nothing of what it shows is too wide, cut or covered. */
async function fitsEverySize(page: Page, what: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await fits(page, `${what} at ${width}×${height}`);
  }
}

/** Goes through the network, Build and the input, and says what does not fit in each. */
async function lookAround(lab: Lab, what: string): Promise<void> {
  await lab.look("network");
  await fits(lab.page, `the network ${what}`);
  await lab.showArea("build");
  await fits(lab.page, `Build ${what}`);
  await lab.showArea("train");
  await fits(lab.page, `Train ${what}`);
  await lab.look("draw");
  // Elsewhere the input stands beside the network.
  if (await lab.page.getByTestId("go").first().isVisible()) {
    await fits(lab.page, `the input ${what}`);
  }
}

test("Nothing is cut or scrolls sideways at any size", async ({ lab, page }) => {
  test.setTimeout(180_000);
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await lab.open();
    for (const view of ["picture", "list"] as const) {
      await lab.look("network");
      await (view === "picture" ? lab.showPicture() : lab.showList());
      await lookAround(lab, `with the ${view} at ${width}×${height}`);
    }
    if (height >= 800) {
      await expect(lab.predicted).toBeInViewport();
    }
  }
});

test("A chosen map and the table of layers fit at every size", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.lookAt("C1");
  await page.getByTestId("open-totals").click();
  await expect(page.getByTestId("layer-table")).toBeVisible();
  await fitsEverySize(page, "a chosen map");
});

test("The sheets of a phone fit, and their tables and code are swiped", async ({ lab, page }) => {
  test.setTimeout(90_000);
  await page.setViewportSize({ width: 390, height: 844 });
  await lab.open();
  const parts = page.locator(".sheet-tabs").getByRole("tab");
  for (const area of ["attack", "shrink", "build"] as const) {
    await lab.showArea(area);
    await parts.last().click();
    const tabs = page.locator(".right .dock-head").getByRole("tablist").getByRole("tab");
    await expect(tabs.first()).toBeVisible();
    const rows = await tabs.evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
    expect(new Set(rows).size, `rows of tabs in ${area}`).toBe(1);
    await fits(page, `the sheet of ${area}`);
  }
  const table = page.getByTestId("layer-table");
  const last = table.getByRole("columnheader").last();
  await table.hover();
  await page.mouse.wheel(900, 0);
  await expect(last).toBeInViewport({ ratio: 1 });
  await page.getByRole("tab", { name: "Code", exact: true }).click();
  await expect(page.getByTestId("code-view")).toBeVisible();
  await fits(page, "the code");
});

test("Dialogs fit at every size", async ({ lab, page }) => {
  test.setTimeout(120_000);
  await lab.open();
  await lab.networkName.click();
  await expect(lab.preset("lenet-5")).toBeVisible();
  await page.getByRole("button", { name: "About LeNet-1", exact: true }).click();
  await fitsEverySize(page, "networks");
  await page.keyboard.press("Escape");

  await page.setViewportSize({ width: 1440, height: 800 });
  const keep = new Keep(page);
  await keep.openList();
  await keep.list.first().getByTestId("rename").click();
  await page.getByTestId("experiment-name").fill("M".repeat(80));
  await page.keyboard.press("Enter");
  await expect(keep.row("M".repeat(80))).toBeVisible();
  await keep.list.first().getByTestId("duplicate-experiment").click();
  await expect(keep.list).toHaveCount(2);
  await keep.list.last().getByTestId("rename").click();
  await fitsEverySize(page, "experiments");
  await page.getByTestId("experiment-name").press("Escape");
  await keep.list.getByTestId("delete-experiment").click();
  await fitsEverySize(page, "an experiment about to be deleted");
  await keep.closeList();

  await keep.openShare();
  await page.getByTestId("share-locks").locator("summary").click();
  await fitsEverySize(page, "the link");
  await keep.closeShare();
});

for (const width of [360, 1440]) {
  test(`Names as long as they may be fit at ${width} pixels`, async ({ lab, page }) => {
    await page.setViewportSize({ width, height: 800 });
    await lab.open();
    const long = "M".repeat(200);
    await lab.networkName.click();
    await page.getByRole("textbox", { name: "Name of this network" }).fill(long);
    await page.keyboard.press("Enter");
    await expect(lab.networkName).toHaveText(long);
    await fits(page, "networks");
    await page.keyboard.press("Escape");
    await lab.look("network");
    await lab.showList();
    await lab.edit("C1");
    await lab.setField("name", long);
    await expect(lab.selected).toContainText(long);
    await lookAround(lab, "with long names");
    const compare = new Compare(page);
    await compare.open();
    await compare.pinCurrent.click();
    await expect(compare.pins).toHaveCount(1);
    await fits(page, "the comparison");
  });
}

test("The comparison fits at every size, beside the pad where there is room", async ({
  lab,
  page,
}) => {
  test.setTimeout(120_000);
  await lab.open();
  const compare = new Compare(page);
  await compare.open();
  for (const title of ["AlexNet", "MobileNet (article)", "ResNet-152"]) {
    await compare.pin(title);
  }
  await expect(compare.pins).toHaveCount(3);
  for (const part of PARTS) {
    await compare.part(part);
    await expect(compare.tray.getByRole("tab", { name: part, selected: true })).toBeVisible();
    await fitsEverySize(page, `the comparison: ${part}`);
  }
  for (const [width, beside] of [
    [390, false],
    [768, true],
    [1440, true],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await expect(lab.pad).toBeVisible({ visible: beside });
    await expect(compare.tray).toBeVisible();
  }
});

looking("Pad, digit and every bar are in view on a desk's and on a tablet's screen", async ({
  lab,
  page,
}) => {
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect(lab.pad).toBeInViewport({ ratio: 1 });
    await expect(lab.predicted).toBeInViewport({ ratio: 1 });
    for (const digit of DIGITS) {
      await expect(lab.probability(digit)).toBeInViewport({ ratio: 1 });
    }
  }
});

looking("What is too wide, cut or covered is noticed", async ({ lab, page }) => {
  const added = (style: string, text: string) =>
    page.evaluate(
      ([style, text]) => {
        const element = document.createElement("button");
        element.className = "added";
        element.style.cssText = style;
        element.textContent = text;
        document.body.append(element);
      },
      [style, text] as const,
    );
  const gone = () => page.evaluate(() => document.querySelector(".added")?.remove());
  for (const style of [
    "position: fixed; top: 0; left: -50px",
    "position: fixed; top: 0; width: 40px; overflow: hidden; white-space: nowrap",
    "position: fixed; top: 0; width: 40px; overflow: auto; white-space: nowrap",
    "position: fixed; top: 0; left: 0; z-index: -1",
  ]) {
    await added(style, "much more text than there is room for");
    expect(await misfits(page), style).toContainEqual(expect.stringContaining("button.added"));
    await gone();
  }
});
