//! A store on disk whose writes do something else as well.

use std::path::Path;
use tidemark_engine::{OnDisk, Storage, StoreError, Write};

/// Wraps each write before it is done.
pub struct OnWrite<F> {
    /// The store.
    pub inner: OnDisk,
    /// What it makes of a write.
    pub wrap: F,
}

impl<F: Fn(Box<dyn Write>) -> Box<dyn Write> + Send + Sync> Storage for OnWrite<F> {
    fn submit(&self, write: Box<dyn Write>) -> Result<(), StoreError> {
        self.inner.submit((self.wrap)(write))
    }

    fn read(
        &self,
        look: &mut dyn FnMut(&rusqlite::Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.inner.read(look)
    }

    fn data_version(&self) -> Result<i64, StoreError> {
        self.inner.data_version()
    }

    fn path(&self) -> Option<&Path> {
        self.inner.path()
    }

    fn close(&self) {
        self.inner.close();
    }
}
