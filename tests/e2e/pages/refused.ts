import { writeFile } from "node:fs/promises";

import { expect, test } from "@playwright/test";

import { Keep } from "./keep.ts";
import type { Lab } from "./lab.ts";
import { MEGABYTE } from "./memory.ts";
import { header } from "./png.ts";

/** A file on the disk: a large one is not to go through the page on its way to the page. */
async function onDisk(name: string, content: Buffer | string): Promise<string> {
  const path = test.info().outputPath(name);
  await writeFile(path, content);
  return path;
}

/** Waits for the message, and dismisses all there are. */
async function dismiss(lab: Lab, why: RegExp): Promise<void> {
  await expect(lab.errors.filter({ hasText: why }).first()).toBeVisible();
  await expect(async () => {
    if ((await lab.errors.count()) > 0) {
      const button = lab.errors.getByRole("button", { name: "Dismiss" }).first();
      await button.click({ timeout: 1000 });
    }
    await expect(lab.errors).toHaveCount(0, { timeout: 500 });
  }).toPass();
}

async function choosePhoto(lab: Lab, content: Buffer, why: RegExp): Promise<void> {
  await lab.photoFile.setInputFiles(await onDisk("cat.png", content));
  await dismiss(lab, why);
}

async function openFile(lab: Lab, content: Buffer | string, why: RegExp): Promise<void> {
  const keep = new Keep(lab.page);
  await keep.openList();
  const path = await onDisk("exercise.cnnlab.json", content);
  await lab.page.getByTestId("open-file").setInputFiles(path);
  await expect(keep.experiments.getByRole("alert")).toContainText(why);
  await keep.closeList();
}

async function openLink(lab: Lab, hash: string, why: RegExp): Promise<void> {
  await lab.page.evaluate((hash) => {
    location.hash = hash;
  }, hash);
  await dismiss(lab, why);
}

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
const HTML = "<!doctype html><p>Hello</p>";

/** This and spaces, so many bytes together. */
const padded = (begin: Buffer, bytes: number) =>
  Buffer.concat([begin, Buffer.alloc(bytes - begin.length, " ")]);

/** What is refused, the message, and the bytes of one of it that may not be held for each time. */
export const REFUSED: readonly (readonly [string, number, (lab: Lab) => Promise<void>])[] = [
  [
    "a garbage link of a megabyte",
    MEGABYTE,
    (lab) => openLink(lab, `#lab=2${"A".repeat(MEGABYTE)}`, /the limit is 32768/),
  ],
  [
    "a file that was cut short",
    MEGABYTE,
    (lab) => openFile(lab, `{"cnn-lab": 2, "graph": {"name": "${"a".repeat(MEGABYTE)}`, /not JSON/),
  ],
  ["a file of 50 MB", 50 * MEGABYTE, (lab) => openFile(lab, Buffer.alloc(50 * MEGABYTE, " "), /50\.0 MB/)],
  [
    "a photo of 200 megapixels",
    800 * MEGABYTE,
    (lab) => choosePhoto(lab, header(20_000, 10_000), /200 megapixels; at most 110/),
  ],
  [
    "a photo of 51 MB",
    51 * MEGABYTE,
    (lab) => choosePhoto(lab, padded(header(100, 100), 51 * MEGABYTE), /51 MB; at most 50 MB/),
  ],
  [
    "a photo that was cut short",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(header(100, 100), MEGABYTE), /a PNG picture that is damaged/),
  ],
  [
    "an SVG named .png",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(Buffer.from(SVG), MEGABYTE), /an SVG drawing/),
  ],
  [
    "an HTML page named .png",
    MEGABYTE,
    (lab) => choosePhoto(lab, padded(Buffer.from(HTML), MEGABYTE), /HTML page|not a picture/),
  ],
];
