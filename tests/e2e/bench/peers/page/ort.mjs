// ONNX Runtime Web in the page, on one thread.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";

const FOLDER = new URL("../npm/onnxruntime-web/dist/", import.meta.url).href;

/** `backend` is "wasm" or "webgpu"; the latter has a setting `layout`. */
export async function open({ name, backend, setting }) {
  const ort = await import(`${FOLDER}ort.${backend}.min.mjs`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.logLevel = "error";
  const [{ graph, hasSoftmax }, input] = [await fetchDocument(name), await fetchInput(name)];
  const { channels, height, width } = graph.input;
  const provider = backend === "webgpu" ? { name: backend, preferredLayout: setting.layout } : backend;
  const load = async (file) =>
    ort.InferenceSession.create(await fetchBytes(file), { executionProviders: [provider] });
  const answer = async (session) => {
    const tensor = new ort.Tensor("float32", input, [1, channels, height, width]);
    const outputs = await session.run({ input: tensor });
    return outputs[session.outputNames[0]].getData();
  };
  const session = await load(`${name}.onnx`);
  return {
    version: ort.env.versions.web,
    /** The values before a last softmax. */
    async logits() {
      return answer(hasSoftmax ? await load(`${name}.logits.onnx`) : session);
    },
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const from = performance.now();
      await answer(session);
      return performance.now() - from;
    },
  };
}
