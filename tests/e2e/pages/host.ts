import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/**
 * The plainest of static hosts: it sends the files of dist/ with their types and no header of its
 * own. A test changes files on it, and switches it off.
 */
export class Host {
  readonly #path: string;
  readonly #changed = new Map<string, string>();
  readonly #server: Server;

  private constructor(path: string) {
    this.#path = path;
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://host");
      const inside = pathname.startsWith(path) ? pathname.slice(path.length) : "..";
      const file = normalize(inside || "index.html");
      const changed = this.#changed.get(file);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      if (changed !== undefined) {
        response.writeHead(200, { "content-type": type }).end(changed);
        return;
      }
      const source = join(DIST, file);
      stat(source).then(
        (found) => {
          if (file.startsWith("..") || !found.isFile()) {
            response.writeHead(404).end();
            return;
          }
          response.writeHead(200, { "content-type": type, "content-length": found.size });
          createReadStream(source).pipe(response);
        },
        () => response.writeHead(404).end(),
      );
    });
  }

  /** Serves dist/ below this path, which begins and ends with a slash. */
  static async start(path = "/"): Promise<Host> {
    const host = new Host(path);
    await new Promise<void>((resolve) => host.#server.listen(0, "127.0.0.1", resolve));
    return host;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#path}`;
  }

  /** The served content of a file. */
  async read(file: string): Promise<string> {
    return this.#changed.get(file) ?? (await readFile(join(DIST, file), "utf8"));
  }

  change(file: string, text: string): void {
    this.#changed.set(file, text);
  }

  /** Stops serving at this address. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
