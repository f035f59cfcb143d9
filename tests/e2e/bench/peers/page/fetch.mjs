const DATA = new URL("../data/", import.meta.url).href;

/** A file of the network under test, as made by networks.mjs. */
export async function fetchBytes(file) {
  const response = await fetch(DATA + file);
  if (!response.ok) {
    throw new Error(`${file}: ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** The document of a network: `{ graph, logits, hasSoftmax }`. */
export async function fetchDocument(name) {
  return JSON.parse(new TextDecoder().decode(await fetchBytes(`${name}.json`)));
}

/** The input of a network, channel after channel, row by row. */
export async function fetchInput(name) {
  return new Float32Array((await fetchBytes(`${name}.input`)).buffer);
}
