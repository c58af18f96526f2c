//! The built application in a real window, on a desk of its own, for the window tests and the soak.

pub mod application;
pub mod desk;
mod group;
pub mod page;
pub mod records;
