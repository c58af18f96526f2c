//! The window's commands, one file per subject.

pub mod status;
