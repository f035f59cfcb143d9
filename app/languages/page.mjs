// Shows the page in another language. The page goes on writing English; here each of its texts is
// replaced, before anything is painted, and the English is remembered. Fetched if the language is not
// English. `cargo xtask build` puts text.mjs in front of this file.
import { dictionary, pseudo } from "./text.mjs";

const ATTRIBUTES = [
  "title",
  "aria-label",
  "aria-description",
  "aria-roledescription",
  "aria-valuetext",
  "placeholder",
  "alt",
];
const HAVE_ATTRIBUTES = ATTRIBUTES.map((name) => `[${name}]`).join();
// A browser's translator makes `<font>` (translation.js).
const SKIPPED = "script, style, noscript, textarea, canvas, font, code, pre, [translate=no]";
// Text that is in its language already, such as a lesson's.
const SPOKEN = "[lang]";
const NOT_TRANSLATED = "script, style, [translate=no]";
const SOURCES = { de: "de", es: "es", qps: "de" };
const RIGHT_TO_LEFT = new Set(["qps"]);

const fonts = document.getElementsByTagName("font");
const root = document.documentElement;

// Of each text node: the page's own text, what was written here, and whether a translator emptied it.
const texts = new WeakMap();
// Of each element: attribute → the page's own text and what was written here.
const attributes = new WeakMap();
let words;
let rightToLeft = false;

// A number with its unit goes from left to right wherever it stands.
const NUMBERS = /[-−+≥≤<]?\s?\d[\d.,×:/−]*(?:\s?(?:%|[kMGT]?B|[kMGT]|ms|s|px))?(?![\p{L}\d])/gu;
const isolated = (text) => text.replace(NUMBERS, (number) => `\u2066${number}\u2069`);

const write = (node, text) => {
  const written = rightToLeft ? isolated(text) : text;
  texts.get(node).written = written;
  if (node.data !== written) node.data = written;
};

/** The text nodes beside this one, without an element between them: leptos makes one for each part. */
function runOf(node) {
  const beside = (step) => {
    let next = node[step];
    while (next?.nodeType === Node.COMMENT_NODE) next = next[step];
    return next?.nodeType === Node.TEXT_NODE ? next : undefined;
  };
  let first = node;
  for (let before = node; before; node = first, before = beside("previousSibling")) first = before;
  const run = [];
  for (node = first; node; node = beside("nextSibling")) run.push(node);
  return run;
}

function remember(node, foreign) {
  const known = texts.get(node);
  if (!known) texts.set(node, { own: node.data, written: node.data });
  else if (known.hidden && node.data === known.written) known.hidden = false;
  else if (foreign && fonts.length > 0 && node.data === "") known.hidden = true;
  else if (foreign || node.data !== known.written) {
    known.own = node.data;
    known.written = node.data;
    known.hidden = false;
  }
}

function translateRun(run) {
  if (run.some((node) => texts.get(node).hidden)) return;
  if (run[0].parentElement?.closest(SKIPPED)) return;
  const parent = run[0].parentElement;
  if (parent?.nodeName === "OPTION" && !parent.hasAttribute("value")) parent.value = parent.text;
  const own = run.map((node) => texts.get(node).own);
  if (parent?.closest(SPOKEN) !== root) {
    for (const [at, node] of run.entries()) write(node, words.numbers(own[at]));
    return;
  }
  const whole = run.length > 1 ? words.known(own.join("")) : undefined;
  if (whole === undefined) {
    for (const [at, node] of run.entries()) write(node, words.text(own[at]));
    return;
  }
  const at = own.findIndex((text) => text !== "");
  for (const [index, node] of run.entries()) write(node, index === at ? whole : "");
}

function translateAttribute(element, name) {
  const now = element.getAttribute(name);
  if (now === null || element.closest(NOT_TRANSLATED)) return;
  if (!attributes.has(element)) attributes.set(element, new Map());
  const known = attributes.get(element);
  const before = known.get(name);
  const own = before && before.written === now ? before.own : now;
  const written = words.text(own);
  known.set(name, { own, written });
  if (written !== now) element.setAttribute(name, written);
}

/** All text nodes in a node. */
function* textsIn(node) {
  if (node.nodeType === Node.TEXT_NODE) yield node;
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) yield walker.currentNode;
}

function* elementsIn(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  if (node.matches(HAVE_ATTRIBUTES)) yield node;
  yield* node.querySelectorAll(HAVE_ATTRIBUTES);
}

function translateAll(nodes) {
  const done = new Set();
  for (const top of nodes) {
    for (const node of textsIn(top)) {
      if (done.has(node)) continue;
      const run = runOf(node);
      for (const one of run) {
        remember(one, false);
        done.add(one);
      }
      translateRun(run);
    }
    for (const element of elementsIn(top)) {
      for (const name of ATTRIBUTES) translateAttribute(element, name);
    }
  }
}

function changed(records) {
  const added = new Set();
  const written = new Set();
  for (const { type, target, addedNodes, removedNodes, attributeName, nextSibling, previousSibling } of records) {
    if (type === "attributes") translateAttribute(target, attributeName);
    if (type === "characterData") {
      remember(target, true);
      written.add(target);
    }
    for (const node of addedNodes) added.add(node);
    if (removedNodes.length > 0) {
      // What was one run with the removed text, or is one now.
      for (const node of [previousSibling, nextSibling]) {
        if (node?.nodeType === Node.TEXT_NODE) written.add(node);
      }
    }
  }
  translateAll([...added, ...written].filter((node) => node.isConnected));
  // What was changed here is known.
  observer.takeRecords();
}

const observer = new MutationObserver(changed);

function watch() {
  observer.observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ATTRIBUTES,
  });
  translateAll([root]);
  observer.takeRecords();
}

/** Puts the page's own texts back. */
function restore() {
  observer.disconnect();
  for (const node of textsIn(root)) {
    const known = texts.get(node);
    if (known && !known.hidden && node.data === known.written) node.data = known.written = known.own;
  }
  for (const element of elementsIn(root)) {
    for (const [name, { own, written }] of attributes.get(element) ?? []) {
      if (element.getAttribute(name) === written) element.setAttribute(name, own);
    }
  }
}

/** Shows the page in this language from now on; English if its texts cannot be fetched. */
export async function speak(language) {
  let found;
  if (language in SOURCES) {
    const response = await fetch(new URL(`../texts/${SOURCES[language]}.json`, import.meta.url));
    if (!response.ok) throw new Error(`the texts of this language: ${response.status}`);
    found = await response.json();
  }
  restore();
  root.lang = language;
  rightToLeft = RIGHT_TO_LEFT.has(language);
  root.dir = rightToLeft ? "rtl" : "ltr";
  if (found === undefined) return;
  words = dictionary(language === "qps" ? pseudo(found) : found, language === "qps" ? "en" : language);
  watch();
}

/** As `speak`, and keeps the choice; a link that names a language names this one. */
export async function choose(language) {
  await speak(language);
  const address = new URL(location.href);
  if (address.searchParams.has("lang")) {
    address.searchParams.set("lang", language);
    history.replaceState(history.state, "", address);
  }
  // An embedded page stores nothing.
  if (address.searchParams.has("embed")) return;
  try {
    localStorage.setItem("cnn-lab/language", language);
  } catch {
    // Then the choice lasts for this visit.
  }
}
