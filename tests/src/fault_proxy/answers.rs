//! Answers that the proxy gives: the server's whole, cut or garbled, and its own.

use super::Cut;
use axum::body::{Body, Bytes};
use futures_util::stream;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Response, StatusCode};

/// An answer held whole.
#[derive(Clone, Debug)]
pub struct Canned {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Canned {
    /// An answer of a type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }.with("Content-Type", content_type)
    }

    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    pub(super) fn whole(self) -> Result<Response<Body>, Cut> {
        let body = self.body.clone();
        self.answer(Body::from(body))
    }

    /// The full length is promised and half of it comes.
    pub(super) fn half(self) -> Result<Response<Body>, Cut> {
        let (length, half) = (self.body.len(), self.body.slice(..self.body.len() / 2));
        let pieces = stream::iter([Ok(half), Err(Cut)]);
        let mut answer = self.answer(Body::from_stream(pieces))?;
        answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        Ok(answer)
    }

    pub(super) fn garbled(mut self) -> Result<Response<Body>, Cut> {
        let mut body = self.body.to_vec();
        let quarter = body.len() / 4;
        for byte in &mut body[..quarter] {
            *byte = b'#';
        }
        self.body = body.into();
        self.whole()
    }

    fn answer(self, body: Body) -> Result<Response<Body>, Cut> {
        let mut answer = Response::new(body);
        *answer.status_mut() = StatusCode::from_u16(self.status).map_err(|_| Cut)?;
        *answer.headers_mut() = self.headers;
        for own in [CONTENT_LENGTH, TRANSFER_ENCODING] {
            answer.headers_mut().remove(own);
        }
        Ok(answer)
    }
}

/// JSON that never ends.
pub(super) fn flood() -> Response<Body> {
    let piece = Bytes::from(vec![b'['; 64 * 1024]);
    let pieces = stream::repeat_with(move || Ok::<_, Cut>(piece.clone()));
    let mut answer = Response::new(Body::from_stream(pieces));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
