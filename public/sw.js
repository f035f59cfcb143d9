// Keeps the site on the person's machine, so that it opens without a network.
//
// A file is kept under its address and its hash, so that two versions never mix, an update fetches
// only what has changed, and whatever belongs to no current file is old.
"use strict";

// The build writes the site here: each file's hash, its bytes, and 1 if the first screen needs it.
const SITE = { version: "unbuilt", files: {} };

const SCOPE = self.registration.scope;
const FILES = new Map(Object.entries(SITE.files));
// Two labs below two paths of one host share the browser's storage.
const CACHE = `cnn-lab ${SCOPE}`;

// A worker has the policy of its own answer, and a static host sends none.
const WORKER_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const addressOf = (path) => new URL(path === "index.html" ? "./" : path, SCOPE).href;
const keyOf = (path) => `${addressOf(path)}?kept=${FILES.get(path)[0]}`;

/** The site's file that this address means, whatever is asked behind its question mark. */
function pathOf(address) {
  if (!address.startsWith(SCOPE)) return undefined;
  const path = address.slice(SCOPE.length).replace(/[?#].*$/s, "") || "index.html";
  return FILES.has(path) ? path : undefined;
}

async function hashOf(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer)).subarray(0, 16);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps an answer, if it is this version's file and not an older or a newer one. */
async function keep(path, response) {
  const cache = await caches.open(CACHE);
  const [copy, whole] = [response.clone(), await response.arrayBuffer()];
  if (!copy.ok || (await hashOf(whole)) !== FILES.get(path)[0]) {
    throw new Error(`${path} is not the file that belongs to version ${SITE.version}`);
  }
  await cache.put(keyOf(path), copy);
}

async function fetchAndKeep(path) {
  const cache = await caches.open(CACHE);
  if (await cache.match(keyOf(path))) return;
  // Asks the host whether a copy that the browser has is still the newest.
  await keep(path, await fetch(addressOf(path), { cache: "no-cache" }));
}

const paths = (wanted) => [...FILES].filter(([, file]) => wanted(file)).map(([path]) => path);

self.addEventListener("install", (event) => {
  const first = paths(([, , first]) => first);
  event.waitUntil(Promise.all(first.map(fetchAndKeep)));
});

async function removeOld() {
  const cache = await caches.open(CACHE);
  const current = new Set([...FILES.keys()].map(keyOf));
  const old = (await cache.keys()).filter((request) => !current.has(request.url));
  await Promise.all(old.map((request) => cache.delete(request)));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOld().then(() => self.clients.claim()));
});

/** A file from the machine, or from the host and then kept. */
async function answer(path, event) {
  // A browser that has lost its storage answers like one that never kept anything.
  const cache = await caches.open(CACHE).catch(() => undefined);
  const kept = await cache?.match(keyOf(path)).catch(() => undefined);
  const response = kept ?? (await fetch(event.request));
  if (!kept && response.ok) {
    const copy = response.clone();
    // What cannot be kept, because the disk is full or the host has moved on, is fetched next time.
    event.waitUntil(keep(path, copy).catch(() => undefined));
  }
  if (path === "worker.js") return withPolicy(response);
  // A browser refuses to show a page that was sent elsewhere on its way.
  return response.redirected ? new Response(response.body, response) : response;
}

function withPolicy(response) {
  const headers = new Headers(response.headers);
  headers.set("content-security-policy", WORKER_POLICY);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

self.addEventListener("fetch", (event) => {
  const { method, headers, url } = event.request;
  const path = method === "GET" && !headers.has("range") ? pathOf(url) : undefined;
  // Everything else goes the browser's own way.
  if (path !== undefined) event.respondWith(answer(path, event));
});

/** How much of the site is on the machine, for the page. */
async function state() {
  const cache = await caches.open(CACHE);
  const keys = new Set((await cache.keys()).map((request) => request.url));
  let [kept, all] = [0, 0];
  // Of each data set: its bytes on the machine, and all of them.
  const folders = {};
  for (const [path, [, bytes]] of FILES) {
    const here = keys.has(keyOf(path)) ? bytes : 0;
    all += bytes;
    kept += here;
    const folder = /^data\/[^/]+\//.exec(path)?.[0];
    if (folder === undefined) continue;
    folders[folder] ??= [0, 0];
    folders[folder][0] += here;
    folders[folder][1] += bytes;
  }
  return { version: SITE.version, kept, all, folders };
}

async function keepAll(tell, folder) {
  for (const path of [...FILES.keys()].filter((path) => path.startsWith(folder))) {
    await fetchAndKeep(path);
    await tell();
  }
}

// The page says "state", "keep-all", "keep " with a folder or, when the person wants the newer version,
// "take-over".
self.addEventListener("message", (event) => {
  const tell = async (more) => event.source.postMessage({ ...(await state()), ...more });
  const told = (work) =>
    event.waitUntil(work.catch((error) => event.source.postMessage({ failed: error.message })));
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data === "state") told(tell());
  if (event.data === "keep-all") told(keepAll(tell, ""));
  const folder = /^keep (.+)$/.exec(event.data)?.[1];
  if (folder) told(keepAll(tell, folder).then(() => tell({ done: true })));
});
