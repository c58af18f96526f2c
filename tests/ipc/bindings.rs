//! The committed TypeScript is what the Rust definitions say.

use std::path::PathBuf;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts")
}

// proves H2
#[test]
fn the_committed_bindings_are_fresh() {
    if std::env::var_os("TIDEMARK_WRITE_BINDINGS").is_some() {
        std::fs::create_dir_all(committed().parent().expect("it lies in a folder")).unwrap();
        tidemark::ipc::write_bindings(&committed()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("bindings.ts");
    tidemark::ipc::write_bindings(&fresh).unwrap();
    let (fresh, kept) = (std::fs::read_to_string(fresh).unwrap(), std::fs::read_to_string(committed()));
    assert_eq!(fresh, kept.unwrap(), "the window would speak another contract: run `cargo xtask bindings`");
}
