import { expect, type Locator } from "@playwright/test";

/** The position of an element on the screen in CSS pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Where an element is, once it is at the same place in two frames: what comes late moves it, and it
 * may be rendered again meanwhile.
 */
export async function placeOf(element: Locator): Promise<Place> {
  let found: Place | undefined;
  await expect(async () => {
    const before = await element.boundingBox({ timeout: 1000 });
    await element.page().evaluate(
      () =>
        new Promise((shown) => {
          requestAnimationFrame(() => requestAnimationFrame(shown));
        }),
    );
    const after = await element.boundingBox({ timeout: 1000 });
    expect(after).not.toBeNull();
    expect(after).toEqual(before);
    found = after ?? undefined;
  }).toPass();
  if (!found) {
    throw new Error("the element is not on the screen");
  }
  return found;
}
