//! The table of arguments is what the generated contract says, so that it cannot go stale.

use std::collections::BTreeMap;
use tidemark::arguments::ARGUMENTS;

const BINDINGS: &str = include_str!("../../ui/src/ipc/bindings.ts");

/// Every `__TAURI_INVOKE("name", { a, b })` of the bindings.
fn invoked() -> BTreeMap<&'static str, Vec<&'static str>> {
    let calls = BINDINGS.split("__TAURI_INVOKE(\"").skip(1);
    calls
        .map(|call| {
            let (command, rest) = call.split_once('"').expect("a name ends");
            let (arguments, _) = rest.split_once(')').expect("a call ends");
            let names = arguments.trim_matches([',', ' ', '{', '}']);
            (command, names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect())
        })
        .collect()
}

// proves H2
#[test]
fn the_table_of_arguments_is_that_of_the_generated_contract() {
    let table: BTreeMap<&str, Vec<&str>> =
        ARGUMENTS.iter().map(|(command, names)| (*command, names.to_vec())).collect();
    assert_eq!(table.len(), ARGUMENTS.len(), "each command once");
    assert_eq!(table, invoked());
}
