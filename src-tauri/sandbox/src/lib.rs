//! The built-in server: the reference for the server contract, for the first run, demonstrations and tests.
//!
//! [`Sandbox::start`] serves on 127.0.0.1, [`Sandbox::in_process`] by a call; [`world::World`] is the same server without HTTP.
//! What the contract leaves open, this server settles as follows.
//!
//! * A version is text without quotes in JSON and stands in quotes in `ETag`. It is a strong one.
//! * A write without any precondition is done. `PUT` then makes or replaces.
//! * `POST` of an id that is there: 412 `version-conflict`. `If-Match` on what never was: 404 `not-found`. On a
//!   tombstone: 412 `version-conflict` with the tombstone as `current`, unless the tombstone's own version is
//!   named, which brings the record back by `PUT` (201). `DELETE` of a tombstone is always 410 `gone`.
//! * `current` has the shape of a list's item.
//! * A document without `id` gets that of the path; another `id` is 400 `invalid`.
//! * An idempotency key belongs to the account; it stands for method, collection, id and body together. All
//!   answers are kept but 400, 413 and 415.
//! * `tombstone_floor` and `floor` are places in the commit order, for information; tokens stay opaque.
//! * Batch: `{items:[{method, collection, id?, if_match?, if_none_match?, key?, content_type?, body?}]}` →
//!   `{items:[{status, id?, version?, doc | problem, replayed?}]}` with outer status 200. In an atomic batch that was
//!   refused, the other items say 424 `invalid` with `refused_item`.
//! * `/v1/digest/{coll}`: `{epoch, buckets:[{count, sum}; 256]}`, with `bucket=B` `{epoch, bucket, items:[{id, version}]}`;
//!   the sums are explained in `world/digest.rs`.
//! * `POST /v1/token` gives access tokens for an account's refresh token (RFC 6749, section 6); any `client_id` is taken.
//! * `filter` is `MEMBER=TEXT`. Tombstones pass every filter.

pub mod faults;
mod http;
mod in_process;
mod listen;
mod options;
mod running;
pub mod sample;
mod store;
pub mod world;

pub use faults::{Faults, Filter, Switch};
pub use http::{Closed, TokenSwitches};
pub use in_process::InProcess;
pub use options::{Account, CollectionSpec, Now, Reference, SandboxOptions, SeedRecord};
pub use running::{RunningSandbox, Sandbox, SandboxError, SandboxHandle};
pub use world::World;
pub use world::colleague::{Colleague, ColleagueEdit, Script};
pub use world::report::Report;
