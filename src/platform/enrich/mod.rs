//! Enrichment: what is known about an entity beyond its own events. One file per kind of knowledge.
//!
//! Context only: nothing here changes a score by itself. Start at `geo.rs`.

pub mod geo;

pub use geo::Geo;
