//! `nearside-bindgen web|module MODULE.wasm NAME FOLDER`: JavaScript glue for a compiled module.
//!
//! What `wasm-bindgen` of the package `wasm-bindgen-cli` does, without its test runner and server. `web` gives a module that
//! is started by hand, `module` one that Workers start while they load and that can be started again after a crash.

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, module, name, folder] = arguments.as_slice() else {
        bail!("expected web or module, the compiled file, the glue's name and a folder");
    };
    let mut bindgen = Bindgen::new();
    match kind.as_str() {
        // Names of functions are for a crash's trace, which only the edge's operators read.
        "web" => bindgen.web(true)?.remove_name_section(true),
        "module" => bindgen.module(true)?.reset_state_function(true).force_enable_abort_handler(true),
        other => bail!("{other:?}: expected web or module"),
    };
    bindgen.input_path(module).out_name(name).typescript(false).remove_producers_section(true);
    bindgen.generate(folder)
}
