import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { Keep } from "./keep.ts";
import type { Lab } from "./lab.ts";

/** The texts of a language: English → text. */
export function textsOf(language: "de" | "es"): Record<string, string | Record<string, string>> {
  const file = new URL(`../../../public/texts/${language}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Names that every language writes alike: of programs, methods, data sets and networks. */
const NAMES =
  /^(?:[A-Z]{2,}s?|[A-Z]{2,}[a-z]+|safetensors|\w*[a-z][A-Z]\w*|Adam|Keras|Torch|Grad|Carlini|Wagner|Xception|Alt|Ctrl|Shift|Enter|burn|google|swiftshader|tanh|epsilon|min|max|log|exp|sqrt|arg|px|kB)$/;

/**
 * Words that the pseudo-locale has left as they are: it gives every letter an accent that can have one.
 * What is in no language, or in its own (`translate="no"`, `lang`, code), is left out.
 */
export function untranslated(page: Page): Promise<string[]> {
  return page.evaluate((names) => {
    const skipped = "script, style, noscript, textarea, canvas, code, pre, [translate=no], [lang]:not(html)";
    const attributes = [
      "title",
      "aria-label",
      "aria-description",
      "aria-roledescription",
      "aria-valuetext",
      "placeholder",
      "alt",
    ];
    const given = new Set(
      [...document.querySelectorAll<HTMLElement>("[data-name]")].flatMap((it) =>
        (it.dataset.name ?? "").split(/\P{L}+/u),
      ),
    );
    const allowed = new RegExp(names);
    const plain = (text: string) =>
      (text.replaceAll(/\p{Lu}\p{L}+ et al\./gu, "").match(/(?<!\p{L})[A-Za-z]{3,}(?![\p{L}\d])/gu) ?? []).filter(
        (word) => !/^[bfmpqvx]+$/i.test(word) && !allowed.test(word) && !given.has(word),
      );
    const found = new Set<string>();
    const tell = (element: Element | null, text: string) => {
      if (plain(text).length === 0) return;
      const place = element?.closest<HTMLElement>("[data-testid]")?.dataset.testid;
      found.add(`${text.trim()} (${place})`);
    };
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode as Text;
      if (!text.parentElement?.closest(skipped)) tell(text.parentElement, text.data);
    }
    for (const name of attributes) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        if (!element.closest("script, style, [translate=no]")) {
          tell(element, element.getAttribute(name) ?? "");
        }
      }
    }
    return [...found];
  }, NAMES.source);
}

/** Opens everything that is folded in the page. */
async function unfold(page: Page): Promise<void> {
  const folded = page.locator("details:not([open]) > summary").filter({ visible: true });
  while ((await folded.count()) > 0) {
    await folded.first().click();
  }
}

/** The names of the tabs in a part of the page. */
function tabsOf(page: Page, part: string): Promise<string[]> {
  return page.locator(`${part} [role="tab"]`).evaluateAll((all) => all.map((it) => it.id));
}

const AREAS = ["build", "train", "shrink", "attack", "deploy"] as const;

/** Goes through areas, tabs, drawers, menus and dialogs, and calls `look` at each, with its name. */
export async function everywhere(
  lab: Lab,
  look: (place: string) => Promise<void>,
): Promise<void> {
  const { page } = lab;
  const settled = async () => {
    await page.locator(".lazy").first().waitFor({ state: "detached" });
  };
  const at = async (place: string) => {
    await settled();
    await look(place);
  };
  const tabs = async (part: string, place: string) => {
    for (const id of await tabsOf(page, part)) {
      const tab = page.locator(`[id="${id}"]`);
      if (id === "" || !(await tab.isVisible())) continue;
      await tab.click();
      await settled();
      await unfold(page);
      await at(`${place}, ${id}`);
    }
  };
  await at("the start");
  for (const source of ["digits", "fashion", "photo", "draw"] as const) {
    await lab.source(source).click();
    await at(source);
  }
  await page.getByTestId("network-menu").click();
  await at("the menu of the network");
  await page.keyboard.press("Escape");
  await lab.maps("C3").first().click();
  await page.getByTestId("layer-panel").waitFor();
  await unfold(page);
  await at("a chosen map");
  await page.getByTestId("close-look").click();
  await page.getByTestId("open-totals").click();
  await tabs("main .dock", "the dock of Look");
  for (const area of AREAS) {
    await lab.showArea(area);
    await settled();
    await unfold(page);
    await at(area);
    const dock = page.getByTestId("open-totals");
    if ((await dock.getAttribute("aria-expanded")) === "false") await dock.click();
    await tabs("main .dock", `the dock of ${area}`);
  }
  await lab.showArea("train");
  await page.getByTestId("train-more").click();
  await at("all settings of a training");
  await lab.showArea("build");
  for (const name of ["C1", "S2", "F5"]) {
    await lab.head(name).click();
    await unfold(page);
    await at(`the layer ${name}`);
  }
  await page.getByTestId("palette-toggle").click();
  await at("all layers");
  await page.keyboard.press("Escape");
  await lab.showArea("compare");
  await page.getByTestId("starter").first().click();
  await page.getByTestId("compare-row").first().waitFor();
  await at("Compare");
  await tabs(".page-panel", "Compare");
  await lab.showArea("look");
  await lab.networkName.click();
  await lab.preset("lenet-5").waitFor();
  await at("the networks to start from");
  await page.keyboard.press("Escape");
  await lab.openMenu();
  await at("the menu");
  await page.getByTestId("show-shortcuts").click();
  await page.locator(".shortcuts[open]").waitFor();
  await at("the shortcuts");
  await page.keyboard.press("Escape");
  const keep = new Keep(page);
  await keep.openList();
  await at("the experiments");
  await keep.closeList();
  await keep.openShare();
  await at("the link");
  await keep.closeShare();
  await page.getByTestId("learn-button").click();
  await page.getByTestId("lesson-link").first().waitFor();
  await at("the lessons");
  await page.getByTestId("lesson-link").first().click();
  await page.getByTestId("lesson").waitFor();
  await at("a lesson");
  await page.getByTestId("leave-lesson").click();
  await page.locator("#exercises-tab").click();
  for (const part of ["exercise-solve", "exercise-make", "exercise-verify"]) {
    await page.getByTestId(part).click();
    await settled();
    await at(part);
  }
}
