// A reporter of `cargo xtask bench tasks`: for each story how long the tasks of its pages' threads
// took, and for how long of that the thread had a core. It prints a table and writes it into
// docs/bench.md. It asserts nothing, because times belong to a machine and to what else runs on it.

import { cpus } from "node:os";

import { noted, writeSection } from "./report.mjs";

const LIMITS_MS = [50, 70, 100, 200];
/** How many stories are told. */
const TOLD = 15;

export default class Tasks {
  #stories = [];

  onTestEnd(test, result) {
    const told = noted(result, "tasks");
    if (told) {
      this.#stories.push({ title: test.title, ...told });
    }
  }

  onEnd() {
    const over = (measure, ms) => this.#stories.filter((story) => story[measure].ms > ms).length;
    const row = (name, measure) =>
      `| ${[name, ...LIMITS_MS.map((ms) => over(measure, ms))].join(" | ")} |`;
    const long = this.#stories
      .filter(({ passed, ran }) => Math.max(passed.ms, ran.ms) > LIMITS_MS[0])
      .toSorted((one, other) => other.ran.ms - one.ran.ms || other.passed.ms - one.passed.ms);
    const cell = ({ ms, core, long, by }) => {
      const had = core < ms ? `, ${core} with a core` : "";
      return ms > 0 ? `${ms} ms${had} (${by}), ${long} in all` : "none";
    };
    const section = `
## Tasks of the page's thread, in every story
Written by \`cargo xtask bench tasks\`: ${this.#stories.length} stories of \`cargo xtask test\` while Chromium records
the tasks of all their pages; ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}); ${new Date().toISOString().slice(0, 10)}.
What a story's own scripts take is not counted, nor the story that holds the page up itself, to see
that it is noticed, nor those that drive an engine from a page of their own, nor the garbage that a
story has collected, nor how the browser takes over an address, before anything of the page runs.
Goal: none over 50 ms.

| stories with a task that | ${LIMITS_MS.map((ms) => `over ${ms} ms`).join(" | ")} |
| --- |${LIMITS_MS.map(() => " --- |").join("")}
${row("lasted", "passed")}
${row("had a core for", "ran")}

| story | its longest by the time it had a core | its longest as it passed |
| --- | --- | --- |
${long
  .slice(0, TOLD)
  .map(({ title, passed, ran }) => `| ${title} | ${cell(ran)} | ${cell(passed)} |`)
  .join("\n")}
`;
    console.log(section);
    writeSection("tasks", section);
  }

  printsToStdio() {
    return false;
  }
}
