//! tidemark-engine
