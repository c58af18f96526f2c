//! Failures below HTTP, told apart by the types of their sources.

use std::error::Error;
use std::io;
use tidemark_model::failure::{ErrorClass, Failure};

/// The class of a request that got no answer.
pub(super) fn classify(error: &reqwest::Error) -> Failure {
    if let Some(tls) = find::<rustls::Error>(error) {
        return handshake(tls, error.is_connect());
    }
    if error.is_connect() {
        return Failure::new(ErrorClass::Offline, connecting(error));
    }
    if error.is_builder() {
        return Failure::new(ErrorClass::Permanent, innermost(error));
    }
    if error.is_timeout() {
        return timed_out("the server did not answer in time");
    }
    broken_off(error)
}

/// A request that may have been served, whose answer did not come in time.
pub(super) fn timed_out(words: &str) -> Failure {
    Failure::new(ErrorClass::Transient, words).uncertain()
}

/// A connection that ended after the request had left.
pub(super) fn broken_off(error: &reqwest::Error) -> Failure {
    let words = match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the connection was reset before the answer was complete".to_owned()
        }
        _ => format!("the connection ended before the answer was complete ({})", innermost(error)),
    };
    Failure::new(ErrorClass::Transient, words).uncertain()
}

fn handshake(tls: &rustls::Error, connecting: bool) -> Failure {
    use rustls::Error as Tls;
    match tls {
        Tls::InvalidCertificate(reason) => {
            Failure::new(ErrorClass::Untrusted, format!("the server's certificate is refused: {reason}"))
        }
        Tls::NoCertificatesPresented | Tls::InvalidCertRevocationList(_) => {
            Failure::new(ErrorClass::Untrusted, format!("the server's certificate is refused: {tls}"))
        }
        other if connecting => {
            Failure::new(ErrorClass::Offline, format!("no secure connection is possible: {other}"))
        }
        other => {
            Failure::new(ErrorClass::Transient, format!("the secure connection broke: {other}")).uncertain()
        }
    }
}

fn connecting(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the server could not be reached in time".to_owned();
    }
    if error.is_dns() {
        return format!("the server's name was not found ({})", innermost(error));
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "the server refuses connections".to_owned(),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            "the network does not lead to the server".to_owned()
        }
        _ => format!("the server could not be reached ({})", innermost(error)),
    }
}

/// The first source of a type; an `io::Error` hides what it wraps from `source()`, so that it is opened.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(here) = next {
        if let Some(found) = here.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(inner) = here.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<T>(inner)
        {
            return Some(found);
        }
        next = here.source();
    }
    None
}

/// The words of the last source; those above only say that something below failed.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
