//! A hook that is a script.

use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Engine, Map, Scope};
use serde_json::Value;
use tidemark_model::clock::Clock;
use tidemark_model::hook::{
    Concealed, ConflictHook, HookAnswer, HookError, HookInput, HookLimit, LOCAL, SERVER, conceal, in_order_of,
};
use tidemark_model::merge::Later;

use super::{faults, limits, values, words};

/// The function that decides, and how many things it is given.
const DECIDES: (&str, usize) = ("resolve", 4);

/// A script that decides conflicts: `fn resolve(base, local, server, info)`, as `docs/hooks.md` tells people.
///
/// It sees documents without their secrets and reaches nothing outside itself.
pub struct ScriptHook {
    script: AST,
    clock: Arc<dyn Clock>,
}

impl ScriptHook {
    /// Reads a script of at most 64 KiB; an error names the line. Its time is told by `clock`.
    pub fn compile(source: &str, clock: Arc<dyn Clock>) -> Result<Self, HookError> {
        if source.len() > limits::SOURCE {
            return Err(HookError::OverLimit { limit: HookLimit::Source(limits::SOURCE), at: None });
        }
        let script =
            limits::on_deep_stack(|| interpreter(&clock).compile(source).map_err(faults::of_parsing))?;
        let decides = script.iter_functions().any(|found| (found.name, found.params.len()) == DECIDES);
        if !decides {
            let message = "it has no fn resolve(base, local, server, info)".into();
            return Err(HookError::Script { message, at: None });
        }
        Ok(Self { script, clock })
    }

    fn run(&self, given: &Given<'_>) -> Result<Said, HookError> {
        let nothing_but_the_function = CallFnOptions::new().eval_ast(false);
        let said: Dynamic = interpreter(&self.clock)
            .call_fn_with_options(
                nothing_but_the_function,
                &mut Scope::new(),
                &self.script,
                DECIDES.0,
                given.arguments(),
            )
            .map_err(faults::of_running)?;
        Said::of(&said)
    }
}

impl ConflictHook for ScriptHook {
    fn decide(&self, conflict: &HookInput<'_>) -> Result<HookAnswer, HookError> {
        let sides = Concealed::of(conflict)?;
        let given = Given::of(conflict, sides.as_ref())?;
        let mut document = match limits::on_deep_stack(|| self.run(&given))? {
            Said::Answer(answer) => return Ok(answer),
            Said::Document(document) => document,
        };
        if let Some(sides) = &sides {
            sides.put_back(&mut document)?;
        }
        Ok(HookAnswer::Merged(in_order_of(document, conflict.server, conflict.local)))
    }
}

fn interpreter(clock: &Arc<dyn Clock>) -> Engine {
    let mut engine = words::interpreter();
    limits::hold(&mut engine, clock.clone());
    engine
}

/// What a script is given: the sides without their secrets.
struct Given<'a> {
    conflict: &'a HookInput<'a>,
    sides: [Option<Value>; 3],
    merged: Option<Value>,
    to_choose: Vec<&'a str>,
}

impl<'a> Given<'a> {
    fn of(conflict: &'a HookInput<'a>, merge: Option<&'a Concealed>) -> Result<Self, HookError> {
        let seen = |side: Option<&Value>| side.map(|side| conceal(side, conflict.rules));
        let sides = [conflict.base, conflict.local, conflict.server].map(seen);
        let merged = merge.map(Concealed::merged);
        sides.iter().chain([&merged]).flatten().try_for_each(values::in_bounds)?;
        let to_choose = merge.into_iter().flat_map(Concealed::to_choose).collect();
        Ok(Self { conflict, sides, merged, to_choose })
    }

    fn arguments(&self) -> [Dynamic; 4] {
        let [base, local, server] = self.sides.each_ref().map(|side| values::seen(side.as_ref()));
        [base, local, server, self.info()]
    }

    fn info(&self) -> Dynamic {
        let HookInput {
            resource_type,
            resource_id,
            conflict_type,
            local_at,
            server_at,
            later,
            server_by,
            ..
        } = *self.conflict;
        let or_none = |value: Option<Dynamic>| value.unwrap_or(Dynamic::UNIT);
        let newer = match later {
            Later::Mine => LOCAL.into(),
            Later::Server => SERVER.into(),
            Later::Unknown => Dynamic::UNIT,
        };
        let fields: [(&str, Dynamic); 9] = [
            ("newer", newer),
            ("resource_type", resource_type.into()),
            ("resource_id", resource_id.into()),
            ("conflict_type", conflict_type.as_str().into()),
            ("local_at", or_none(local_at.map(|at| at.0.into()))),
            ("server_at", or_none(server_at.map(|at| at.0.into()))),
            ("server_by", or_none(server_by.map(Into::into))),
            ("merged", values::seen(self.merged.as_ref())),
            ("to_choose", Dynamic::from_array(self.to_choose.iter().map(|path| (*path).into()).collect())),
        ];
        Dynamic::from_map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect::<Map>())
    }
}

/// What a script answered.
enum Said {
    Answer(HookAnswer),
    Document(Value),
}

impl Said {
    fn of(said: &Dynamic) -> Result<Self, HookError> {
        if let Ok(map) = said.as_map_ref() {
            let document = values::document(&map)?;
            if document.to_string().len() > limits::ANSWER {
                return Err(HookError::OverLimit { limit: HookLimit::Answer(limits::ANSWER), at: None });
            }
            return Ok(Self::Document(document));
        }
        let word = said.as_immutable_string_ref();
        match word.as_deref().map(|word| word.as_str()) {
            Ok(LOCAL) => Ok(Self::Answer(HookAnswer::KeepLocal)),
            Ok(SERVER) => Ok(Self::Answer(HookAnswer::KeepServer)),
            Ok(_) => Err(no_answer("another text")),
            Err(_) if said.is_unit() => Ok(Self::Answer(HookAnswer::Undecided)),
            Err(_) => Err(no_answer(&format!("a value of type {}", said.type_name()))),
        }
    }
}

fn no_answer(found: &str) -> HookError {
    let expected =
        format!("it may answer \"{LOCAL}\", \"{SERVER}\", () to leave it to a person, or an object map");
    HookError::WrongAnswer { found: found.into(), expected }
}
