import type { Page } from "@playwright/test";

import type { Lab } from "../pages/lab.ts";
import { png } from "../pages/png.ts";
import { expect, test } from "../pages/test.ts";

/** Text that would run, or fetch a file, if any part of the page took it for code. */
const HOSTILE = [
  "<script>ran = 1</script>",
  "<img src=x onerror=ran=1>",
  '"><svg onload=ran=1>',
  "javascript:ran=1",
  "{{ran=1}}${ran=1}",
] as const;

/** Nothing ran, nothing was made an element, nothing went elsewhere. */
async function untouched(page: Page): Promise<void> {
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  const made = page.locator("main script, main img[src='x'], main svg[onload], header script");
  await expect(made).toHaveCount(0);
}

/** Copies or pastes in the network, as the browser does; gives what is in the clipboard then. */
function clipboard(lab: Lab, what: "copy" | "paste", text = ""): Promise<string> {
  return lab.head("input").evaluate(
    (head, { what, text }) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      const bubbles = { bubbles: true, cancelable: true };
      head.dispatchEvent(new ClipboardEvent(what, { ...bubbles, clipboardData }));
      return clipboardData.getData("text/plain");
    },
    { what, text },
  );
}

test("Layers and networks with names of markup are text and nothing else", async ({ lab, page }) => {
  await lab.open();
  await lab.showList();
  for (const name of HOSTILE) {
    await lab.nodes.nth(1).locator(".node-head").click();
    await lab.setField("name", name);
    await expect(lab.nodes.getByText(name, { exact: true }).first()).toBeVisible();
    await lab.networkName.click();
    await page.getByRole("textbox", { name: "Name of this network" }).fill(name);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await expect(lab.networkName).toHaveText(name);
    await lab.showPicture();
    await expect(page.getByTestId("graph-view")).toHaveAttribute("aria-label", `Graph of ${name}`);
    await untouched(page);
    await lab.showList();
  }
});

test("A pasted document whose names are markup is text, and one that is none is refused", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.showList();
  await lab.head("C1").focus();
  await page.keyboard.press("Control+a");
  const document = JSON.parse(await clipboard(lab, "copy"));
  document.graph.name = HOSTILE[1];
  for (const [at, node] of document.graph.nodes.entries()) {
    node.name = `${HOSTILE[at % HOSTILE.length]} ${at}`;
  }
  await lab.openPreset("empty");
  await clipboard(lab, "paste", JSON.stringify(document));
  await expect(lab.nodes.getByText(`${HOSTILE[0]} 0`, { exact: true }).first()).toBeVisible();
  await untouched(page);
  const refusal = page.getByText("neither a document of the lab");
  await clipboard(lab, "paste", HOSTILE[0]);
  await expect(refusal.first()).toBeVisible();
  await untouched(page);
});

test("Code in a file that is called a picture does not run, and its name is text", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.source("photo").click();
  await expect(lab.photoCaption).toContainText("Cat");
  const files = [
    '<svg xmlns="http://www.w3.org/2000/svg" onload="ran=1"><script>ran=1</script></svg>',
    "<!doctype html><script>ran = 1</script><body onload='ran=1'>",
    "GIF89a/*\x00*/=1;ran=1;//",
  ];
  for (const text of files) {
    const buffer = Buffer.from(text, "latin1");
    await lab.photoFile.setInputFiles({ name: "cat.png", mimeType: "image/png", buffer });
    await expect(lab.errors).toContainText("cat.png cannot be taken");
    await untouched(page);
    await lab.errors.getByRole("button", { name: "Dismiss" }).click();
  }
  // A real picture with a hostile name.
  const name = `${HOSTILE[1]}.png`.replaceAll("/", "");
  const buffer = png(32, 32, [230, 120, 40]);
  await lab.photoFile.setInputFiles({ name, mimeType: "image/png", buffer });
  await expect(lab.photoCaption).toContainText(name);
  await untouched(page);
});

test("Neither a link's hash nor its query is taken for code or for an address", async ({
  lab,
  page,
}) => {
  for (const address of [
    "./?name=<script>ran=1</script>",
    "./?device=https://example.org/",
    "./?embed=javascript:ran=1",
  ]) {
    await lab.open(address);
    await expect.poll(() => lab.prediction()).toBe(7);
    await untouched(page);
  }
});
