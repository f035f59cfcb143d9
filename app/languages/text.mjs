// Texts in another language, without a document. The key of a text is its English, as in gettext; in a
// key `{name}` stands for whatever the page puts there, and a number is a number. So one key is found
// for "3 of 10 images" and for "1 of 60,000 images".

// 1 · 61,706 · 0.25 · −12.3 · 2.5e-4, but not the 1 of C1, the 5 of LeNet-5, or a part of 1.2.3.
const NUMBER =
  /(?<![\p{L}\p{N}_.,]|\p{L}[-‑])(?:(?<![)\]%])[-−+])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-−+]?\d+)?(?![\p{L}\p{N}_]|[.,]\d)/gu;
const SLOT = /\{([a-z0-9_]*)\}/gi;
const MARK = "\u0000";

/** A text with a mark in the place of each number, and the numbers. */
export function template(text) {
  const numbers = [];
  const marked = text.replace(NUMBER, (number) => {
    numbers.push(number);
    return MARK;
  });
  return { marked, numbers };
}

/** Writes the numbers of English texts as a language does. */
export function numberWriter(language) {
  const formats = new Map();
  const format = (places) => {
    if (!formats.has(places)) {
      const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
      formats.set(places, new Intl.NumberFormat(language, digits));
    }
    return formats.get(places);
  };
  const point = format(1).formatToParts(0.5).find(({ type }) => type === "decimal").value;
  return (number) => {
    const [, sign, whole, part = "", power = ""] =
      /^([-−+]?)([\d,]+)(?:\.(\d+))?(.*)$/u.exec(number);
    // A year has no separator in any language.
    const left = whole.includes(",")
      ? format(0).format(BigInt(whole.replaceAll(",", "")))
      : whole;
    return sign + left + (part && point + part) + power;
  };
}

const valueOf = (number) => Number(number.replaceAll(",", "").replace("−", "-"));

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** What a key consists of: its texts, and between them a name or a number. */
function read(key) {
  const slots = [];
  const texts = key.split(SLOT);
  const pieces = [];
  let open = "";
  let place = 0;
  for (const [at, part] of texts.entries()) {
    if (at % 2 === 1) {
      pieces.push(open);
      slots.push({ name: part || String(++place) });
      open = "";
      continue;
    }
    const { marked, numbers } = template(part);
    const [first, ...more] = marked.split(MARK);
    open += first;
    for (const [index, text] of more.entries()) {
      pieces.push(open);
      slots.push({ number: numbers[index] });
      open = text;
    }
  }
  pieces.push(open);
  return { pieces, slots };
}

const BUCKET = 4;
/** Texts stand in texts so deep at most. */
const DEEPEST = 4;

/** The texts of one language. `texts` has a text, or one for each plural category, for each key. */
export function dictionary(texts, language) {
  const write = numberWriter(language);
  const plurals = new Intl.PluralRules(language);
  const exact = new Map();
  const starts = new Map();
  const ends = new Map();
  const others = [];
  const put = (map, key, entry) => {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(entry);
  };
  for (const [key, text] of Object.entries(texts)) {
    if (!text) continue;
    const { pieces, slots } = read(key);
    const entry = { pieces, slots, text, weight: pieces.join("").length };
    put(exact, pieces.join(MARK), entry);
    // What begins with a comma is found behind it as well.
    const bare = /^[,;:·–—]\s+/u.exec(key)?.[0];
    if (bare && typeof text === "string" && text.startsWith(bare[0]) && slots.length === 0) {
      put(exact, key.slice(bare.length), { pieces, slots, text: text.slice(1).trimStart(), weight: 0 });
    }
    if (!slots.some(({ name }) => name)) continue;
    const pattern = pieces
      .map((piece, at) => {
        const slot = slots[at - 1];
        const before = at === 0 ? "" : slot.name ? "(.*?)" : `(${escaped(slot.number)})`;
        return before + escaped(piece);
      })
      .join("");
    entry.pattern = new RegExp(`^${pattern}$`, "su");
    entry.longest = pieces.reduce((one, other) => (other.length > one.length ? other : one));
    // A pattern without words would match anything.
    if (!/\p{L}{2}/u.test(entry.longest)) continue;
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (first.length >= BUCKET) put(starts, first.slice(0, BUCKET), entry);
    else if (last.length >= BUCKET) put(ends, last.slice(-BUCKET), entry);
    else others.push(entry);
  }

  const fill = (entry, values, depth) => {
    let text = entry.text;
    if (typeof text !== "string") {
      const { by, ...forms } = text;
      const at = entry.slots.findIndex(({ name }, at) =>
        by === undefined ? isNumber(values[at]) : name === by,
      );
      const category = at < 0 ? "other" : plurals.select(valueOf(values[at] ?? "0"));
      text = forms[category] ?? forms.other;
    }
    const value = (name) => {
      const at = entry.slots.findIndex((slot) => slot.name === name);
      if (at < 0) return undefined;
      if (isNumber(values[at])) return write(values[at]);
      // “What is quoted” is a name that somebody gave.
      if (entry.pieces[at].endsWith("“") && entry.pieces[at + 1].startsWith("”")) return values[at];
      return known(values[at], depth + 1) ?? plain(values[at]);
    };
    let place = 0;
    return text.replaceAll(SLOT, (all, name) => value(name || String(++place)) ?? all);
  };

  const isNumber = (value) => {
    const { marked, numbers } = template(value ?? "");
    return numbers.length === 1 && marked === MARK;
  };

  const plain = (text) => text.replaceAll(NUMBER, write);

  /** The translation of exactly this text, if there is one. */
  const one = (text, depth) => {
    const { marked, numbers } = template(text);
    for (const entry of exact.get(marked) ?? []) {
      const agree = entry.slots.every(({ number }, at) => number === undefined || number === numbers[at]);
      if (agree) return fill(entry, numbers, depth);
    }
    if (depth > DEEPEST) return undefined;
    let best;
    const tried = [starts.get(text.slice(0, BUCKET)), ends.get(text.slice(-BUCKET)), others];
    for (const entries of tried) {
      for (const entry of entries ?? []) {
        if (best && best.entry.weight >= entry.weight) continue;
        if (!text.includes(entry.longest)) continue;
        const found = entry.pattern.exec(text);
        // A place at the beginning is not a sentence before this one.
        if (!found || (entry.pieces[0] === "" && /[.:;!?] /u.test(found[1]))) continue;
        best = { entry, values: found.slice(1) };
      }
    }
    return best && fill(best.entry, best.values, depth);
  };

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const small = (text) => text.charAt(0).toLowerCase() + text.slice(1);

  /** As `one`, also of a text that ends with a mark or begins with a capital because of where it stands. */
  const near = (text, depth) => {
    const found = one(text, depth);
    if (found !== undefined) return found;
    const end = /[.:…!?,;]$/u.exec(text)?.[0];
    const bare = end && text.slice(0, -1).trimEnd();
    if (bare) {
      const found = near(bare, depth);
      if (found !== undefined) return found + end;
    }
    const lower = small(text);
    if (lower !== text) {
      const other = one(lower, depth);
      return other === undefined ? undefined : capital(other);
    }
    // German nouns have a capital wherever they stand. No pattern: “Kernel {n}” is not “kernel height”.
    const other = one(capital(text), DEEPEST + 1);
    return other === undefined || language === "de" ? other : small(other);
  };

  // What stands between texts that were put together, the strongest first.
  const BETWEEN = [
    /((?<=[.!?…])\s+)/u,
    /(\n+)/u,
    /(\s+[–—·|]\s+)/u,
    /(;\s+)/u,
    /(:\s+)/u,
    /(,\s+)/u,
    /(\s*[()]\s*)/u,
    /(\s+[×+÷→=−/]\s+)/u,
    /((?<=^[≥≤<]?\s?[\d.,]+(?: [kMGT])?)\s+)/u,
    /(\s+(?=(?:on|off|[\d.,×−]+)$))/u,
    /([“”])/u,
  ];

  /** The translation of this text or of parts of it; undefined if none is known. */
  const known = (text, depth = 0) => {
    if (!/\p{L}/u.test(text)) return undefined;
    const whole = near(text, depth);
    if (whole !== undefined || depth > DEEPEST) return whole;
    for (const between of BETWEEN) {
      const parts = text.split(between);
      if (parts.length < 3) continue;
      let any = false;
      let joined = "";
      for (let at = 0; at < parts.length; at += 1) {
        if (at % 2 === 1 || parts[at] === "") {
          joined += parts[at];
          continue;
        }
        // Several parts may be one text.
        let end = Math.min(parts.length - 1, at + 12);
        let found;
        for (; end > at && found === undefined; end -= 2) {
          if (at > 0 || end < parts.length - 1) found = near(parts.slice(at, end + 1).join(""), depth + 1);
        }
        if (found === undefined) found = known(parts[at], depth + 1);
        else at = end + 2;
        any ||= found !== undefined;
        joined += found ?? plain(parts[at]);
      }
      if (any) return joined;
    }
    return undefined;
  };

  // What is written again and again, as while a person draws, is looked up once.
  const remembered = new Map();
  const translated = (text) => {
    if (remembered.has(text)) return remembered.get(text);
    const [, before, core, after] = /^(\s*)(.*?)(\s*)$/su.exec(text);
    const found = core === "" ? undefined : known(core);
    const all = found === undefined ? undefined : before + found + after;
    if (remembered.size > 4000) remembered.clear();
    remembered.set(text, all);
    return all;
  };

  return {
    /** The translation of a text; undefined if nothing in it is known. */
    known: translated,
    /** The text with its numbers as this language writes them. */
    numbers: plain,
    /** The translation as far as there is one. */
    text: (text) => translated(text) ?? plain(text),
  };
}

const ACCENTS = new Map(
  [..."aAcCdDeEgGhHiIjJkKlLnNoOrRsStTuUwWyYzZ"].map((letter, at) => [
    letter,
    [..."äÄçÇđĐéÉĝĜĥĤîÎĵĴķĶĺĹñÑöÖŕŔšŠŧŦûÛŵŴýÝžŽ"][at],
  ]),
);

/** Every key as a text that shows whether it was translated: ⟦Ķérñéĺ⟧. */
export function pseudo(texts) {
  const accented = (text) => text.replaceAll(/[a-z]/gi, (letter) => ACCENTS.get(letter) ?? letter);
  const one = (key) => {
    const parts = key.split(/(\{[a-z0-9_]*\})/i);
    return `⟦${parts.map((part, at) => (at % 2 === 1 ? part : accented(part))).join("")}⟧`;
  };
  return Object.fromEntries(Object.keys(texts).map((key) => [key, one(key)]));
}
