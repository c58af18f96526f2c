//! tidemark-model
