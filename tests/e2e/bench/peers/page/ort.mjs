// ONNX Runtime Web in the page, on one thread.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";

const FOLDER = new URL("../npm/onnxruntime-web/dist/", import.meta.url).href;

/**
 * `backend` is "wasm" or "webgpu"; the latter has the settings `layout` and `capture`: the commands of
 * a pass are recorded once, and its buffers stay the same.
 */
export async function open({ name, backend, setting }) {
  const ort = await import(`${FOLDER}ort.${backend}.min.mjs`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.logLevel = "error";
  const [{ graph, hasSoftmax }, input] = [await fetchDocument(name), await fetchInput(name)];
  const { channels, height, width } = graph.input;
  const provider = backend === "webgpu" ? { name: backend, preferredLayout: setting.layout } : backend;
  const captured = setting.capture
    ? { enableGraphCapture: true, preferredOutputLocation: "gpu-buffer" }
    : {};
  const load = async (file) =>
    ort.InferenceSession.create(await fetchBytes(file), {
      executionProviders: [provider],
      ...captured,
    });
  const dims = [1, channels, height, width];
  let kept;
  /** The input in a buffer of the device, which is the same for every pass. */
  const inBuffer = async () => {
    const device = await ort.env.webgpu.device;
    if (!kept) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const size = Math.ceil(input.byteLength / 16) * 16;
      const buffer = device.createBuffer({ size, usage });
      const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims });
      kept = { buffer, tensor };
    }
    device.queue.writeBuffer(kept.buffer, 0, input);
    return kept.tensor;
  };
  const answer = async (session) => {
    const tensor = setting.capture
      ? await inBuffer()
      : new ort.Tensor("float32", input, dims);
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
