//! tidemark-sandbox
