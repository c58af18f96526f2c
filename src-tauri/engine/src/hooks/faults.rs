//! What the interpreter reports, as a hook's error.

use rhai::{EvalAltResult, ParseError, Position};
use tidemark_model::hook::{HookError, ScriptPlace};

use super::limits;

/// Characters of a message: what a script throws may be as long as a record.
const LONGEST_MESSAGE: usize = 200;

/// The error of a script that cannot be read.
pub(super) fn of_parsing(fault: ParseError) -> HookError {
    let ParseError(what, at) = fault;
    of_running(EvalAltResult::ErrorParsing(*what, at).into())
}

/// The error of a script that ended without an answer.
pub(super) fn of_running(mut fault: Box<EvalAltResult>) -> HookError {
    // Where it happened is innermost; around it stand the functions that called it.
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = *fault {
        fault = inner;
    }
    let at = place(fault.take_position());
    if let Some(limit) = limits::limit_of(&fault) {
        return HookError::OverLimit { limit, at };
    }
    let message = match *fault {
        EvalAltResult::ErrorRuntime(thrown, _) if thrown.is_unit() => "it threw nothing".to_owned(),
        EvalAltResult::ErrorRuntime(thrown, _) => thrown.to_string(),
        other => other.to_string(),
    };
    HookError::Script { message: shortened(&message), at }
}

fn place(at: Position) -> Option<ScriptPlace> {
    at.line().map(|line| ScriptPlace { line, column: at.position().unwrap_or(0) })
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}
