//! An end to waiting for what never comes, so that a broken promise fails its test instead of hanging it.

use std::future::Future;
use std::time::Duration;

/// Far more than anything here takes.
const LONGEST: Duration = Duration::from_secs(60);

/// What a future gives; panics where it does not come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LONGEST, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: it did not come about in {} s", LONGEST.as_secs()),
    }
}
