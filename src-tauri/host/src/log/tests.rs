use super::*;
use std::io;
use std::sync::Arc;

/// What was written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn read(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

fn logged(style: Style, tell: impl FnOnce()) -> String {
    let (hidden, paper) = (Hidden::default(), Paper::default());
    hidden.add("work", Some("ann"), "swordfish");
    let lines = Lines::new(style, hidden, paper.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), tell);
    paper.read()
}

#[derive(Debug)]
#[allow(dead_code)]
struct Careless {
    word: &'static str,
}

// proves E6
#[test]
fn a_field_is_masked_by_its_name_and_a_secret_wherever_it_stands() {
    for style in [Style::Text, Style::Json] {
        let line = logged(style, || {
            let span =
                tracing::info_span!("sign_in", link = "Work", token = "abc-1", later = tracing::field::Empty);
            span.record("later", "is swordfish");
            let careless = Careless { word: "swordfish" };
            tracing::info!(parent: &span, authorization = "Basic abc-2", set_cookie = "abc-3", body = %"abc-4",
                document = "abc-5", value = 6_789, new_password = "abc-7", request_body = "abc-8", ?careless,
                key = "0190-key", "sent YW5uOnN3b3JkZmlzaA== for swordfish");
        });
        for gone in ["abc", "6789", "swordfish", "YW5u"] {
            assert!(!line.contains(gone), "{gone} in {line}");
        }
        for stays in ["Work", "sign_in", "0190-key", "sent", "Careless", "INFO"] {
            assert!(line.contains(stays), "{stays} not in {line}");
        }
    }
}

#[test]
fn a_line_is_one_line_whatever_is_in_it() {
    let line = logged(Style::Text, || tracing::warn!(name = "a\nb\u{1b}[2J c", "first\nsecond"));
    assert_eq!(line.lines().count(), 1);
    assert!(!line.contains('\u{1b}'), "no value moves the cursor of a terminal");
    let line = logged(Style::Json, || tracing::warn!(name = "a\nb", count = 3, "first"));
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["fields"]["name"], &line["fields"]["count"]), (&"a\nb".into(), &3.into()));
}

// proves E6
#[test]
fn a_full_disk_under_the_log_is_nobodys_trouble() {
    let lines = Lines::new(Style::Text, Hidden::default(), Full);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
        tracing::error!("lost");
        tracing::error!("lost as well");
    });
}
