//! The door through real sockets.
