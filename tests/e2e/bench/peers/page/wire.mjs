// The words between a page and the engine's worker: engine/src/session/wire.rs.

const PROTOCOL = await (await fetch(new URL("../data/protocol", import.meta.url))).json();

/** A request, `{ id, command }`, with the bytes that belong to it, as one buffer. */
export function encode(header, payload = new Uint8Array(0)) {
  const text = JSON.stringify(header);
  const words = new TextEncoder().encode(text);
  const length = Math.ceil(words.length / 4) * 4;
  const buffer = new ArrayBuffer(8 + length + payload.byteLength);
  const view = new DataView(buffer);
  view.setUint32(0, PROTOCOL, true);
  view.setUint32(4, length, true);
  const bytes = new Uint8Array(buffer);
  bytes.fill(32, 8, 8 + length);
  bytes.set(words, 8);
  bytes.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), 8 + length);
  return buffer;
}

/** A reply: `{ id, event, fields, payload }`, the payload as 32-bit floats. */
export function decode(buffer) {
  const view = new DataView(buffer);
  const length = view.getUint32(4, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, 8, length));
  const { id, event: said } = JSON.parse(text);
  const [[event, fields]] = Object.entries(typeof said === "string" ? { [said]: {} } : said);
  const payload = (buffer.byteLength - length) % 4 === 0 ? new Float32Array(buffer, 8 + length) : [];
  return { id, event, fields, payload };
}
