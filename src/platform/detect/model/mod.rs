//! Models, written here so that they can say why. No knowledge of events; vectors in, scores and reasons out.

mod forest;
pub mod request;
mod tail;
pub mod train;

pub use forest::{Forest, median};
pub use tail::Tail;
