//! The page's part of a build: compile, split, bind, and an index.html that names what was made.
//!
//! trunk cannot do it: it does not split, and it starts the page by an inline script, which the
//! page's content-security policy refuses.

mod names;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha384};

use crate::{
    bind::{self, Target},
    files::{read, write},
    shell,
};

/// The page's rust flags: leptos boxes every component's view, a tenth less code; and the linker
/// keeps the relocations, from which the splitter knows each function's calls.
const FLAGS: &str = "--cfg erase_components -C link-arg=--emit-relocs";

/// The splitter's script, which fetches the parts.
const LINKS: &str = "./parts.js";

/// The site's list of the parts and their files.
pub const PARTS: &str = "parts.json";

/// The files of each part of the page that is fetched after its start, by the part's name.
pub type Parts = BTreeMap<String, Vec<String>>;

/// Builds the page into `page`, anew each time.
pub fn build(page: &Path, dev: bool, names: bool) -> Result<()> {
    let profile = if dev { "page-dev" } else { "page" };
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", "app", "--profile", profile]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    shell::run(cargo.env("RUSTFLAGS", FLAGS))?;
    let wasm = shell::target_folder()
        .join("wasm32-unknown-unknown")
        .join(profile)
        .join("app.wasm");
    if page.exists() {
        fs::remove_dir_all(page).with_context(|| format!("cannot remove {}", page.display()))?;
    }
    let code = page.join("code");
    let parts = split(&wasm, &code, names)?;
    bind(&code, names)?;
    scripts(&code)?;
    let styles = [styles(page, false)?, styles(page, true)?];
    // One folder for all of the code, named by its content: its files refer to each other by plain
    // relative names, and no browser mixes those of two builds.
    let folder = format!("page-{}", digest_of(&code)?);
    fs::rename(&code, page.join(&folder)).context("cannot name the page's folder")?;
    let listed = parts.into_iter().map(|(part, files)| {
        let named = |file: String| format!("{folder}/{file}.wasm");
        (part, files.into_iter().map(named).collect())
    });
    let listed = serde_json::to_string_pretty(&listed.collect::<Parts>())?;
    write(&page.join(PARTS), &listed)?;
    index(page, &folder, &styles)
}

/// Splits the wasm into what the page starts with and the parts that it fetches later; the files of
/// each part, without their endings.
fn split(wasm: &Path, code: &Path, names: bool) -> Result<Parts> {
    fs::create_dir_all(code).with_context(|| format!("cannot make {}", code.display()))?;
    let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let main = code.join("app.wasm");
    let mut options = wasm_split_cli_support::Options::new(&bytes);
    options.output_dir = code;
    options.main_out_path = &main;
    options.link_name = LINKS;
    options.main_module = "./app.js";
    let made = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the page's wasm cannot be split: {error:#}"))?;
    for part in made.split_modules.iter().filter(|_| !names) {
        let bytes = fs::read(part).with_context(|| format!("cannot read {}", part.display()))?;
        let bare = without_names(&bytes)?;
        fs::write(part, bare).with_context(|| format!("cannot write {}", part.display()))?;
    }
    let links = code.join(LINKS);
    write(&links, &with_one_fetcher(&without_notes(&read(&links)?)))?;
    Ok(made.prefetch_map.into_iter().collect())
}

/// A wasm module without its custom sections: names are a third of it, and no program reads them.
/// wasm-bindgen does the same for the main one.
fn without_names(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut bare = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Some((id, range)) = payload?.as_section()
            && id != wasm_encoder::SectionId::Custom as u8
        {
            let data = &wasm[usize::try_from(range.start)?..usize::try_from(range.end)?];
            bare.section(&wasm_encoder::RawSection { id, data });
        }
    }
    Ok(bare.finish())
}

fn bind(code: &Path, names: bool) -> Result<()> {
    let main = code.join("app.wasm");
    bind::bind(&main, code, "app", Target::Page { names })?;
    let (script, bound) = (code.join("app.js"), code.join("app_bg.wasm"));
    let mut text = without_notes(&read(&script)?);
    if !names {
        let wasm = fs::read(&bound).with_context(|| format!("cannot read {}", bound.display()))?;
        let (wasm, short) = names::shorten(&wasm, &text)?;
        fs::write(&bound, wasm).with_context(|| format!("cannot write {}", bound.display()))?;
        text = short;
    }
    write(&script, &text)?;
    fs::remove_file(&main).with_context(|| format!("cannot remove {}", main.display()))
}

/// A script of wasm-bindgen or the splitter without comments and indents. Neither has a string that
/// spans lines.
fn without_notes(script: &str) -> String {
    let mut bare = String::new();
    let mut noted = false;
    for line in script.lines().map(str::trim) {
        noted |= line.starts_with("/*");
        if !noted && !line.is_empty() && !line.starts_with("//") {
            bare += line;
            bare.push('\n');
        }
        noted &= !line.ends_with("*/");
    }
    bare
}

/// The splitter writes at each file how it is fetched; here it stands once, because the page starts with
/// this script.
fn with_one_fetcher(script: &str) -> String {
    const START: &str = "() => {\nconst src = fetch(new URL(";
    const END: &str = ", import.meta.url));\nsrc.catch(() => {});\nreturn async (imports) => \
         (WebAssembly.instantiateStreaming(src, imports));\n}\n";
    let mut bare = String::new();
    let mut rest = script;
    while let Some((before, fetcher)) = rest.split_once(START) {
        let Some((name, after)) = fetcher.split_once(END) else {
            break;
        };
        bare += before;
        bare += &format!("fetched({name})");
        rest = after;
    }
    bare += rest;
    if bare.len() == script.len() {
        return bare;
    }
    bare + "function fetched(name) {\nreturn () => {\nconst src = fetch(new URL(name, \
            import.meta.url));\nsrc.catch(() => {});\nreturn async (imports) => \
            WebAssembly.instantiateStreaming(src, imports);\n};\n}\n"
}

/// The scripts that are ours: languages.js, and start.js, which fetches it where the page is not in
/// English.
fn scripts(code: &Path) -> Result<()> {
    let source = |name: &str| read(&shell::root().join("app").join(name));
    let languages = languages(
        &source("languages/text.mjs")?,
        &source("languages/page.mjs")?,
    )?;
    write(&code.join("languages.js"), &languages)?;
    let mut script = without_notes(&source("translation.js")?) + &source("start.js")?;
    let wasm = fs::read(code.join("app_bg.wasm"))?;
    for (mark, file) in [
        ("WASM_INTEGRITY", wasm.as_slice()),
        ("LANGUAGES_INTEGRITY", languages.as_bytes()),
    ] {
        ensure!(script.contains(mark), "start.js has no {mark} to put in");
        script = script.replace(mark, &integrity(file));
    }
    write(&code.join("start.js"), &script)
}

/// Two modules as one; the second imports from the first.
fn languages(text: &str, page: &str) -> Result<String> {
    const IMPORT: &str = "import { dictionary, pseudo } from \"./text.mjs\";\n";
    let page = without_notes(page);
    ensure!(
        page.contains(IMPORT),
        "languages/page.mjs imports something else"
    );
    Ok(without_notes(text) + &page.replacen(IMPORT, "", 1))
}

/// Those style sheets that the first answer needs, or those `later` ones of panels and dialogs that are
/// opened after it (`data-later`), as one file, in the order in which index.html links them: its name.
fn styles(page: &Path, later: bool) -> Result<String> {
    let index = read(&shell::root().join("index.html"))?;
    let mut all = String::new();
    for line in index.lines().filter(|line| line.contains(LATER) == later) {
        if let Some(href) = stylesheet(line) {
            all += &read(&shell::root().join(href))?;
        }
    }
    ensure!(!all.is_empty(), "index.html links no style sheet");
    let all = without_comments(&all);
    let kind = if later { "later" } else { "page" };
    let name = format!("{kind}-{}.css", hex(&Sha256::digest(&all)));
    write(&page.join(&name), &all)?;
    Ok(name)
}

/// A style sheet without comments, indents and empty lines. Ours have no `/*` in a string.
fn without_comments(css: &str) -> String {
    let mut bare = String::new();
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare += rest;
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The attribute of style sheets that the page links itself, after the first answer.
const LATER: &str = "data-later";

/// The address in a line that links a style sheet.
fn stylesheet(line: &str) -> Option<&str> {
    let rest = line
        .trim()
        .strip_prefix(r#"<link rel="stylesheet" href=""#)?;
    rest.split('"').next()
}

/// The page's HTML: all style sheets as one, and the start script.
fn index(page: &Path, folder: &str, [styles, later]: &[String; 2]) -> Result<()> {
    let tag = |name: &str| -> Result<String> {
        let bytes = fs::read(page.join(name)).with_context(|| format!("cannot read {name}"))?;
        Ok(integrity(&bytes))
    };
    let (start, app) = (format!("{folder}/start.js"), format!("{folder}/app.js"));
    let head = format!(
        r#"    <link rel="stylesheet" href="{styles}" integrity="{}" />
    <link rel="later" href="{later}" integrity="{}" />
    <link rel="modulepreload" href="{app}" integrity="{}" />
    <script type="module" src="{start}" integrity="{}"></script>
"#,
        tag(styles)?,
        tag(later)?,
        tag(&app)?,
        tag(&start)?,
    );
    let source = read(&shell::root().join("index.html"))?;
    let mut html = String::new();
    // The line for trunk says where the page's crate is.
    let kept = |line: &&str| stylesheet(line).is_none() && !line.contains("data-trunk");
    for line in source.lines().filter(kept) {
        if line.trim() == "</head>" {
            html += &head;
        }
        html += line;
        html.push('\n');
    }
    if !html.contains(&head) {
        bail!("index.html has no line </head>, where the page's parts are named");
    }
    write(&page.join("index.html"), &html)
}

/// As in an `integrity` attribute (W3C Subresource Integrity).
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(bytes)))
}

/// A short digest of all files in a folder without folders.
fn digest_of(folder: &Path) -> Result<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    let mut all = Sha256::new();
    for file in files {
        all.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        all.update(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(hex(&all.finalize()))
}

/// The first 64 bits: enough to tell builds apart.
fn hex(digest: &[u8]) -> String {
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integrity_of_nothing_is_the_published_digest_of_nothing() {
        // SHA-384 of the empty message, FIPS 180-4's example values.
        let empty = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
        assert_eq!(integrity(b""), empty);
    }

    #[test]
    fn a_module_loses_its_names_and_nothing_else() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let bare = module.clone().finish();
        let custom = wasm_encoder::CustomSection {
            name: "name".into(),
            data: b"a name".as_slice().into(),
        };
        module.section(&custom);
        let named = module.finish();
        assert_ne!(named, bare);
        assert_eq!(without_names(&named).unwrap(), bare);
    }

    #[test]
    fn a_script_loses_its_notes_and_no_code() {
        let script = "/**\n * @returns {string}\n */\nfunction a() {\n    // Two.\n    return 'a // b'; /* c */\n}\n\n/* d */\nlet e;\n";
        let bare = "function a() {\nreturn 'a // b'; /* c */\n}\nlet e;\n";
        assert_eq!(without_notes(script), bare);
    }

    #[test]
    fn the_languages_are_one_script_that_imports_nothing() {
        let source = |name: &str| read(&shell::root().join("app/languages").join(name)).unwrap();
        let one = languages(&source("text.mjs"), &source("page.mjs")).unwrap();
        assert!(!one.contains("import {"));
        for name in ["export function dictionary", "export async function speak"] {
            assert_eq!(one.matches(name).count(), 1, "{name}");
        }
        assert!(languages("", "").is_err());
    }

    #[test]
    fn the_splitters_script_says_once_how_a_file_is_fetched() {
        let fetcher = |name: &str| {
            format!(
                "() => {{\nconst src = fetch(new URL(\"./{name}.wasm\", import.meta.url));\n\
                 src.catch(() => {{}});\nreturn async (imports) => \
                 (WebAssembly.instantiateStreaming(src, imports));\n}}\n"
            )
        };
        let script = format!(
            "const a = makeLoad({}, []);\nconst b = makeLoad({}, [a]);\n",
            fetcher("a"),
            fetcher("b")
        );
        let short = with_one_fetcher(&script);
        let calls = "const a = makeLoad(fetched(\"./a.wasm\"), []);\n\
                     const b = makeLoad(fetched(\"./b.wasm\"), [a]);\n\
                     function fetched(name) {\n";
        assert!(short.starts_with(calls), "{short}");
        assert_eq!(short.matches("instantiateStreaming").count(), 1);
        // Of another splitter: as it is.
        let other = "const a = makeLoad(() => fetch(\"./a.wasm\"), []);\n";
        assert_eq!(with_one_fetcher(other), other);
    }

    #[test]
    fn a_style_sheet_loses_what_is_written_for_people() {
        let css = "/* One. */\n\n.a {\n  margin: 0; /* Two\n lines */\n}\n.b::after { content: \" * \"; }";
        let bare = ".a {\nmargin: 0;\n}\n.b::after { content: \" * \"; }\n";
        assert_eq!(without_comments(css), bare);
    }

    #[test]
    fn every_style_sheet_that_the_page_links_is_there() {
        let index = read(&shell::root().join("index.html")).unwrap();
        let sheets: Vec<_> = index.lines().filter_map(stylesheet).collect();
        assert!(sheets.len() > 5, "{sheets:?}");
        for sheet in sheets {
            assert!(shell::root().join(sheet).is_file(), "{sheet}");
        }
    }
}
