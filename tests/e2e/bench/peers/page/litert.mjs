// LiteRT.js in a worker. Its files are made by peers/tflite.py, maps as N, H, W, C.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";
import { permuted } from "./layout.mjs";

const FOLDER = new URL("../npm/@litertjs/core/", import.meta.url).href;

/** `backend` is "wasm" or "webgpu"; a setting `threads` takes its threaded build, with one thread. */
export async function open({ name, backend, setting }) {
  const litert = await import(`${FOLDER}dist/index.js`);
  // In a worker it looks for its files beside the worker's script.
  self.Module = {
    locateFile: (path) => `${FOLDER}wasm/${path}`,
    mainScriptUrlOrBlob: `${FOLDER}wasm/litert_wasm_threaded_internal.js`,
  };
  await litert.loadLiteRt(`${FOLDER}wasm/`, { threads: setting.threads ?? false });
  const { graph, hasSoftmax } = await fetchDocument(name);
  const { channels, height, width } = graph.input;
  const dims = [channels, height, width];
  const input = permuted({ dims, values: await fetchInput(name) }, [1, 2, 0]).values;
  const load = async (file) =>
    litert.loadAndCompile(await fetchBytes(file), {
      accelerator: backend,
      cpuOptions: { numThreads: 1 },
    });
  const answer = async (model) => {
    const tensor = new litert.Tensor(input, [1, height, width, channels]);
    const [result] = await model.run(tensor);
    const read = backend === "wasm" ? result : await result.moveTo("wasm");
    const values = Float32Array.from(read.toTypedArray());
    read.delete();
    tensor.delete();
    return values;
  };
  const model = await load(`${name}.tflite`);
  return {
    version: "2.5.3",
    /** The values before a last softmax. */
    async logits() {
      return answer(hasSoftmax ? await load(`${name}.logits.tflite`) : model);
    },
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const from = performance.now();
      await answer(model);
      return performance.now() - from;
    },
  };
}
