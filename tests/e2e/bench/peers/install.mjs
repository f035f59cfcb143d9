import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const STAMP = `${FOLDER}node_modules/.installed-lock.json`;

/** Installs the packages of the committed lock file, when it changed since the last time. */
export function install() {
  const wanted = readFileSync(`${FOLDER}package-lock.json`, "utf8");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  console.log("Installing the other engines (seconds, once; 480 MB).");
  // Their install scripts fetch a native library that nothing here uses.
  const verb = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", verb, { cwd: FOLDER, stdio: "inherit", shell: process.platform === "win32" });
  writeFileSync(STAMP, wanted);
}
