//! tidemark-host
