//! Nothing: this crate exists for its manifest.
