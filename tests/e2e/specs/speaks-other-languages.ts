import { dictionary, pseudo } from "../../../app/languages/text.mjs";
import { Keep } from "../pages/keep.ts";
import { everywhere, textsOf, untranslated } from "../pages/languages.ts";
import { type Lab, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

test.describe("Texts", () => {
  test("Numbers are written as the language writes them, and names, versions and years as they are", () => {
    // CLDR: German has a dot between thousands and a decimal comma; Spanish groups from five digits on.
    const german = dictionary({}, "de");
    for (const [english, text] of [
      ["61,706", "61.706"],
      ["97.3 %", "97,3 %"],
      ["−0.25", "−0,25"],
      ["1,234,567.50", "1.234.567,50"],
      ["2.5e−4", "2,5e−4"],
      ["LeNet-5, C1, 1.2.3, 2016, 3×3", "LeNet-5, C1, 1.2.3, 2016, 3×3"],
    ]) {
      expect(german.numbers(english)).toBe(text);
    }
    const spanish = dictionary({}, "es");
    expect(spanish.numbers("2,416 of 61,706")).toBe("2416 of 61.706");
  });

  test("A text is found whatever numbers it has, in another order, in the right plural", () => {
    const { text } = dictionary(
      {
        "{n} images": { one: "{n} Bild", other: "{n} Bilder" },
        "{a} of {b} images": "von {b} Bildern {a}",
        "{1} and {2}": "{2} und {1}",
        "Top 5": "Die ersten 5",
      },
      "de",
    );
    expect(text("1 images")).toBe("1 Bild");
    expect(text("60,000 images")).toBe("60.000 Bilder");
    expect(text("3 of 1,000 images")).toBe("von 1.000 Bildern 3");
    expect(text("1 and 2.5")).toBe("2,5 und 1");
    expect(text(" Top 5 ")).toBe(" Die ersten 5 ");
    // The 5 of the key is no place.
    expect(text("Top 6")).toBe("Top 6");
  });

  test("What stands in a place is translated, unless it is a name", () => {
    const { text, known } = dictionary(
      {
        "“{name}” was removed": "„{name}“ wurde entfernt",
        "The link cannot be opened: {why}. {instead}": "Der Link geht nicht auf: {why}. {instead}",
        "it is empty": "er ist leer",
        "Your work is as it was.": "Die Arbeit ist, wie sie war.",
        output: "Ausgabe",
      },
      "de",
    );
    expect(text("“output” was removed")).toBe("„output“ wurde entfernt");
    expect(text("The link cannot be opened: it is empty. Your work is as it was.")).toBe(
      "Der Link geht nicht auf: er ist leer. Die Arbeit ist, wie sie war.",
    );
    expect(known("Nothing of this is known")).toBeUndefined();
  });

  test("A text that was put together is translated part by part", () => {
    const { text } = dictionary({ "{n} maps": "{n} Karten", "half size": "halb so groß", Output: "Ausgabe" }, "de");
    expect(text("6 maps · half size")).toBe("6 Karten · halb so groß");
    expect(text("Output: 1,024 maps")).toBe("Ausgabe: 1.024 Karten");
    expect(text("Half size.")).toBe("Halb so groß.");
  });

  test("The pseudo-locale shows what is translated, with its places as they are", () => {
    const { text } = dictionary(pseudo({ "{name} was removed": "" }), "en");
    expect(text("C3 was removed")).toBe("⟦C3 ŵäš ŕémövéđ⟧");
    expect(text("was moved")).toBe("was moved");
  });
});

test("German by a link: texts, numbers, and what goes on changing while a person draws", async ({ lab, page }) => {
  const german = textsOf("de");
  await lab.open("?lang=de");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(lab.totalParams).toContainText("61.706");
  await expect(page.getByTestId("learn-button")).toHaveText(german.Learn as string);
  await expect(page.getByTestId("learn-button")).not.toHaveText("Learn");
  await expect(page.getByRole("tablist", { name: german.Areas as string })).toBeVisible();

  // Live numbers and texts stay live.
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await expect(lab.probability(7)).toHaveText(/^\d+,\d %$/);
  await lab.edit("C3");
  await lab.setField("channels", "20");
  await expect(lab.totalParams).toContainText("74.310");
  await expect(lab.totalParams).not.toContainText("61.706");
  await lab.undoEdit.click();
  await expect(lab.totalParams).toContainText("61.706");

  // A link that is given on is German as well.
  const keep = new Keep(page);
  await keep.openShare();
  await expect(keep.link).toHaveValue(/\?lang=de#lab=/);
  await expect(keep.frame).toHaveValue(/\?lang=de&amp;embed=/);
  await keep.closeShare();
  await expect(lab.errors).toHaveCount(0);
});

test("The choice in the menu applies at once, is kept, and gives way to a link", async ({ lab, page }) => {
  await lab.open();
  const root = page.locator("html");
  const language = page.getByTestId("language");
  await expect(root).toHaveAttribute("lang", "en");
  await lab.openMenu();
  await expect(language.locator("option")).toHaveText(["English", "Deutsch", "Español"]);
  await expect(language.locator("option[lang='de']")).toHaveText("Deutsch");
  await language.selectOption("de");
  await expect(root).toHaveAttribute("lang", "de");
  await expect(lab.totalParams).toContainText("61.706");
  await page.reload();
  await lab.waitReady();
  await expect(root).toHaveAttribute("lang", "de");
  await expect(lab.totalParams).toContainText("61.706");

  await lab.openMenu();
  await language.selectOption("en");
  await expect(lab.totalParams).toContainText("61,706");
  await expect(page.getByTestId("learn-button")).toHaveText("Learn");
  await page.keyboard.press("Escape");

  await lab.open("?lang=es");
  await expect(root).toHaveAttribute("lang", "es");
  await expect(page.getByTestId("learn-button")).toHaveText(textsOf("es").Learn as string);
  await lab.openMenu();
  await expect(language).toHaveValue("es");
  await language.selectOption("de");
  await expect(page).toHaveURL(/\?lang=de/);
  await page.reload();
  await lab.waitReady();
  await expect(root).toHaveAttribute("lang", "de");
});

test.describe("A browser in Spanish", () => {
  test.use({ locale: "es-MX" });

  test("opens the lab and its lessons in Spanish", async ({ lab, page }) => {
    await lab.open();
    await expect(page.locator("html")).toHaveAttribute("lang", "es");
    await page.getByTestId("learn-button").click();
    const title = page.getByTestId("lesson-link").first().locator("[lang]");
    await expect(title).toHaveAttribute("lang", "es");
    await expect(title).not.toHaveText("What a picture is to a network");
  });
});

/** Reaches beyond the window's sides, where the page itself would scroll. */
async function overflow(lab: Lab): Promise<number> {
  return lab.page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
}

test("By the pseudo-locale no screen has a text that is not translated, and none is too wide", async ({
  lab,
  page,
}) => {
  test.setTimeout(300_000);
  await page.setViewportSize(DESK);
  await lab.open("?lang=qps");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  // Each text once, with the place where it was seen first.
  const plain = new Map<string, string>();
  const wide: string[] = [];
  await everywhere(lab, async (place) => {
    for (const text of await untranslated(page)) {
      if (!plain.has(text)) plain.set(text, place);
    }
    if ((await overflow(lab)) > 0) wide.push(place);
  });
  await page.setViewportSize(PHONE);
  for (const area of ["look", "build", "train", "shrink", "attack", "deploy", "compare"] as const) {
    await lab.showArea(area);
    if ((await overflow(lab)) > 0) wide.push(`${area} on a phone`);
  }
  expect.soft(Object.fromEntries(plain)).toEqual({});
  expect(wide).toEqual([]);
});
