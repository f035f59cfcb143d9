import type { Page } from "@playwright/test";

/** A text and its contrast to the background. */
export interface Text {
  readonly words: string;
  readonly contrast: number;
  readonly colours: string;
}

/**
 * Every visible text of the page with its contrast ratio as WCAG 2.2 defines it: 1 is invisible,
 * 21 is black on white. Disabled controls do not count there, nor here.
 */
export function texts(page: Page): Promise<Text[]> {
  return page.evaluate(() => {
    type Colour = [red: number, green: number, blue: number, opacity: number];
    const colour = (text: string): Colour => {
      const parts = text
        .match(/^rgba?\(([^)]+)\)$/)?.[1]
        .split(/[\s,/]+/)
        .map(Number);
      if (!parts || parts.some(Number.isNaN)) {
        throw new Error(`${text} is not a colour this test knows`);
      }
      const [red, green, blue, opacity = 1] = parts;
      return [red, green, blue, opacity];
    };
    const over = (front: Colour, back: Colour): Colour => {
      const mixed = (at: 0 | 1 | 2) => front[at] * front[3] + back[at] * (1 - front[3]);
      return [mixed(0), mixed(1), mixed(2), 1];
    };
    const behind = (element: Element | null): Colour => {
      if (!element) {
        return [255, 255, 255, 1];
      }
      const own = colour(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, behind(element.parentElement));
    };
    const luminance = (of: Colour) => {
      const [red, green, blue] = of.slice(0, 3).map((byte) => {
        const part = byte / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const found: Text[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const words = node.textContent?.trim();
      const parent = node.parentElement;
      if (!words || !parent?.checkVisibility({ visibilityProperty: true, opacityProperty: true })) {
        continue;
      }
      if (parent.closest(":disabled, .visually-hidden, script, style")) {
        continue;
      }
      const back = behind(parent);
      const front = over(colour(getComputedStyle(parent).color), back);
      const [dark, light] = [luminance(front), luminance(back)].sort((one, other) => one - other);
      const colours = `${front.slice(0, 3)} on ${back.slice(0, 3)}`;
      found.push({ words, contrast: (light + 0.05) / (dark + 0.05), colours });
    }
    return found;
  });
}
