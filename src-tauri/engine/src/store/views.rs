//! What people are shown, read from the tables in one moment.
