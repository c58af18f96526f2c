//! What the store does for the engine, each verb one transaction.
