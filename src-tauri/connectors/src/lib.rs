//! tidemark-connectors
