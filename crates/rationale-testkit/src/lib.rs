//! What the tests of every crate share: toy models, brute force over coalitions, axiom suites, golden files.
//!
//! Unpublished. Nothing here is fast; everything here is plain enough to be believed.

pub mod axioms;
pub mod brute_force;
pub mod games;
pub mod golden;
pub mod random_trees;
