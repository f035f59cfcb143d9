// What the reporter and the benches share. docs/bench.md: each script's part stands between its own marks and is replaced as a whole.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const REPORT = fileURLToPath(new URL("../../docs/bench.md", import.meta.url));

/** Puts the text between the marks of this name; at the end where there are none yet. */
export function writeSection(name, text) {
  const [from, to] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const section = `${from}\n${text.trim()}\n${to}\n`;
  const before = existsSync(REPORT) ? readFileSync(REPORT, "utf8") : "";
  const [start, end] = [before.indexOf(from), before.indexOf(to)];
  const found = start >= 0 && end > start;
  const after = found
    ? before.slice(0, start) + section.trimEnd() + before.slice(end + to.length)
    : `${before.trimEnd()}\n\n${section}`.trimStart();
  writeFileSync(REPORT, after);
}

/** What a story noted under this type; nothing of one that notes that its page is not the lab's. */
export function noted(result, type) {
  const find = (wanted) => result.annotations.find(({ type }) => type === wanted);
  const found = find("bare page") ? undefined : find(type);
  return found && JSON.parse(found.description);
}
