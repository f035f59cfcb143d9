import { Keep } from "../pages/keep.ts";
import { type Lab, pixelsOf } from "../pages/lab.ts";
import { png } from "../pages/png.ts";
import { expect, test } from "../pages/test.ts";

const ORANGE = [230, 120, 40] as const;
const BLUE = [20, 60, 200] as const;

async function choose(lab: Lab, name: string, rgb: readonly number[]): Promise<void> {
  await lab.source("photo").click();
  const buffer = png(60, 40, rgb);
  await lab.photoFile.setInputFiles({ name, mimeType: "image/png", buffer });
  await expect(lab.photoCaption).toContainText(`${name}, 60×40 pixels.`);
}

async function shows(lab: Lab, name: string, rgb: readonly number[]): Promise<void> {
  await expect(lab.photoCaption).toContainText(`${name}, 60×40 pixels.`);
  await expect(lab.photoPicture).toHaveAttribute("width", "60");
  const { rgba } = await pixelsOf(lab.photoPicture);
  expect(rgba.slice(0, 4)).toEqual([...rgb, 255]);
  expect(rgba.slice(-4)).toEqual([...rgb, 255]);
}

/** What the page's storage has of the person's photos, by the experiment's key. */
function keptPhotos(lab: Lab): Promise<string[]> {
  return lab.page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    // To open one that is not there yet would make it.
    if (!(await indexedDB.databases()).some(({ name }) => name === "cnn-lab")) return [];
    const database = await done(indexedDB.open("cnn-lab"));
    if (!database.objectStoreNames.contains("photos")) {
      database.close();
      return [];
    }
    const photos = await done(database.transaction("photos").objectStore("photos").getAll());
    database.close();
    return photos.map(([name]) => String(name));
  });
}

test("the person's own photo is there after a reload, and goes with its experiment", async ({ lab }) => {
  await lab.open();
  await choose(lab, "mine.png", ORANGE);
  await expect.poll(() => keptPhotos(lab)).toEqual(["mine.png"]);
  await lab.page.reload();
  await lab.waitReady();
  await shows(lab, "mine.png", ORANGE);
  await expect(lab.notice).toHaveCount(0);
  await expect(lab.errors).toBeHidden();

  // A shipped photo in its place, and nothing of the person's is left in the storage.
  await lab.photo("coffee").click();
  await expect(lab.photoCaption).toContainText("Coffee");
  await expect.poll(() => keptPhotos(lab)).toEqual([]);
});

test("a photo that was not kept in time is named, and no other is shown as it", async ({ lab }) => {
  await lab.open();
  const keep = new Keep(lab.page);
  await choose(lab, "image.png", ORANGE);
  await expect.poll(() => keptPhotos(lab)).toEqual(["image.png"]);
  await keep.kept((record) => record.network === "LeNet-5");
  // The page goes away within the 300 ms before a change is written: they never end.
  await lab.page.evaluate(() => {
    const { setTimeout } = window;
    const later = (act: () => void, ms?: number) => (ms === 300 ? 0 : setTimeout(act, ms));
    Object.assign(window, { setTimeout: later });
  });
  // Of the same name, as all are that are pasted.
  await choose(lab, "image.png", BLUE);
  await expect.poll(async () => (await pixelsOf(lab.photoPicture)).rgba[0]).toBe(BLUE[0]);
  await lab.page.reload();
  await lab.waitReady();
  await expect(lab.notice).toContainText("Your photo “image.png” was not kept");
  await expect(lab.photoCaption).toContainText("Cat");
  await choose(lab, "image.png", BLUE);
  await expect.poll(() => keptPhotos(lab)).toEqual(["image.png"]);
  await lab.page.reload();
  await lab.waitReady();
  await shows(lab, "image.png", BLUE);
  await expect(lab.notice).toHaveCount(0);
});
