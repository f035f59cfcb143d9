import type { Page } from "@playwright/test";

/** A point of the screen. */
export type At = readonly [x: number, y: number];

/** Touch input, dispatched by the browser's debugger protocol. */
export class Fingers {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /**
   * Puts fingers down, moves each along its points in small steps as a screen reports them, and
   * lifts them. `rest` comes after they are down and before they move.
   */
  async drag(
    ways: readonly (readonly At[])[],
    { steps = 10, rest = async () => {} }: { steps?: number; rest?: () => Promise<void> } = {},
  ): Promise<void> {
    const session = await this.#page.context().newCDPSession(this.#page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", at: readonly At[]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: at.map(([x, y], id) => ({ x, y, id })),
      });
    await touch(
      "touchStart",
      ways.map(([start]) => start),
    );
    await rest();
    const corners = Math.max(...ways.map((way) => way.length));
    for (let corner = 1; corner < corners; corner += 1) {
      for (let step = 1; step <= steps; step += 1) {
        const at = ways.map((way): At => {
          const [from, to] = [way[corner - 1], way[corner]];
          const along = (axis: 0 | 1) => from[axis] + ((to[axis] - from[axis]) * step) / steps;
          return [along(0), along(1)];
        });
        await touch("touchMove", at);
      }
    }
    await touch("touchEnd", []);
    await session.detach();
  }
}
