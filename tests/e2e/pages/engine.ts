import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { type Page, test } from "@playwright/test";

import { cnnlab, ROOT } from "./cnnlab.ts";

/** The version of the requests and replies; `engine/src/session/wire.rs` says how they are framed. */
const PROTOCOL = Number(
  /PROTOCOL: u32 = (\d+);/.exec(readFileSync(resolve(ROOT, "engine/src/session/wire.rs"), "utf8"))?.[1],
);

export type Device = "cpu" | "gpu";

/** A piece of a message's payload; the bytes themselves stay in the page. */
export type Part =
  /** This many values, uniform in ± 1, generated from the seed. */
  | { readonly kind: "noise"; readonly count: number; readonly seed: number }
  /** A picture of red, green, blue and opacity: bars in all directions and colours. */
  | { readonly kind: "photo"; readonly width: number; readonly height: number }
  /** The payload of an earlier answer. */
  | { readonly kind: "answer"; readonly answer: number };

export interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface Graph {
  readonly name: string;
  readonly input: Shape;
  readonly nodes: readonly {
    readonly id: number;
    readonly name: string;
    readonly layer: { readonly kind: string; readonly function?: string };
    readonly inputs: readonly number[];
  }[];
}

/** An event: its header, and where the page has its payload. */
export interface Answer {
  readonly event: string;
  readonly message?: string;
  readonly bytes: number;
  readonly stored: number;
  readonly [field: string]: unknown;
}

/** The document of a network of the zoo. */
export function zooGraph(name: string): Graph {
  return (JSON.parse(cnnlab("document", name)) as { graph: Graph }).graph;
}

export function elements({ channels, height, width }: Shape): number {
  return channels * height * width;
}

/**
 * A page in the site's folder that is not the lab's, so that nothing runs beside the engines that
 * the test starts; the workers' addresses are relative to it.
 */
export async function openBarePage(page: Page): Promise<void> {
  // With an icon of its own, or the browser asks for one that the site does not have.
  const body = '<!doctype html><title>bare</title><link rel="icon" href="data:,">';
  test.info().annotations.push({ type: "bare page", description: "the lab's is not there" });
  await page.route("**/bare.html", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto("bare.html");
}

/** An engine worker, driven as the page drives it. */
export class Engine {
  private request = 0;

  private constructor(
    readonly page: Page,
    readonly index: number,
  ) {}

  /** Starts a worker and waits for its greeting; throws the sentence of one that cannot start. */
  static async start(page: Page, device: Device): Promise<Engine> {
    const index = await page.evaluate(startInPage, device);
    const greeting = await page.evaluate(nextInPage, index);
    const engine = new Engine(page, index);
    if (greeting.event !== "ready") {
      await engine.end();
      throw new Error(greeting.message);
    }
    return engine;
  }

  async ask(
    command: string,
    fields: Readonly<Record<string, unknown>>,
    payload: readonly Part[] = [],
  ): Promise<Answer> {
    this.request += 1;
    const header = { id: this.request, command: { command, ...fields } };
    const [index, protocol] = [this.index, PROTOCOL];
    await this.page.evaluate(sendInPage, { index, protocol, header, payload });
    for (;;) {
      const answer = await this.page.evaluate(nextInPage, this.index);
      // A job says that it has started and how much of it is done, before its result.
      if (answer.event !== "started" && answer.event !== "progress") {
        return answer;
      }
    }
  }

  /** Sends a request and expects this event as the result. */
  async expect(
    event: string,
    command: string,
    fields: Readonly<Record<string, unknown>>,
    payload: readonly Part[] = [],
  ): Promise<Answer> {
    const answer = await this.ask(command, fields, payload);
    if (answer.event !== event) {
      throw new Error(`${command} was answered with ${answer.event}: ${answer.message}`);
    }
    return answer;
  }

  async load(graph: unknown, seed: number): Promise<Answer> {
    return await this.ask("load", { graph, weights: { from: "seeded", seed } });
  }

  /** The number of values of a payload that are not finite. */
  async nonFinite(answer: Answer): Promise<number> {
    return await this.page.evaluate(nonFiniteInPage, answer.stored);
  }

  /** The number of different values of a payload. */
  async distinct(answer: Answer): Promise<number> {
    return await this.page.evaluate(distinctInPage, answer.stored);
  }

  async end(): Promise<void> {
    await this.page.evaluate(endInPage, this.index);
  }
}

/** The state in the page: its workers, their unread messages, and payloads. */
interface Held {
  engines: { worker: Worker; said: unknown[]; waiting: ((said: unknown) => void)[] }[];
  payloads: Uint8Array[];
}

function startInPage(device: Device): number {
  const page = window as unknown as { held?: Held };
  const held = (page.held ??= { engines: [], payloads: [] });
  const index = held.engines.length;
  const worker = new Worker(`worker.js?device=${device}&name=test-${index}`);
  const engine: Held["engines"][number] = { worker, said: [], waiting: [] };
  const say = (said: unknown): void => {
    const waiting = engine.waiting.shift();
    if (waiting) {
      waiting(said);
    } else {
      engine.said.push(said);
    }
  };
  worker.onmessage = ({ data }) => say(data);
  worker.onerror = ({ message }) => say({ failed: message });
  held.engines.push(engine);
  return index;
}

function sendInPage(message: {
  index: number;
  protocol: number;
  header: object;
  payload: readonly Part[];
}): void {
  const { held } = window as unknown as { held: Held };
  const bytesOf = (part: Part): Uint8Array => {
    if (part.kind === "answer") {
      return held.payloads[part.answer];
    }
    if (part.kind === "photo") {
      const rgba = new Uint8Array(part.width * part.height * 4);
      for (let at = 0; at < part.width * part.height; at += 1) {
        const [x, y] = [at % part.width, Math.floor(at / part.width)];
        const bars = [x >> 3, y >> 4, (x + y) >> 5].map((bar) => (bar * 85) % 256);
        rgba.set([...bars, 255], at * 4);
      }
      return rgba;
    }
    // Numerical Recipes' linear congruential generator; its upper bits are random enough.
    let state = part.seed >>> 0;
    const values = Float32Array.from({ length: part.count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) / 2 ** 23 - 1;
    });
    return new Uint8Array(values.buffer);
  };
  const parts = message.payload.map(bytesOf);
  const header = new TextEncoder().encode(JSON.stringify(message.header));
  const filled = Math.ceil(header.length / 4) * 4;
  const length = parts.reduce((sum, part) => sum + part.length, 8 + filled);
  const buffer = new Uint8Array(length);
  const words = new DataView(buffer.buffer);
  words.setUint32(0, message.protocol, true);
  words.setUint32(4, filled, true);
  buffer.fill(32, 8, 8 + filled);
  buffer.set(header, 8);
  let at = 8 + filled;
  for (const part of parts) {
    buffer.set(part, at);
    at += part.length;
  }
  held.engines[message.index].worker.postMessage(buffer.buffer, [buffer.buffer]);
}

async function nextInPage(index: number): Promise<Answer> {
  const { held } = window as unknown as { held: Held };
  const engine = held.engines[index];
  const said = await new Promise<unknown>((take) => {
    if (engine.said.length > 0) {
      take(engine.said.shift());
    } else {
      engine.waiting.push(take);
    }
  });
  if (!(said instanceof ArrayBuffer)) {
    const { failed } = said as { failed: string };
    return { event: "ended", message: failed, bytes: 0, stored: -1 };
  }
  const length = new DataView(said).getUint32(4, true);
  // `{"id": …, "event": {"<event>": {its fields}}}`; an event without fields is its name alone.
  const text = new TextDecoder().decode(new Uint8Array(said, 8, length));
  const reply = (JSON.parse(text) as { event: string | Record<string, object> }).event;
  const [[event, fields]] = typeof reply === "string" ? [[reply, {}]] : Object.entries(reply);
  const failure = (fields as { failure?: { json: string } }).failure;
  const payload = new Uint8Array(said, 8 + length);
  const stored = held.payloads.push(payload) - 1;
  return { ...fields, event, message: failure?.json, bytes: payload.length, stored };
}

function nonFiniteInPage(stored: number): number {
  const { held } = window as unknown as { held: Held };
  const bytes = held.payloads[stored];
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return values.filter((value) => !Number.isFinite(value)).length;
}

function distinctInPage(stored: number): number {
  const { held } = window as unknown as { held: Held };
  const bytes = held.payloads[stored];
  return new Set(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)).size;
}

function endInPage(index: number): void {
  const { held } = window as unknown as { held: Held };
  held.engines[index].worker.terminate();
  held.payloads.length = 0;
}
