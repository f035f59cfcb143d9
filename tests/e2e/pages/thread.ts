import type { BrowserContext } from "@playwright/test";

/** Longer, and a person notices. */
export const LONG_MS = 50;

/** What the page's thread did for longer than 50 ms without a break. */
interface Task {
  readonly kind: "task";
  /** Which document, by when it began. */
  readonly page: number;
  readonly from: number;
  readonly to: number;
  /** Whose it is as the browser knows it: "self" is the page's. */
  readonly whose: string;
  /** The page has shown its first answer. */
  readonly ready: boolean;
}

/**
 * A frame of 50 ms or more, and in it a script of the site that ran for 5 ms or more, or the rendering.
 */
interface Part {
  readonly kind: "frame" | "part";
  readonly page: number;
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** A story's longest task, and what took the most of it. */
interface Longest {
  readonly ms: number;
  readonly by: string;
}

/** Runs in the page: tells of every long task and of what was in it. */
function watchThread(): void {
  const { told } = window as unknown as { told: (what: Task | Part) => void };
  const page = performance.timeOrigin;
  new PerformanceObserver((list) => {
    const ready = document.documentElement?.dataset.ready === "true";
    for (const { startTime, duration, name: whose } of list.getEntries()) {
      told({ kind: "task", page, from: startTime, to: startTime + duration, whose, ready });
    }
  }).observe({ type: "longtask", buffered: true });
  const rendering = "style, layout, picture";
  new PerformanceObserver((list) => {
    // TypeScript does not have these types yet.
    type Script = { startTime: number; duration: number; invoker: string; sourceURL: string };
    type Frame = { startTime: number; duration: number; renderStart: number; scripts: Script[] };
    for (const frame of list.getEntries() as unknown as Frame[]) {
      const [start, end] = [frame.startTime, frame.startTime + frame.duration];
      told({ kind: "frame", page, from: start, to: end, by: "" });
      if (frame.renderStart > 0) {
        told({ kind: "part", page, from: frame.renderStart, to: end, by: rendering });
      }
      for (const { startTime, duration, invoker, sourceURL } of frame.scripts) {
        // A story's own script has no address.
        if (sourceURL.startsWith(location.origin)) {
          const [from, to] = [startTime, startTime + duration];
          told({ kind: "part", page, from, to, by: invoker });
        }
      }
    }
  }).observe({ type: "long-animation-frame", buffered: true });
}

/**
 * The page's thread during a story. A long task counts with what the site's scripts and the
 * rendering took of it: a story looks at the page by scripts of its own, in the same thread.
 */
export class Thread {
  readonly #tasks: Task[] = [];
  readonly #parts: Part[] = [];

  /** From here on, in every page of the context. */
  static async watch(context: BrowserContext): Promise<Thread> {
    const thread = new Thread();
    await context.exposeBinding("told", (_, what: Task | Part) => {
      if (what.kind === "task") {
        thread.#tasks.push(what);
      } else {
        thread.#parts.push(what);
      }
    });
    await context.addInitScript(watchThread);
    return thread;
  }

  /** Lets every page tell of its last frame. */
  static async settle(context: BrowserContext): Promise<void> {
    const frame = () =>
      new Promise((told) => {
        requestAnimationFrame(() => setTimeout(told, 20));
        // A page that nobody sees has no frames.
        setTimeout(told, 200);
      });
    // One that is leaving has nothing more to tell.
    await Promise.allSettled(context.pages().map((page) => page.evaluate(frame)));
  }

  /** Before the first answer, and after it. */
  longest(): { opening: Longest; after: Longest } {
    return { opening: this.#longest(false), after: this.#longest(true) };
  }

  #longest(ready: boolean): Longest {
    let longest: Longest = { ms: 0, by: "" };
    for (const task of this.#tasks.filter((task) => task.ready === ready)) {
      const [ms, by] = this.#own(task);
      if (ms > LONG_MS && ms > longest.ms) {
        longest = { ms, by };
      }
    }
    return longest;
  }

  /** How long the site's parts of a task took, and the longest of them. */
  #own(task: Task): [ms: number, by: string] {
    const within = this.#parts.filter(
      ({ page, from, to }) => page === task.page && from < task.to && to > task.from,
    );
    if (within.length === 0 && task.whose === "self") {
      return [Math.round(task.to - task.from), "no frame"];
    }
    const parts = within
      .filter(({ kind }) => kind === "part")
      .map(({ from, to, by }) => ({ from: Math.max(from, task.from), to: Math.min(to, task.to), by }))
      .toSorted((one, other) => one.from - other.from);
    let [ms, end, longest, by] = [0, 0, 0, ""];
    for (const part of parts) {
      // A frame's rendering has scripts in it.
      ms += Math.max(0, part.to - Math.max(part.from, end));
      end = Math.max(end, part.to);
      if (part.to - part.from > longest) {
        [longest, by] = [part.to - part.from, part.by];
      }
    }
    return [Math.round(ms), by];
  }
}
