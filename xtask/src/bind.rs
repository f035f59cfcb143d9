//! The JavaScript side of a wasm module, made by wasm-bindgen.
//!
//! wasm-bindgen is used as a library: compiling it with this program takes half a minute, installing
//! its program takes three. Cargo keeps the library's version equal to that of the `wasm-bindgen`
//! crate that the wasm was compiled with, because both require the same `wasm-bindgen-shared`.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// What the JavaScript is for.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A module of the page; `names` keeps the functions' names in the wasm.
    Page {
        names: bool,
    },
    /// A classic worker: module workers came to browsers years later. `global` is the name of what
    /// its script defines; two scripts of one worker cannot define the same.
    Worker {
        global: &'static str,
    },
    Node,
}

/// Writes `<name>.js` and `<name>_bg.wasm` into `folder`.
///
/// # Errors
/// When the wasm cannot be read, was compiled with another version of wasm-bindgen, or the files
/// cannot be written.
pub fn bind(wasm: &Path, folder: &Path, name: &str, target: Target) -> Result<()> {
    println!("Making the JavaScript side of {}.", wasm.display());
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(false);
    match target {
        Target::Page { names } => bindgen
            .web(true)?
            .remove_producers_section(true)
            .remove_name_section(!names)
            // The parts that are fetched later find what they share by the linker's names.
            .keep_lld_exports(true),
        Target::Worker { global } => bindgen.no_modules(true)?.no_modules_global(global)?,
        Target::Node => bindgen.nodejs(true)?,
    };
    bindgen
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot process {}", wasm.display()))
}
