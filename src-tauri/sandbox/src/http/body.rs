//! Reading a request's body within its bounds, after decompression.

use crate::world::answer::{Answer, ProblemKind};
use crate::world::call::MAX_BODY;
use crate::world::document::invalid;
use axum::body::Body;
use futures_util::StreamExt;

/// Beyond the limit so much more is read and thrown away, so that the sender gets the answer instead of a
/// reset connection. What still goes on then, a compression bomb for one, is cut.
const DRAIN: usize = 4 * MAX_BODY;

/// The body as text.
pub async fn text(body: Body) -> Result<String, Answer> {
    let (mut bytes, mut seen) = (Vec::new(), 0usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| invalid(format!("The body cannot be read: {error}.")))?;
        seen += chunk.len();
        match seen {
            _ if seen <= MAX_BODY => bytes.extend_from_slice(&chunk),
            _ if seen <= DRAIN => bytes = Vec::new(),
            _ => break,
        }
    }
    if seen > MAX_BODY {
        return Err(Answer::refuse(ProblemKind::TooLarge, "A body has at most 16 MiB, unpacked."));
    }
    String::from_utf8(bytes).map_err(|_| invalid("The body is not UTF-8."))
}
