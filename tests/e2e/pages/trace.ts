import type { Browser } from "@playwright/test";

import { COLLECTION } from "./memory.ts";

/** A task that takes longer delays a frame so that a person notices. */
const LONG_MS = 50;

/** Tasks of each page's thread and what is in them, and the messages that a story sends to it. */
const CATEGORIES = [
  "-*",
  "devtools.timeline",
  "disabled-by-default-devtools.timeline",
  "blink.user_timing",
  "mojom",
];

/** One event of Chromium's trace; microseconds. */
interface Event {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** The CPU time of its thread meanwhile. */
  readonly tdur?: number;
  readonly args: {
    readonly name?: string;
    readonly chrome_mojo_event_info?: { readonly mojo_interface_tag?: string };
    readonly data?: { readonly functionName?: string; readonly url?: string; readonly type?: string };
  };
}

/**
 * A story's tasks by one measure: the longest, for how long of it the thread had a core, how many were
 * over 50 ms, and what took the most.
 */
export interface Tasks {
  ms: number;
  core: number;
  long: number;
  by: string;
}

/**
 * Chromium's own record of a story: all tasks of all its pages, each with the time that passed and
 * the time that its thread had a core. The two differ where other threads and processes want the
 * cores: a story's runner, the engine, the browser's drawing.
 */
export class Trace {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async begin(browser: Browser): Promise<Trace> {
    await browser.startTracing(undefined, { categories: CATEGORIES });
    return new Trace(browser);
  }

  /** Ends the record. */
  async tasks(): Promise<{ passed: Tasks; ran: Tasks }> {
    const record = await this.#browser.stopTracing();
    const { traceEvents } = JSON.parse(record.toString()) as { traceEvents: Event[] };
    const [passed, ran] = [nothing(), nothing()];
    for (const { thread, collections } of pagesThreads(traceEvents)) {
      let at = 0;
      for (const task of thread.filter(({ name }) => name === "RunTask")) {
        while (at < thread.length && thread[at].ts < task.ts) at += 1;
        const end = task.ts + (task.dur ?? 0);
        let last = at;
        while (last < thread.length && thread[last].ts < end) last += 1;
        const within = thread.slice(at, last).filter((it) => it !== task);
        if (takesOver(within)) continue;
        if (collections.some(([from, to]) => task.ts > from && end < to) && collects(within)) continue;
        add(passed, task, within, lasted);
        add(ran, task, within, hadCore);
      }
    }
    return { passed, ran };
  }
}

function nothing(): Tasks {
  return { ms: 0, core: 0, long: 0, by: "" };
}

const lasted = (it: Event) => it.dur ?? 0;
const hadCore = (it: Event) => it.tdur ?? 0;

/** A page's thread: what lasted, in order, and when a story had garbage collected. */
interface Thread {
  readonly thread: Event[];
  readonly collections: [from: number, to: number][];
}

/** The thread of each page of the site; what holds others stands before what it holds. */
function pagesThreads(events: Event[]): Thread[] {
  const key = ({ pid, tid }: Event) => `${pid}/${tid}`;
  const threads = new Map<string, { lasting: Event[]; marks: number[] }>();
  for (const event of events) {
    if (event.name === "thread_name" && event.args.name === "CrRendererMain") {
      threads.set(key(event), { lasting: [], marks: [] });
    }
  }
  for (const event of events) {
    // The browser's own windows are pages as well.
    if (event.args.data?.url?.startsWith("chrome:")) threads.delete(key(event));
  }
  for (const event of events) {
    const its = threads.get(key(event));
    if (event.ph === "X") its?.lasting.push(event);
    else if (event.name === COLLECTION) its?.marks.push(event.ts);
  }
  return [...threads.values()].map(({ lasting, marks }) => {
    const thread = lasting.toSorted(
      (one, other) => one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0),
    );
    const times = marks.toSorted((one, other) => one - other);
    const collections = times.flatMap((from, at) =>
      at % 2 === 0 && at + 1 < times.length ? [[from, times[at + 1]] as [number, number]] : [],
    );
    return { thread, collections };
  });
}

/** Whether a task is a collection and nothing of the page's. */
function collects(within: Event[]): boolean {
  return (
    within.some(({ name }) => name === "MajorGC") &&
    !within.some(({ name }) => name === "FunctionCall")
  );
}

/**
 * Whether the browser takes over an address, which nothing of the page is there for yet: that of a
 * link with a million characters takes it long.
 */
function takesOver(within: Event[]): boolean {
  return (
    within.some(({ name }) => name === "CommitLoad") &&
    !within.some(({ name }) => name === "FunctionCall" || name === "EvaluateScript")
  );
}

/** A story's own: a message of its runner, or a script that has no address. */
function isStorys({ name, args }: Event): boolean {
  return (
    args.chrome_mojo_event_info?.mojo_interface_tag === "blink.mojom.DevToolsSession" ||
    (name === "FunctionCall" && args.data?.url === "")
  );
}

/** A story's own, and what of a timer or a frame is for such a script alone. */
function storys(within: Event[]): Event[] {
  const callers = within.filter(({ name }) => name === "TimerFire" || name === "FireAnimationFrame");
  const called = (by: Event) =>
    within.filter(({ name, ts }) => name === "FunctionCall" && ts >= by.ts && ts < by.ts + (by.dur ?? 0));
  const alone = callers.filter((by) => called(by).length > 0 && called(by).every(isStorys));
  return within.filter((it) => isStorys(it) || alone.includes(it));
}

/** Milliseconds of a task without what the story itself took of it. */
function pages(task: Event, within: Event[], microseconds: (it: Event) => number): number {
  let took = microseconds(task);
  // A script of the story may call another one.
  let end = 0;
  for (const one of storys(within)) {
    if (one.ts < end) continue;
    took -= microseconds(one);
    end = one.ts + (one.dur ?? 0);
  }
  return Math.round(took / 1000);
}

function add(tasks: Tasks, task: Event, within: Event[], microseconds: (it: Event) => number) {
  if (microseconds(task) <= LONG_MS * 1000) return;
  const ms = pages(task, within, microseconds);
  if (ms <= LONG_MS) return;
  tasks.long += 1;
  if (ms > tasks.ms) {
    tasks.ms = ms;
    tasks.core = pages(task, within, hadCore);
    tasks.by = names(within, microseconds);
  }
}

/** What took most of a task's time, each without nested events. */
function names(within: Event[], microseconds: (it: Event) => number): string {
  const own = new Map<string, number>();
  const open: { end: number; name: string }[] = [];
  for (const event of within) {
    while (open.length > 0 && event.ts >= (open.at(-1)?.end ?? 0)) open.pop();
    const { functionName, type } = event.args.data ?? {};
    const name = [event.name, functionName ?? type].filter(Boolean).join(" ");
    own.set(name, (own.get(name) ?? 0) + microseconds(event));
    const around = open.at(-1)?.name;
    if (around !== undefined) own.set(around, (own.get(around) ?? 0) - microseconds(event));
    open.push({ end: event.ts + (event.dur ?? 0), name });
  }
  return [...own]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 3)
    .map(([name, us]) => `${name} ${Math.round(us / 1000)}`)
    .join(", ");
}
