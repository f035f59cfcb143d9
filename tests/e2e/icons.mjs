/**
 * Draws public/icons from public/favicon.svg. By hand, when the favicon has changed:
 * CHROMIUM=/usr/bin/chromium node tests/e2e/icons.mjs
 */
import { readFile, writeFile } from "node:fs/promises";

import { chromium } from "@playwright/test";

import { FLAGS } from "./chromium.mjs";

const PUBLIC = new URL("../../public/", import.meta.url);
/** As `--ground` in styles/tokens.css: what lies around the picture. */
const GROUND = "#f5f5f2";

/** `share` of the side is the picture; a launcher may cut a maskable icon to its inner 80 %. */
const ICONS = [
  { file: "icon-192.png", side: 192, share: 0.875 },
  { file: "icon-512.png", side: 512, share: 0.875 },
  { file: "maskable-512.png", side: 512, share: 0.55, ground: GROUND },
  { file: "apple-touch-icon.png", side: 180, share: 0.7, ground: GROUND },
];

const svg = await readFile(new URL("favicon.svg", PUBLIC), "utf8");
const picture = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
const page = await browser.newPage();
for (const { file, side, share, ground } of ICONS) {
  await page.setViewportSize({ width: side, height: side });
  const edge = Math.round(side * share);
  await page.setContent(
    `<style>body { margin: 0; display: grid; place-items: center; height: 100vh;
      background: ${ground ?? "transparent"} }</style><img src="${picture}" width="${edge}">`,
  );
  const png = await page.screenshot({ omitBackground: !ground });
  await writeFile(new URL(`icons/${file}`, PUBLIC), png);
}
await browser.close();
