//! What a training run leaves on disk, and everything that reads it back.
