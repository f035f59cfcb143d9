import { type CDPSession, expect, type Page } from "@playwright/test";

export const MEGABYTE = 1_000_000;

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

/** Bytes of the page's objects and buffers. */
async function heap(session: CDPSession): Promise<number> {
  const { usedSize, backingStorageSize = 0 } = (await session.send("Runtime.getHeapUsage")) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  return usedSize + backingStorageSize;
}

/** Bytes that a collection frees of what only becomes garbage by finalizers and idle tasks. */
const SETTLED = 20_000;

/**
 * Bytes of the page's objects and buffers once a further collection frees nothing: what is released
 * by a finalizer or in an idle task is garbage only for the collection after it.
 */
export async function settledHeap(session: CDPSession): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let quiet = 0; quiet < 2; ) {
    await collectGarbage(session);
    const now = await heap(session);
    quiet = now < least - SETTLED ? 0 : quiet + 1;
    least = Math.min(least, now);
  }
  return least;
}

/** Notes the memory of the page's program, which the browser's count of the heap leaves out. */
export async function noteMemory(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const memories = new Set<WebAssembly.Memory>();
    Object.assign(window, { memories });
    const note = ({ exports }: WebAssembly.Instance) => {
      for (const it of Object.values(exports)) {
        if (it instanceof WebAssembly.Memory) {
          memories.add(it);
        }
      }
    };
    const { instantiate, instantiateStreaming } = WebAssembly;
    Object.assign(WebAssembly, {
      async instantiate(source: BufferSource | WebAssembly.Module, imports: WebAssembly.Imports) {
        const made = await instantiate(source as BufferSource, imports);
        note(made instanceof WebAssembly.Instance ? made : made.instance);
        return made;
      },
      async instantiateStreaming(source: Response, imports: WebAssembly.Imports) {
        const made = await instantiateStreaming(source, imports);
        note(made.instance);
        return made;
      },
    });
  });
}

/** The size of the page's wasm memory in bytes, which never shrinks. */
export async function own(page: Page): Promise<number> {
  const bytes = await page.evaluate(() => {
    const { memories } = window as unknown as { memories: Set<WebAssembly.Memory> };
    return [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  });
  expect(bytes, "the program's memory was found").toBeGreaterThan(MEGABYTE);
  return bytes;
}

/** What weighs what the page holds, in bytes: objects, buffers and its program. */
export async function scales(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  return async () => (await settledHeap(session)) + (await own(page));
}

/**
 * Does it once, for what is kept for all, then again and again: it may leave no more than `bytes`
 * behind. What is released late is weighed again.
 */
export async function leavesNothing(
  page: Page,
  what: string,
  act: () => Promise<void>,
  { times, bytes }: { times: number; bytes: number },
): Promise<void> {
  await act();
  const weigh = await scales(page);
  const before = await weigh();
  for (let time = 0; time < times; time += 1) {
    await act();
  }
  await expect.poll(async () => (await weigh()) - before, what).toBeLessThan(bytes);
}
