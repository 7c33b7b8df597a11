//! Writes the bindings' macro with the paths of the interface definitions, which lie in the `spin-sdk` crate.

use std::path::PathBuf;
use std::process::Command;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let cargo = std::env::var("CARGO")?;
    let output = Command::new(cargo).args(["metadata", "--format-version", "1", "--locked"]).output()?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest =
        packages.filter(|p| p["name"] == "spin-sdk").find_map(|p| p["manifest_path"].as_str()).ok_or("spin-sdk is no dependency")?;
    let definitions = PathBuf::from(manifest).with_file_name("wit").join("deps");
    let paths: Vec<String> = ["spin-sqlite@3.1.0", "spin-key-value@3.0.0", "spin-variables@3.0.0"]
        .iter()
        .map(|name| format!("{:?}", definitions.join(name).display().to_string()))
        .collect();
    let text = format!(
        r#"wasmtime::component::bindgen!({{
    path: [{}],
    inline: "package nearside:host;
        world spin {{
            import spin:sqlite/sqlite@3.1.0;
            import spin:key-value/key-value@3.0.0;
            import spin:variables/variables@3.0.0;
        }}",
    world: "nearside:host/spin",
    imports: {{ default: trappable }},
    with: {{
        "spin:sqlite/sqlite.connection": crate::sqlite::Connection,
        "spin:key-value/key-value.store": crate::key_value::Store,
    }},
}});
"#,
        paths.join(", ")
    );
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("bindings.rs"), text)?;
    Ok(())
}
