import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

import { WebSocket } from "ws";

/** Input as WebDriver describes it (W3C, WebDriver, section 15.5); WebDriver BiDi takes the same. */
export type Action =
  | { readonly type: "pointerMove"; readonly x: number; readonly y: number; readonly duration?: number }
  | { readonly type: "pointerDown" | "pointerUp"; readonly button: number }
  | { readonly type: "keyDown" | "keyUp"; readonly value: string };

/** A browser that Playwright does not drive: the system's own Firefox or WebKit. */
export interface Remote {
  /** Loads an address and waits for its load event. */
  goto(address: string): Promise<void>;
  /** Runs a function of the page; what it is given and gives is JSON. */
  run<T, A extends readonly unknown[]>(work: (...given: A) => T | Promise<T>, ...given: A): Promise<T>;
  act(device: "mouse" | "keyboard", actions: readonly Action[]): Promise<void>;
  end(): Promise<void>;
}

const WINDOW = { width: 1280, height: 800 };

/** A function and what it is given as the body of a script that gives JSON text. */
function script(work: (...given: never[]) => unknown, given: readonly unknown[]): string {
  return `return Promise.resolve((${work.toString()})(...${JSON.stringify(given)}))
    .then((result) => JSON.stringify(result ?? null))`;
}

/** The sources that WebDriver's actions come from. */
function sources(device: "mouse" | "keyboard", actions: readonly Action[]): object[] {
  return device === "mouse"
    ? [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }]
    : [{ type: "key", id: "keyboard", actions }];
}

/** The first match in what a program prints; throws all that it printed when it ends before. */
function printed(child: ChildProcess, stream: Readable, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (piece: string) => {
      text += piece;
      const [, found] = pattern.exec(text) ?? [];
      if (found !== undefined) {
        resolve(found);
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${child.spawnfile} ended: ${text}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
  }
}

/** Firefox by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/). */
export class Firefox implements Remote {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { done: (result: never) => void; failed: (why: Error) => void }>();
  #context = "";

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data) => {
      const { id, type, result, error, message } = JSON.parse(String(data));
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (type === "error") {
        waiting?.failed(new Error(`${error}: ${message}`));
      } else {
        waiting?.done(result as never);
      }
    });
  }

  static async start(program: string): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "cnn-lab-firefox-"));
    const words = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"];
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
    const address = await printed(child, child.stderr as Readable, /listening on (ws:\S+)/);
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const firefox = new Firefox(child, profile, socket);
    await firefox.#send("session.new", { capabilities: {} });
    const { contexts } = await firefox.#send<{ contexts: { context: string }[] }>(
      "browsingContext.getTree",
      {},
    );
    firefox.#context = contexts[0].context;
    await firefox.#send("browsingContext.setViewport", { context: firefox.#context, viewport: WINDOW });
    return firefox;
  }

  #sent = 0;

  #send<T>(method: string, params: object): Promise<T> {
    this.#sent += 1;
    const id = this.#sent;
    return new Promise<T>((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async goto(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  async run<T, A extends readonly unknown[]>(
    work: (...given: A) => T | Promise<T>,
    ...given: A
  ): Promise<T> {
    const answer = await this.#send<{
      result?: { value: string };
      exceptionDetails?: { text: string };
    }>("script.callFunction", {
      functionDeclaration: `function () { ${script(work as never, given)} }`,
      awaitPromise: true,
      target: { context: this.#context },
    });
    if (!answer.result) {
      throw new Error(answer.exceptionDetails?.text);
    }
    return JSON.parse(answer.result.value);
  }

  async act(device: "mouse" | "keyboard", actions: readonly Action[]): Promise<void> {
    const context = this.#context;
    await this.#send("input.performActions", { context, actions: sources(device, actions) });
  }

  async end(): Promise<void> {
    this.#socket.close();
    await stop(this.#child);
    await rm(this.#profile, { recursive: true, force: true });
  }
}

/** WebKitGTK's browser by WebDriver (https://w3c.github.io/webdriver/), on a screen of Xvfb's. */
export class WebKit implements Remote {
  readonly #children: readonly ChildProcess[];
  readonly #session: string;

  private constructor(children: readonly ChildProcess[], session: string) {
    this.#children = children;
    this.#session = session;
  }

  static async start(driver: string): Promise<WebKit> {
    const screen = spawn(
      "Xvfb",
      ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
      { stdio: ["ignore", "ignore", "ignore", "pipe"] },
    );
    const display = await printed(screen, screen.stdio[3] as Readable, /(\d+)\n/);
    const port = await freePort();
    const service = spawn(driver, [`--port=${port}`], {
      stdio: "ignore",
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        // As root, as in a container, there is no sandbox; without a graphics card no compositing.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
        LIBGL_ALWAYS_SOFTWARE: "1",
      },
    });
    const children = [service, screen];
    try {
      const root = `http://127.0.0.1:${port}`;
      const { sessionId } = await untilItAnswers(() =>
        ask<{ sessionId: string }>("POST", `${root}/session`, { capabilities: {} }),
      );
      const webkit = new WebKit(children, `${root}/session/${sessionId}`);
      await webkit.#ask("window/rect", { x: 0, y: 0, width: WINDOW.width, height: WINDOW.height + 100 });
      await webkit.#ask("timeouts", { script: 60_000, pageLoad: 60_000 });
      return webkit;
    } catch (error) {
      await Promise.all(children.map(stop));
      throw error;
    }
  }

  #ask<T>(what: string, body: object): Promise<T> {
    return ask("POST", `${this.#session}/${what}`, body);
  }

  async goto(url: string): Promise<void> {
    await this.#ask("url", { url });
  }

  async run<T, A extends readonly unknown[]>(
    work: (...given: A) => T | Promise<T>,
    ...given: A
  ): Promise<T> {
    const body = { script: script(work as never, given), args: [] };
    return JSON.parse(await this.#ask<string>("execute/sync", body));
  }

  async act(device: "mouse" | "keyboard", actions: readonly Action[]): Promise<void> {
    await this.#ask("actions", { actions: sources(device, actions) });
  }

  async end(): Promise<void> {
    await ask("DELETE", this.#session).catch(() => undefined);
    await Promise.all(this.#children.map(stop));
  }
}

/** A free port of this machine. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ask<T>(method: string, address: string, body?: object): Promise<T> {
  const answer = await fetch(address, { method, body: body && JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) {
    throw new Error(`${address}: ${value.error}: ${value.message}`);
  }
  return value;
}

/** Retries until the address accepts connections. */
async function untilItAnswers<T>(attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 30_000; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TypeError) || Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
