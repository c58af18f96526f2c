//! The window's program. Everything it does stands in the library, where tests reach it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    std::process::exit(tidemark::run());
}
