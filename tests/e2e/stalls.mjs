// A reporter: for each story the longest task of the page's thread, which a person feels as a
// stall. It asserts nothing, because times belong to a machine and to what else runs on it.

/** A longer task delays a frame so that a person notices. */
const LONG_MS = 50;

export default class Stalls {
  #stories = [];

  onTestEnd(test, result) {
    const told = result.annotations.find(({ type }) => type === "longest tasks");
    if (told) {
      const [opening, after] = JSON.parse(told.description);
      this.#stories.push({ title: test.title, opening, after });
    }
  }

  onEnd() {
    const worst = ({ opening, after }) => Math.max(opening, after);
    const long = this.#stories
      .filter((story) => worst(story) > LONG_MS)
      .toSorted((one, other) => worst(other) - worst(one));
    console.log(
      `\nTasks of the page's thread over ${LONG_MS} ms: in ${long.length} of ${this.#stories.length} stories.`,
    );
    if (long.length > 0) {
      console.log("| story | longest until the first answer | longest after it |");
      console.log("| --- | --- | --- |");
    }
    for (const { title, opening, after } of long) {
      console.log(`| ${title} | ${opening} ms | ${after} ms |`);
    }
  }

  printsToStdio() {
    return false;
  }
}
