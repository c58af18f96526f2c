//! The log of a program: one line per event on standard error, with masked fields and without any known secret.
//!
//! The last line of defence (row E6): what is told is chosen where it is told, and this catches what slipped through.
//! A line that cannot be written is lost, and nobody hears of it: a full disk under a log must not stop a sync.

use crate::hidden::Hidden;
use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value};
use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};
use tidemark_model::export::is_secret;
use tidemark_model::merge::MASK;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// Names of fields that hold what people wrote.
const CONTENTS: [&str; 6] = ["body", "document", "value", "excerpt", "base", "remote"];

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Logs to standard error from now on; `filter` holds where `TIDEMARK_LOG` is not set or cannot be read.
///
/// A second start in one process changes nothing.
pub fn start(style: Style, filter: &str) {
    let filter = EnvFilter::try_from_env("TIDEMARK_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let lines = Lines::new(style, Hidden::of_process(), std::io::stderr());
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Writes events as lines.
pub struct Lines<W> {
    style: Style,
    hidden: Hidden,
    out: Mutex<W>,
}

impl<W: Write> Lines<W> {
    /// Lines to `out`, without what is hidden.
    pub fn new(style: Style, hidden: Hidden, out: W) -> Self {
        Self { style, hidden, out: Mutex::new(out) }
    }

    fn write(&self, mut line: String) {
        line.push('\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing better could be done with this error than to lose the line.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::of(&self.hidden);
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Told::<W>(fields.told, PhantomData));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::of(&self.hidden);
        record.record(&mut fields);
        if let Some(span) = context.span(id)
            && let Some(Told(told, _)) = span.extensions_mut().get_mut::<Told<W>>()
        {
            told.extend(fields.told);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::of(&self.hidden);
        event.record(&mut fields);
        let spans = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans: Vec<(&str, Map<String, Value>)> = spans
            .map(|span| {
                let told = span.extensions().get::<Told<W>>().map(|told| told.0.clone()).unwrap_or_default();
                (span.name(), told)
            })
            .collect();
        let line = Line {
            at: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            told: fields.told,
            spans,
        };
        self.write(match self.style {
            Style::Text => line.text(),
            Style::Json => line.json(),
        });
    }
}

/// A span's fields, masked when they were told; of one log, so that a second one beside it keeps its own.
struct Told<W>(Map<String, Value>, PhantomData<fn() -> W>);

/// Takes fields in, masked by name and by what they hold.
struct Fields<'a> {
    hidden: &'a Hidden,
    told: Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn of(hidden: &'a Hidden) -> Self {
        Self { hidden, told: Map::new() }
    }

    fn take(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        let value = match is_masked(field.name()) {
            true => MASK.into(),
            false => match value() {
                Value::String(text) => self.hidden.mask(text).into(),
                other => other,
            },
        };
        self.told.insert(field.name().to_owned(), value);
    }
}

/// Whether a field of this name is never shown.
fn is_masked(name: &str) -> bool {
    let last = name.rsplit(['.', '_', '-']).next().unwrap_or(name);
    is_secret(name) || CONTENTS.iter().any(|contents| last.eq_ignore_ascii_case(contents))
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, || value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, || value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, || value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, || value.into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, || value.into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, || format!("{value:?}").into());
    }
}

struct Line<'a> {
    at: String,
    level: &'a str,
    target: &'a str,
    told: Map<String, Value>,
    spans: Vec<(&'a str, Map<String, Value>)>,
}

impl Line<'_> {
    fn text(mut self) -> String {
        let message = match self.told.remove("message") {
            Some(Value::String(message)) => plain(&message),
            Some(_) | None => String::new(),
        };
        let mut line = format!("{} {:>5} {}: {message}", self.at, self.level, self.target);
        append(&mut line, &self.told);
        for (name, told) in self.spans.iter().rev() {
            line.push_str(&format!(" in {name}"));
            append(&mut line, told);
        }
        line
    }

    fn json(self) -> String {
        let spans = self.spans.into_iter().map(|(name, mut told)| {
            told.insert("name".to_owned(), name.into());
            Value::Object(told)
        });
        serde_json::json!({
            "timestamp": self.at,
            "level": self.level,
            "target": self.target,
            "fields": self.told,
            "spans": spans.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

fn append(line: &mut String, told: &Map<String, Value>) {
    for (name, value) in told {
        match value {
            Value::String(text) if text.contains([' ', '"', '=']) => {
                line.push_str(&format!(" {name}={}", plain(&format!("{text:?}"))));
            }
            Value::String(text) => line.push_str(&format!(" {name}={}", plain(text))),
            other => line.push_str(&format!(" {name}={other}")),
        }
    }
}

/// A text that stays on its line and moves no cursor of a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests;
