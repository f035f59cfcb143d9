import type { CDPSession } from "@playwright/test";

/** Stands in the page's record at the begin and at the end of a collection that a story asks for. */
export const COLLECTION = "a story collects garbage";

/**
 * A full collection of the page's garbage. Chromium does it in a task of the page's thread, which
 * is the story's and not the page's.
 */
export async function collectGarbage(session: CDPSession): Promise<void> {
  const mark = { expression: `void performance.mark(${JSON.stringify(COLLECTION)})` };
  await session.send("Runtime.evaluate", mark);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Runtime.evaluate", mark);
}
