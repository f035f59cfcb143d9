/** How the tests and the benchmark start Chromium. */
export const FLAGS = [
  // Chromium as root, as in a container, has no sandbox.
  "--no-sandbox",
  // A WebGPU adapter that is computed in software, the same on every machine.
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // Nothing of the browser's own in between.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
