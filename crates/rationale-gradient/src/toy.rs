//! Networks written by hand, whose attributions are known.
