// Serves the built site, the rivals' packages and the networks from one address, each page isolated
// from all others, which is what gives its clock steps of 5 µs rather than 100 µs.

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDERS = {
  page: fileURLToPath(new URL("page/", import.meta.url)),
  npm: fileURLToPath(new URL("node_modules/", import.meta.url)),
};
const MIME = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};
const NPM = "/peers/npm/";
const LITERT = "@litertjs/core/dist/index.js";
const WIRE = fileURLToPath(new URL("../../../../engine/src/session/wire.rs", import.meta.url));

/** The version of the words between page and engine. */
async function protocol() {
  const found = /PROTOCOL: u32 = (\d+);/.exec(await readFile(WIRE, "utf8"));
  if (!found) throw new Error(`${WIRE} has no version`);
  return found[1];
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">';

/** `data` holds the files below peers/data by name. Gives the address and `close`. */
export async function serve(site, data) {
  const server = createServer((asked, answer) => {
    respond(site, data, asked, answer).catch((error) => {
      console.error(`${asked.url}: ${error.message}`);
      answer.writeHead(404, ISOLATED).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://127.0.0.1:${server.address().port}/`, close };
}

async function respond(site, data, asked, answer) {
  const path = decodeURIComponent(new URL(asked.url, "http://localhost").pathname);
  const [, room, place] = /^\/peers\/(\w*)\/?(.*)$/.exec(path) ?? [];
  if (room === undefined) return proxy(site, asked, answer);
  if (room === "") {
    answer.writeHead(200, { ...ISOLATED, "content-type": "text/html" }).end(PAGE);
    return;
  }
  if (room === "data" && place === "protocol") {
    answer.writeHead(200, { ...ISOLATED, "content-type": MIME[".json"] }).end(await protocol());
    return;
  }
  if (room === "data") {
    const bytes = data.get(place);
    if (!bytes) throw new Error("no such file");
    const headers = { "content-type": "application/octet-stream", "cache-control": "no-store" };
    answer.writeHead(200, { ...ISOLATED, ...headers, "content-length": bytes.length }).end(bytes);
    return;
  }
  const file = join(FOLDERS[room], normalize(`/${place}`));
  const headers = { "content-type": MIME[extname(file)] ?? "application/octet-stream" };
  if (place === LITERT) {
    // A worker has no map of imports.
    const text = (await readFile(file, "utf8")).replace(/(from\s*")(@litertjs\/[\w-]+)"/g, `$1${NPM}$2/dist/index.js"`);
    answer.writeHead(200, { ...ISOLATED, ...headers }).end(text);
    return;
  }
  const { size } = await stat(file);
  answer.writeHead(200, { ...ISOLATED, ...headers, "content-length": size });
  createReadStream(file).pipe(answer);
}

function proxy(site, asked, answer) {
  const onward = request(new URL(asked.url, site), (got) => {
    answer.writeHead(got.statusCode, { ...got.headers, ...ISOLATED });
    got.pipe(answer);
  });
  onward.on("error", (error) => {
    console.error(`${asked.url}: ${error.message}`);
    answer.writeHead(502, ISOLATED).end();
  });
  onward.end();
}
