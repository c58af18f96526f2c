//! Connectors: the untrusted edge, where servers are spoken to and nothing they say is believed unchecked.
//!
//! Each kind of server has a folder; all share one bounded HTTP client ([`http::Http`]). Nothing here knows the
//! engine or its database: the whole surface is [`tidemark_model::connector::Connector`].

mod by_time;
mod classify;
pub mod http;
mod kinto;
mod opaque;
mod registry;
mod rest;
mod secret;
mod sending;
mod wire;

pub use http::{Carrier, HttpOptions, Limits, RefreshTokens, Session, Timeouts, Unkept};
pub use registry::{ConnectError, KINDS, Kind, connect, connect_in, connect_with, session};
pub use secret::Secret;
