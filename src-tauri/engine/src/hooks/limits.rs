//! What a script may use up, and the interpreter held to it.
//!
//! Steps are the limit that decides the same way on every machine; time is there for the steps that take long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Position};
use tidemark_model::clock::Clock;
use tidemark_model::hook::{HookError, HookLimit};

/// Bytes of a script: far more than the examples have, and read in an instant.
pub(super) const SOURCE: usize = 64 * 1024;
/// Steps of the interpreter: enough to look at every field of the largest record several times.
const OPERATIONS: u64 = 200_000;
/// Milliseconds. A conflict waits for its hook, and with it the pull that found it.
const TIME: i64 = 500;
/// Steps between two looks at the clock.
const BETWEEN_LOOKS: u64 = 16;
/// Calls within calls.
const CALLS: usize = 16;
/// Expressions within expressions.
const EXPRESSIONS: usize = 32;
/// Variables at one time.
const VARIABLES: usize = 64;
/// Functions of one script.
const FUNCTIONS: usize = 64;
/// Bytes of JSON text of one side's document that a script is given.
pub(super) const RECORD_TEXT: usize = 256 * 1024;
/// Fields and list entries of one side's document that a script is given.
pub(super) const RECORD_ENTRIES: usize = 5_000;
/// Bytes of text in one value: a document and what is made of it.
const TEXT: usize = 2 * RECORD_TEXT;
/// Fields, or list entries, in one value.
pub(super) const ENTRIES: usize = 2 * RECORD_ENTRIES;
/// Bytes of JSON text of an answer.
pub(super) const ANSWER: usize = TEXT;
/// Accesses to variables between two looks at the fields in them.
const BETWEEN_FIELDS: u64 = 32;
/// Bytes of stack for a script: a value may be nested as deep as it has entries, and is copied and dropped level by level.
const STACK: usize = 64 * 1024 * 1024;

/// Holds an interpreter to the limits; its time begins now.
pub(super) fn hold(engine: &mut Engine, clock: Arc<dyn Clock>) {
    engine
        .set_max_call_levels(CALLS)
        .set_max_expr_depths(EXPRESSIONS, EXPRESSIONS)
        .set_max_variables(VARIABLES)
        .set_max_functions(FUNCTIONS)
        .set_max_string_size(TEXT)
        .set_max_array_size(ENTRIES)
        .set_max_map_size(ENTRIES);
    let end = clock.now().plus(TIME);
    // Counted here: the interpreter's own count starts over in the functions that call it back.
    let steps = AtomicU64::new(0);
    engine.on_progress(move |_| {
        let step = steps.fetch_add(1, Relaxed) + 1;
        if step > OPERATIONS {
            return Some(Dynamic::from(HookLimit::Operations(OPERATIONS)));
        }
        let late = step.is_multiple_of(BETWEEN_LOOKS) && clock.now() > end;
        late.then(|| Dynamic::from(HookLimit::Time(TIME)))
    });
    hold_fields(engine);
}

/// The interpreter counts neither the names of fields nor a field that is added by `map[name] = …`.
#[allow(deprecated, reason = "marked so for being subject to change, not for going away")]
fn hold_fields(engine: &mut Engine) {
    let accesses = AtomicU64::new(0);
    engine.on_var(move |_, _, context: EvalContext<'_, '_, '_, '_, '_, '_>| {
        let due = accesses.fetch_add(1, Relaxed).is_multiple_of(BETWEEN_FIELDS);
        if due && context.scope().iter_raw().any(|(_, _, value)| is_too_large(value)) {
            return Err(EvalAltResult::ErrorDataTooLarge(String::new(), Position::NONE).into());
        }
        Ok(None)
    });
}

fn is_too_large(value: &Dynamic) -> bool {
    let (fields, names) = fields_of(value);
    fields > ENTRIES || names > TEXT
}

/// How many fields a value has with those inside it, and how many bytes their names.
fn fields_of(value: &Dynamic) -> (usize, usize) {
    let sum =
        |(fields, names): (usize, usize), (more, longer): (usize, usize)| (fields + more, names + longer);
    if let Ok(map) = value.as_map_ref() {
        map.iter().map(|(name, value)| sum((1, name.len()), fields_of(value))).fold((0, 0), sum)
    } else if let Ok(entries) = value.as_array_ref() {
        entries.iter().map(fields_of).fold((0, 0), sum)
    } else {
        (0, 0)
    }
}

/// Does something with a script on a stack that is deep enough for whatever it makes.
pub(super) fn on_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, HookError> + Send,
) -> Result<T, HookError> {
    let no_answer = |message: &str| HookError::Script { message: message.into(), at: None };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("hook".into()).stack_size(STACK);
        let thread =
            thread.spawn_scoped(scope, work).map_err(|_| no_answer("there is no memory left to run it"))?;
        thread.join().map_err(|_| no_answer("the interpreter gave up on it"))?
    })
}

/// The limit of one value.
pub(super) const fn size() -> HookLimit {
    HookLimit::Size { text: TEXT, entries: ENTRIES }
}

/// The limits by the name that the interpreter gives them.
pub(super) fn limit_of(fault: &EvalAltResult) -> Option<HookLimit> {
    use EvalAltResult as Fault;
    use rhai::ParseErrorType::{ExprTooDeep, LiteralTooLarge, TooManyFunctions};
    match fault {
        Fault::ErrorTerminated(limit, _) => limit.clone().try_cast::<HookLimit>(),
        Fault::ErrorTooManyOperations(_) => Some(HookLimit::Operations(OPERATIONS)),
        Fault::ErrorStackOverflow(_) => Some(HookLimit::Calls(CALLS)),
        Fault::ErrorTooManyVariables(_) => Some(HookLimit::Variables(VARIABLES)),
        Fault::ErrorDataTooLarge(..) => Some(size()),
        Fault::ErrorParsing(ExprTooDeep, _) => Some(HookLimit::Expressions(EXPRESSIONS)),
        Fault::ErrorParsing(TooManyFunctions, _) => Some(HookLimit::Functions(FUNCTIONS)),
        Fault::ErrorParsing(LiteralTooLarge(..), _) => Some(size()),
        _ => None,
    }
}
