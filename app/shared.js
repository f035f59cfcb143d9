// What several of the page's later parts share: modules that lie as sections in one wasm file, so
// that a browser asks once for many of them.
function together(file) {
  let coming;
  return () => {
    if (coming === undefined) {
      const asked = WebAssembly.compileStreaming(fetch(new URL(file, import.meta.url)));
      // Who waits for it tells; the next one who needs it asks again.
      asked.catch(() => {
        if (coming === asked) coming = undefined;
      });
      coming = asked;
    }
    return coming;
  };
}

function section(file, name) {
  return () => {
    const coming = file();
    return async (imports) => {
      const [bytes] = WebAssembly.Module.customSections(await coming, name);
      return WebAssembly.instantiate(bytes, imports);
    };
  };
}
