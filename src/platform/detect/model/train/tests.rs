//! The shipped model against the data: it is what training makes, and it does what its card says.
