// A reporter: for each story the longest task of the page's thread, which a person feels as a
// stall, and what ran in it. It asserts nothing, because times belong to a machine and to what else
// runs on it. STALLS=all tells every story, not only the worst.

import { noted } from "./report.mjs";

/** A longer task delays a frame so that a person notices. */
const LONG_MS = 50;
/** How many stories are told: a log is read. */
const TOLD = 12;

export default class Stalls {
  #stories = [];

  onTestEnd(test, result) {
    const told = noted(result, "longest tasks");
    if (told) {
      this.#stories.push({ title: test.title, ...told });
    }
  }

  onEnd() {
    const over = (ms, when) => this.#stories.filter((story) => story[when].ms > ms).length;
    const worst = ({ opening, after }) => Math.max(opening.ms, after.ms);
    const long = this.#stories
      .filter((story) => worst(story) > LONG_MS)
      .toSorted((one, other) => worst(other) - worst(one));
    console.log(
      `\nTasks of the page's thread over ${LONG_MS} ms: in ${long.length} of ${this.#stories.length} stories.`,
    );
    if (long.length === 0) {
      return;
    }
    for (const [when, name] of [
      ["opening", "until the first answer"],
      ["after", "after it"],
    ]) {
      const counts = [50, 70, 100, 200].map((ms) => `${over(ms, when)} over ${ms} ms`);
      console.log(`${name}: ${counts.join(", ")}`);
    }
    const told = process.env.STALLS === "all" ? long : long.slice(0, TOLD);
    const cell = ({ ms, by }) => (ms > 0 ? `${ms} ms (${by})` : "none");
    console.log("| story | longest until the first answer | longest after it |");
    console.log("| --- | --- | --- |");
    for (const { title, opening, after } of told) {
      console.log(`| ${title} | ${cell(opening)} | ${cell(after)} |`);
    }
    if (told.length < long.length) {
      console.log(`and ${long.length - told.length} more (STALLS=all tells them)`);
    }
  }

  printsToStdio() {
    return false;
  }
}
