//! Compiles the window's access list and embeds the configuration.
//!
//! The top `Cargo.toml` is the app's package, so both folders are named here: by default Tauri would look for
//! them at the top level, and a change inside them would not be seen.

fn main() {
    for watched in ["tauri.conf.json", "src-tauri/capabilities", "src-tauri/permissions", "src-tauri/icons"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(
            tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*"),
        );
    tauri_build::try_build(attributes).expect("the configuration, capabilities and permissions are valid");
}
