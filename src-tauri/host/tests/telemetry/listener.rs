//! Hears everything that this process tells, at every level: once as it is told, and once through the log.

use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tidemark_host::Hidden;
use tidemark_host::log::{Lines, Style};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

struct Full;

impl Write for Full {
    fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }
}

pub struct Listener {
    /// What the log is to hide.
    pub hidden: Hidden,
    told: Paper,
    logged: Paper,
}

impl Listener {
    /// Listens from now on.
    pub fn start() -> Self {
        let listener = Self { hidden: Hidden::default(), told: Paper::default(), logged: Paper::default() };
        tracing_subscriber::registry()
            .with(Raw(listener.told.clone()))
            .with(Lines::new(Style::Text, listener.hidden.clone(), listener.logged.clone()))
            // A second log lies on a disk that is full, and nothing that is proved here suffers from it.
            .with(Lines::new(Style::Json, Hidden::default(), Full))
            .init();
        listener
    }

    /// Every span and event with all fields, nothing masked.
    pub fn told(&self) -> String {
        self.told.read()
    }

    /// The same as the log writes it.
    pub fn logged(&self) -> String {
        self.logged.read()
    }
}

struct Raw(Paper);

impl Raw {
    fn write(&self, line: &str) {
        let mut paper = self.0.clone();
        paper.write_all(format!("{}\n", line.replace('\n', " ")).as_bytes()).unwrap();
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Raw {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut fields = Fields(format!("span {}", attributes.metadata().name()));
        attributes.record(&mut fields);
        self.write(&fields.0);
    }

    fn on_record(&self, _: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields("record".to_owned());
        record.record(&mut fields);
        self.write(&fields.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(format!("event {}", event.metadata().target()));
        event.record(&mut fields);
        self.write(&fields.0);
    }
}
