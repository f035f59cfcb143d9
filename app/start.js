// Starts the page. `cargo xtask build` puts the checksums of the wasm and of languages.js in, and this
// file's own into index.html, so that a page is either the one that was built or none.
const boot = document.getElementById("boot");

// The language: the link's, else the person's choice, else the browser's.
const language = () => {
  let kept;
  try {
    kept = localStorage.getItem("cnn-lab/language");
  } catch {
    // A browser that forbids storage keeps no choice.
  }
  const asked = new URLSearchParams(location.search).get("lang");
  const all = [asked, kept, ...navigator.languages].map((it) => it?.split("-")[0]);
  return all.find((it) => /^(en|de|es|qps)$/.test(it)) ?? "en";
};
let languages;
const speak = async (how, language) => {
  if (!languages && language === "en") return;
  languages ??= new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", integrity: "LANGUAGES_INTEGRITY" });
    link.onload = () => resolve(import("./languages.js"));
    link.onerror = () => reject(new Error("languages.js was not fetched"));
    link.href = new URL("languages.js", import.meta.url);
    document.head.append(link);
  });
  try {
    await (await languages)[how](language);
  } catch (error) {
    // The page stays in the language that it has.
    console.warn(error);
    languages = undefined;
  }
  dispatchEvent(new Event("spoken"));
};
// The menu says so.
addEventListener("speak", ({ detail }) => speak("choose", detail));

try {
  const wasm = fetch(new URL("app_bg.wasm", import.meta.url), { integrity: "WASM_INTEGRITY" });
  // Awaited below; without this a failed fetch would be told twice.
  wasm.catch(() => {});
  const [{ default: init }] = await Promise.all([import("./app.js"), speak("speak", language())]);
  await init({ module_or_path: wasm });
} catch (error) {
  const late = boot?.querySelector(".boot-late");
  late?.classList.add("boot-failed");
  late?.append(` (${error?.message ?? error})`);
  throw error;
}
