//! Short names for what the page's wasm imports. wasm-bindgen ends each with a hash, which does not
//! compress: with 430 of them, in the wasm and in its script, they are 3 % of what the first answer
//! waits for.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use wasm_encoder::{EntityType, ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload, TypeRef};

/// What names of wasm-bindgen begin with.
const START: &str = "__wb";
/// A hash is so many hexadecimal digits.
const HASH: usize = 16;

/// The wasm and its script, which agree on short names.
pub fn shorten(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut short = BTreeMap::new();
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(reader) => {
                let mut imports = ImportSection::new();
                for import in reader.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else {
                        bail!("the page imports “{}”, which is no function", import.name);
                    };
                    let name = if is_hashed(import.name) {
                        let next = format!("${:x}", short.len());
                        short.entry(import.name.to_owned()).or_insert(next).clone()
                    } else {
                        import.name.to_owned()
                    };
                    imports.import(import.module, &name, EntityType::Function(ty));
                }
                module.section(&imports);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = &wasm[usize::try_from(range.start)?..usize::try_from(range.end)?];
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    let script = renamed(script, &short)?;
    Ok((module.finish(), script))
}

fn is_hashed(name: &str) -> bool {
    let hash = name.rsplit_once('_').map_or("", |(_, hash)| hash);
    let digits = hash.len() == HASH && hash.bytes().all(|it| it.is_ascii_hexdigit());
    name.starts_with(START) && digits
}

fn renamed(script: &str, short: &BTreeMap<String, String>) -> Result<String> {
    let mut text = String::with_capacity(script.len());
    let mut there = BTreeMap::new();
    let mut rest = script;
    while let Some(at) = rest.find(START) {
        let (before, from) = rest.split_at(at);
        text += before;
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '$';
        let end = from.find(|it| !is_name(it)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        match short.get(name) {
            Some(short) => {
                there.insert(name, ());
                text += short;
            }
            None => text += name,
        }
        rest = after;
    }
    text += rest;
    ensure!(
        there.len() == short.len(),
        "the page's script has {} of the {} functions that its wasm imports",
        there.len(),
        short.len()
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FETCH: &str = "__wbg_fetch_0123456789abcdef";
    const LOG: &str = "__wbg_log_fedcba9876543210";

    fn module(names: &[(&str, &str)]) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        for (from, name) in names {
            imports.import(from, name, EntityType::Function(0));
        }
        module.section(&imports);
        let mut start = wasm_encoder::ExportSection::new();
        start.export("run", wasm_encoder::ExportKind::Func, 1);
        module.section(&start);
        module.finish()
    }

    #[test]
    fn both_sides_get_the_same_short_names_and_all_else_stays() {
        let before = module(&[
            ("./app_bg.js", FETCH),
            ("./parts.js", "__wasm_split_load_train"),
            ("./app_bg.js", LOG),
            ("./app_bg.js", FETCH),
        ]);
        let script = format!("x = {{\n{FETCH}: function(a) {{}},\n{LOG}: 1, __wbg_ptr: 2 }};");
        let (wasm, script) = shorten(&before, &script).unwrap();
        let after = module(&[
            ("./app_bg.js", "$0"),
            ("./parts.js", "__wasm_split_load_train"),
            ("./app_bg.js", "$1"),
            ("./app_bg.js", "$0"),
        ]);
        assert_eq!(wasm, after);
        assert_eq!(script, "x = {\n$0: function(a) {},\n$1: 1, __wbg_ptr: 2 };");
    }

    #[test]
    fn a_script_that_lacks_an_import_is_refused() {
        let wasm = module(&[("./app_bg.js", FETCH), ("./app_bg.js", LOG)]);
        let error = shorten(&wasm, FETCH).unwrap_err();
        assert!(error.to_string().contains("1 of the 2"), "{error}");
    }

    #[test]
    fn only_a_hash_is_cut() {
        assert!(is_hashed(FETCH));
        for name in [
            "__wbindgen_init_externref_table",
            "__wbg_fetch",
            "fetch_0123456789abcdef",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }
}
