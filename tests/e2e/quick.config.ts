import { defineConfig } from "@playwright/test";

import { FLAGS } from "./chromium.mjs";

/** `cargo xtask test --browser` serves the site and finds the browser. */
function given(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(
      `${name} is not set; start the browser tests with \`cargo xtask test --browser\``,
    );
  }
  return value;
}

const chromium = {
  browserName: "chromium",
  viewport: { width: 1280, height: 800 },
  launchOptions: { executablePath: given("CHROMIUM"), args: FLAGS },
} as const;

export default defineConfig({
  testMatch: "**/*.ts",
  outputDir: "./test-results",
  // A test that passes the second time has failed once.
  retries: 0,
  // The stories of a file do not wait for each other.
  fullyParallel: true,
  forbidOnly: true,
  // No story measures time, so that two browsers may share the cores.
  workers: 2,
  // Generous: they end what hangs, and measure nothing.
  timeout: 120_000,
  expect: { timeout: 7_000 },
  use: {
    baseURL: given("BASE_URL"),
    // A recording takes pictures of the page all the time, which the page's thread feels: with
    // TRACE=1 only, for a failure that its screenshot does not explain.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
  },
  projects: [
    // What CI runs, and what it does not: `cargo xtask test --long`.
    { name: "stories", testDir: "./specs", use: chromium },
    { name: "long", testDir: "./long", use: chromium, workers: 1 },
  ],
});
