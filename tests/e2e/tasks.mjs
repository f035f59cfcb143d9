// A reporter of `cargo xtask bench tasks`: for each story how long the tasks of its pages' threads
// took, and for how long of that the thread had a core. It prints a table and writes it into
// docs/bench.md. It asserts nothing, because times belong to a machine and to what else runs on it.
// The longest task of thousands is what chance moves most: `cargo xtask bench tasks` repeats a story
// that is over, and of its runs the middle one is told.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

import { noted, writeSection } from "./report.mjs";

/** A task is too long when its thread had a core for more. */
const GOAL_MS = 50;
const LIMITS_MS = [GOAL_MS, 70, 100, 200];
/** How many stories are told. */
const TOLD = 15;

/** Where the runs are kept from one start of the stories to the next; xtask reads it as well. */
const RECORD = process.env.TASKS;

/** Of runs' longest tasks by one measure the middle one; of two the longer one. */
function median(runs, measure) {
  const tasks = runs.map((run) => run[measure]).toSorted((one, other) => one.ms - other.ms);
  return tasks[tasks.length >> 1];
}

export default class Tasks {
  /** `{ title, over, runs: [{ passed, ran }] }` by what a story is known by; over is one to repeat. */
  #record = new Map();

  onBegin() {
    if (existsSync(RECORD)) {
      this.#record = new Map(Object.entries(JSON.parse(readFileSync(RECORD, "utf8"))));
    }
  }

  onTestEnd(test, result) {
    const told = noted(result, "tasks");
    if (told) {
      const known = test.titlePath().filter(Boolean).join(" ");
      const story = this.#record.get(known) ?? { title: test.title, over: false, runs: [] };
      story.runs.push(told);
      story.over ||= told.ran.ms > GOAL_MS;
      this.#record.set(known, story);
    }
  }

  onEnd({ status }) {
    writeFileSync(RECORD, JSON.stringify(Object.fromEntries(this.#record)));
    const stories = [...this.#record.values()].map(({ title, over, runs }) => ({
      title,
      over,
      runs: runs.length,
      passed: median(runs, "passed"),
      ran: median(runs, "ran"),
    }));
    const count = (measure, ms) => stories.filter((story) => story[measure].ms > ms).length;
    const row = (name, measure) =>
      `| ${[name, ...LIMITS_MS.map((ms) => count(measure, ms))].join(" | ")} |`;
    const long = stories
      .filter(({ passed, ran }) => Math.max(passed.ms, ran.ms) > GOAL_MS)
      .toSorted((one, other) => other.ran.ms - one.ran.ms || other.passed.ms - one.passed.ms);
    const cell = ({ ms, core, long, by }) => {
      const had = core < ms ? `, ${core} with a core` : "";
      return ms > 0 ? `${ms} ms${had} (${by}), ${long} in all` : "none";
    };
    const section = `
## Tasks of the page's thread in every story
Written by \`cargo xtask bench tasks\`: ${stories.length} stories of \`cargo xtask test\`, with the
tasks of all their pages recorded by Chromium; ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}); ${new Date().toISOString().slice(0, 10)}.
Not counted: the story's own scripts, garbage collections that a story starts, and the loading of an
address before any script of the page runs. A story whose longest task had a core for more than
${GOAL_MS} ms was run twice more, and the median of the three counts: here ${stories.filter(({ runs }) => runs > 1).length}. Goal: none over
${GOAL_MS} ms.

| stories with a task that | ${LIMITS_MS.map((ms) => `over ${ms} ms`).join(" | ")} |
| --- |${LIMITS_MS.map(() => " --- |").join("")}
${row("lasted", "passed")}
${row("had a core for", "ran")}

| story | longest task by its time with a core | longest task by its duration |
| --- | --- | --- |
${long
  .slice(0, TOLD)
  .map(({ title, passed, ran }) => `| ${title} | ${cell(ran)} | ${cell(passed)} |`)
  .join("\n")}
`;
    console.log(section);
    const once = stories.filter(({ runs, over }) => runs === 1 && over);
    if (status !== "passed") {
      console.log("Not every story passed: docs/bench.md stays as it was.");
    } else if (once.length > 0) {
      console.log(`To be run twice more: ${once.map(({ title }) => title).join("; ")}`);
    } else {
      writeSection("tasks", section);
    }
  }

  printsToStdio() {
    return false;
  }
}
