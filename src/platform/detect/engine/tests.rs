//! What the engine finds and what it leaves alone.
