import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import type { Page } from "@playwright/test";

import { ROOT, cnnlab } from "../pages/cnnlab.ts";
import { type Lab, pixelsOf } from "../pages/lab.ts";
import { header, png } from "../pages/png.ts";
import { expect, test } from "../pages/test.ts";

const ORANGE = [230, 120, 40] as const;

/** Gives the page a picture as the browser does when it is pasted or dropped. */
async function hand(lab: Lab, how: "paste" | "drop", bytes: Buffer): Promise<void> {
  await lab.column("Input").evaluate(
    (column, { how, bytes }) => {
      const data = new DataTransfer();
      const picture = Uint8Array.from(bytes);
      data.items.add(new File([picture], "orange.png", { type: "image/png" }));
      const bubbles = { bubbles: true, cancelable: true };
      const event =
        how === "paste"
          ? new ClipboardEvent("paste", { ...bubbles, clipboardData: data })
          : new DragEvent("drop", { ...bubbles, dataTransfer: data });
      column.dispatchEvent(event);
    },
    { how, bytes: [...bytes] },
  );
}

async function choose(lab: Lab, name: string, buffer: Buffer): Promise<void> {
  await lab.photoFile.setInputFiles({ name, mimeType: "image/png", buffer });
}

/**
 * The browser's camera, replaced by a canvas of one colour: no machine of the tests has one. Gives
 * whether each stream the page has asked for is live.
 */
async function fakeCamera(page: Page): Promise<() => Promise<boolean[]>> {
  await page.addInitScript((rgb) => {
    const devices = navigator.mediaDevices;
    const streams: MediaStream[] = [];
    Object.assign(window, { streams });
    devices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [64, 48];
      const context = canvas.getContext("2d")!;
      const paint = () => {
        context.fillStyle = `rgb(${rgb})`;
        context.fillRect(0, 0, 64, 48);
      };
      paint();
      setInterval(paint, 20);
      const stream = canvas.captureStream();
      streams.push(stream);
      return stream;
    };
  }, ORANGE.join());
  return () =>
    page.evaluate(() => {
      const { streams } = window as unknown as { streams: MediaStream[] };
      return streams.map((stream) => stream.active);
    });
}

test("A picture comes by paste, drop and file, pixel by pixel", async ({ lab }) => {
  await lab.open();
  for (const [at, how] of (["paste", "drop", "file"] as const).entries()) {
    // Each another size, so that it is known which one is shown.
    const width = 40 + at;
    const picture = png(width, 30, ORANGE);
    await (how === "file" ? choose(lab, "orange.png", picture) : hand(lab, how, picture));
    await expect(lab.photoCaption).toContainText(`${width}×30 pixels.`);
    await expect(lab.photoPicture).toHaveAttribute("width", `${width}`);
    const { rgba } = await pixelsOf(lab.photoPicture);
    expect(rgba.slice(0, 4)).toEqual([...ORANGE, 255]);
    expect(rgba.slice(-4)).toEqual([...ORANGE, 255]);
  }
  await expect(lab.errors).toHaveCount(0);
});

test("A digit in a picture is read as the command line reads it, and a blank one has no answer", async ({
  lab,
  page,
}) => {
  await lab.open();
  for (const name of ["d0_corner", "d2_shadow", "d4_scan"]) {
    const file = `engine/tests/data/digits/${name}.jpg`;
    await hand(lab, "drop", readFileSync(resolve(ROOT, file)));
    await expect(lab.photoCaption).toContainText("pixels.");
    const weights = "public/models/lenet-5.safetensors";
    const printed = cnnlab("run", "lenet-5", "--weights", weights, "--input", file);
    const digit = /output (\d) is the largest/.exec(printed)?.[1] ?? "none";
    expect(digit).toBe(name.charAt(1));
    await expect(lab.predicted).toHaveText(digit);
    for (const step of ["paper", "ink", "largest", "strengthen", "crop", "normalise"]) {
      await expect(lab.step(step)).toBeVisible();
    }
  }
  await choose(lab, "blank.png", png(60, 40, [255, 255, 255]));
  await expect(page.getByTestId("photo-note")).toContainText("No digit found");
  await expect(lab.predicted).toHaveText("–");
});

test("What is no picture or too large is refused, and the photo before stays", async ({ lab, page }) => {
  await lab.open();
  await lab.source("photo").click();
  await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
  const heic = "\0\0\0\x18ftypheic\0\0\0\0mif1heic";
  const kinds = [
    [svg, "this is an SVG drawing, which the page does not read"],
    [heic, "this is a HEIC picture, as iPhones take them, which the page does not read"],
    ["hello", "this is not a picture the browser can read"],
    ["", "this is not a picture the browser can read"],
  ] as const;
  for (const [text, why] of kinds) {
    await choose(lab, "cat.png", Buffer.from(text, "latin1"));
    await expect(lab.errors).toContainText(why);
    await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
    await lab.errors.getByRole("button", { name: "Dismiss" }).click();
  }
  // A header and nothing behind it.
  await choose(lab, "broken.png", header(20, 20));
  await expect(lab.errors).toContainText("broken.png cannot be taken: this is a PNG picture that is damaged");
  await lab.errors.getByRole("button", { name: "Dismiss" }).click();
  // A side beyond 2048 pixels is reduced.
  await choose(lab, "wide.png", png(4096, 100, ORANGE));
  await expect(lab.photoCaption).toContainText(
    "wide.png, 4,096×100 pixels, reduced to 2,048×50 by the browser.",
  );
  // Two hundred megapixels are refused by their header, before anything is decoded.
  await page.evaluate(() => {
    window.createImageBitmap = () => {
      throw new Error("decoded");
    };
  });
  await choose(lab, "huge.png", header(20_000, 10_000));
  await expect(lab.errors).toContainText("20000×10000 pixels, 200 megapixels; at most 110");
});

test.describe("with a camera", () => {
  test("A picture that is chosen while the camera is open takes its place", async ({
    lab,
    page,
  }) => {
    const streams = await fakeCamera(page);
    await lab.open();
    await lab.source("photo").click();
    await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
    const ways = {
      sample: () => lab.photo("coffee").click(),
      again: () => lab.photo("coffee").click(),
      file: () => choose(lab, "orange.png", png(40, 30, ORANGE)),
      paste: () => hand(lab, "paste", png(41, 30, ORANGE)),
      drop: () => hand(lab, "drop", png(42, 30, ORANGE)),
    };
    const captions = ["Coffee", "Coffee", "40×30", "41×30", "42×30"];
    for (const [at, way] of Object.values(ways).entries()) {
      // Where the picture is out of view, the camera starts as well and is shown.
      await page.getByTestId("camera").evaluate((it) => it.scrollIntoView({ block: "start" }));
      await page.getByTestId("camera").click();
      await expect(page.getByTestId("take-picture")).toBeEnabled();
      await expect(page.getByTestId("camera-picture")).toBeInViewport();
      await expect(lab.photoPicture).toBeHidden();
      await way();
      await expect(lab.photoCaption).toContainText(captions[at]!);
      await expect(page.getByTestId("camera-picture")).toHaveCount(0);
      await expect(lab.photoPicture).toBeVisible();
      await expect(page.getByTestId("camera")).toHaveAttribute("aria-pressed", "false");
      await expect.poll(streams).toEqual(Array(at + 1).fill(false));
    }
    // What is refused changes nothing: the camera goes on.
    await page.getByTestId("camera").click();
    await choose(lab, "cat.png", Buffer.from("hello"));
    await expect(lab.errors).toContainText("this is not a picture the browser can read");
    await expect(page.getByTestId("camera-picture")).toBeVisible();
    expect((await streams()).at(-1)).toBe(true);
  });

  test("A photo that was asked for before the camera leaves it open when it comes", async ({
    lab,
    page,
  }) => {
    const streams = await fakeCamera(page);
    let [send, holds] = [() => {}, false];
    const held = new Promise<void>((resolve) => {
      send = resolve;
    });
    // From the start: what the browser has cached before is not held.
    await page.route(/coffee.*\.png/, async (route) => {
      if (holds) {
        await held;
      }
      await route.continue();
    });
    await lab.open();
    await lab.source("photo").click();
    await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
    holds = true;
    await lab.photo("coffee").click();
    await expect(lab.photoCaption).toHaveText("The picture is being read.");
    await page.getByTestId("camera").click();
    await expect(page.getByTestId("take-picture")).toBeEnabled();
    send();
    await expect(lab.photoCaption).toContainText("Coffee");
    await expect(page.getByTestId("camera-picture")).toBeVisible();
    await expect.poll(streams).toEqual([true]);
  });

  test("The camera is asked for, takes one picture, is let go and gives the keyboard back", async ({ lab, page }) => {
    const streams = await fakeCamera(page);
    await lab.open();
    await lab.source("photo").click();
    await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
    expect(await streams()).toEqual([]);
    const camera = page.getByTestId("camera");
    const leave = {
      close: page.getByRole("button", { name: "Close", exact: true }),
      take: page.getByTestId("take-picture"),
    };
    for (const button of Object.values(leave)) {
      await camera.focus();
      await page.keyboard.press("Enter");
      await expect(leave.take).toBeEnabled();
      await button.focus();
      await page.keyboard.press("Enter");
      await expect(page.getByTestId("camera-picture")).toHaveCount(0);
      await expect(camera).toBeFocused();
    }
    await expect(lab.photoCaption).toHaveText("The camera's picture, 64×48 pixels.");
    await expect.poll(streams).toEqual([false, false]);
  });

  test("The network answers to the live picture until it is stopped or the camera closed", async ({ lab, page }) => {
    const streams = await fakeCamera(page);
    await lab.open();
    await lab.source("photo").click();
    await expect(lab.photoCaption).toHaveText("Cat, 451×300 pixels.");
    await page.getByTestId("camera").click();
    await expect(page.getByTestId("take-picture")).toBeEnabled();
    const live = page.getByTestId("live");
    await live.click();
    await expect(live).toHaveAttribute("aria-pressed", "true");
    await expect(lab.photoCaption).toContainText("The camera's picture, 64×48 pixels");
    const rate = page.getByTestId("frame-rate");
    await expect.poll(async () => Number(await rate.getAttribute("data-value"))).toBeGreaterThan(0);
    await live.click();
    await expect(rate).toHaveCount(0);
    await expect(page.getByTestId("camera-picture")).toBeVisible();
    await live.click();
    await expect(rate).toBeVisible();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await expect(live).toHaveAttribute("aria-pressed", "false");
    await expect.poll(streams).toEqual([false]);
  });

  test("Without a camera the sample photos pass by as a live picture", async ({ lab, page }) => {
    test.setTimeout(120_000);
    await lab.open();
    await lab.openPreset("efficientnet-lite0");
    await expect(lab.top.first()).toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
    await page.getByTestId("live").click();
    const rate = page.getByTestId("frame-rate");
    await expect.poll(async () => Number(await rate.getAttribute("data-value"))).toBeGreaterThan(0);
    await expect(page.getByText("Sample photos in motion")).toBeVisible();
    await expect(lab.photoCaption).toContainText("Part of a sample photo");
    // The photos pass: something other than the cat is seen, and the cat again.
    await expect(lab.top.first()).not.toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
    await expect(lab.top.first()).toHaveAttribute("data-class", /^28[125]$/, { timeout: 45_000 });
    // Another photo ends it.
    await lab.photo("coffee").click();
    await expect(rate).toHaveCount(0);
    await expect(lab.photoCaption).toContainText("Coffee");
  });

  test("A camera that is not allowed is explained", async ({ lab, page }) => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException("Permission denied", "NotAllowedError");
      };
    });
    await lab.open();
    await lab.source("photo").click();
    await page.getByTestId("camera").click();
    await expect(lab.errors).toContainText("The camera was not allowed.");
    await expect(page.getByTestId("camera-picture")).toHaveCount(0);
  });
});

test("A picture that is pasted while a layer has the focus is the input's alone", async ({
  lab,
  page,
}) => {
  await lab.open();
  await lab.head("C1").click();
  await lab.head("C1").evaluate(async (head) => {
    const canvas = new OffscreenCanvas(12, 8);
    canvas.getContext("2d")?.fillRect(2, 2, 4, 4);
    const picture = await canvas.convertToBlob({ type: "image/png" });
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([picture], "screen.png", { type: "image/png" }));
    const bubbles = { bubbles: true, cancelable: true };
    head.dispatchEvent(new ClipboardEvent("paste", { ...bubbles, clipboardData }));
  });
  await expect(lab.photoCaption).toHaveText("The pasted picture, 12×8 pixels.");
  await expect(page.getByText("Nothing was changed")).toHaveCount(0);
});
