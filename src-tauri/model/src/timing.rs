//! Where the time of a request went.

use crate::number::Millis;
use serde::{Deserialize, Serialize};

/// Where the time of one try went; spans in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Finding the address of the server's name; none where no name was looked up.
    pub name: Option<Millis>,
    /// Connecting to that address; none where no connection was made.
    pub connect: Option<Millis>,
    /// The connecting includes the handshake of TLS: the two cannot be told apart.
    pub secure: bool,
    /// A connection was open already.
    pub reused: bool,
    /// From the beginning to the first of the answer; none where no answer came.
    pub first_byte: Option<Millis>,
    /// From the beginning to the end of the answer, or of the waiting for it.
    pub total: Millis,
}
