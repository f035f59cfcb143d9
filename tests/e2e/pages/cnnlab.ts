import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's root folder. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Runs the native command line, which has the same engine as the page; gives what it prints. */
export function cnnlab(...words: string[]): string {
  return execFileSync(program(), words, { encoding: "utf8", cwd: ROOT });
}

function program(): string {
  const target = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
  const path = process.env.CNNLAB ?? resolve(target, "debug", "cnnlab");
  if (!existsSync(path)) {
    throw new Error(
      `the native command line is not at ${path}; \`cargo xtask test\` builds it, or set CNNLAB`,
    );
  }
  return path;
}
