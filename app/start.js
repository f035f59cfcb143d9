// Starts the page. `cargo xtask build` puts the wasm's checksum in, and this file's own into
// index.html, so that a page is either the one that was built or none.
const boot = document.getElementById("boot");

try {
  const wasm = fetch(new URL("app_bg.wasm", import.meta.url), { integrity: "WASM_INTEGRITY" });
  // Awaited below; without this a failed fetch would be told twice.
  wasm.catch(() => {});
  const { default: init } = await import("./app.js");
  await init({ module_or_path: wasm });
} catch (error) {
  const late = boot?.querySelector(".boot-late");
  late?.classList.add("boot-failed");
  late?.append(` (${error?.message ?? error})`);
  throw error;
}
