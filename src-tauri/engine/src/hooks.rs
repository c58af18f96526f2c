//! Hooks that people write: small scripts that decide conflicts (row D6; `docs/hooks.md`).
//!
//! The interpreter is known here alone. Whatever a script is, it ends in an answer or a
//! [`HookError`](tidemark_model::hook::HookError).

mod faults;
mod limits;
mod number;
mod script;
mod values;
mod words;

pub use script::ScriptHook;

#[cfg(test)]
mod tests;
