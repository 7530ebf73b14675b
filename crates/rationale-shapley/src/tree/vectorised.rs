//! What every vectorised engine does, and which one does it.

use std::ops::Range;

use rationale_trees::{Tree, TreeEnsemble};

use super::engine::{self, Layout, LeafGame};
use super::lanes::Instructions;
use super::paths::{Columns, Paths};
use super::row_simd::RowSimd;

/// An engine that adds what its trees give to a block of rows to `out` `[row, feature, output]`.
pub(super) trait Vectorised: Send + Sync {
    /// The engine's name in the evidence.
    fn name(&self) -> String;

    fn accumulate(&self, trees: &[Tree], columns: &Columns<'_>, layout: Layout, out: &mut [f64]);
}

/// How exact the numbers are that values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// float64 throughout; the default.
    #[default]
    Double,
    /// float32, folded into float64 every few dozen trees: twice the rows a second, about six right digits. Rows go the
    /// same way at every split.
    Single,
}

/// What computes the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The one that is likely to be fastest for the model and the number of rows; the default.
    #[default]
    Auto,
    /// One pattern look-up a row and leaf, in float64 whatever the precision: the reference.
    Plain,
    /// Many rows at once walk each tree. Path-dependent values; anything else is left to the plain engine.
    RowSimd,
}

/// Which engine takes which tree.
pub(super) struct Plan {
    vectorised: Vec<Box<dyn Vectorised>>,
    /// The trees left to the plain engine.
    plain: Vec<Range<usize>>,
}

impl Plan {
    /// All trees to the plain engine.
    pub(super) fn plain(trees: Range<usize>) -> Self {
        Self { vectorised: Vec::new(), plain: vec![trees] }
    }

    /// All trees to the row-SIMD engine, but for those that it cannot take.
    pub(super) fn row_simd(
        ensemble: &TreeEnsemble,
        precision: Precision,
        instructions: Instructions,
    ) -> Self {
        let numbers: Vec<usize> = (0..ensemble.trees().len()).collect();
        let (engine, refused) = match precision {
            Precision::Double => boxed(RowSimd::<f64>::new(instructions, ensemble.trees(), &numbers)),
            Precision::Single => boxed(RowSimd::<f32>::new(instructions, ensemble.trees(), &numbers)),
        };
        Self { vectorised: vec![engine], plain: runs(&refused) }
    }

    /// The engines' names.
    pub(super) fn name(&self) -> String {
        let mut names: Vec<String> = self.vectorised.iter().map(|engine| engine.name()).collect();
        if !self.plain.is_empty() {
            names.push(engine::NAME.to_owned());
        }
        names.join(" + ")
    }

    /// Adds what all trees give to a block of rows to `out`.
    pub(super) fn accumulate(
        &self,
        game: &dyn LeafGame,
        (trees, paths): (&[Tree], &[Paths]),
        layout: Layout,
        columns: &Columns<'_>,
        out: &mut [f64],
    ) {
        for engine in &self.vectorised {
            engine.accumulate(trees, columns, layout, out);
        }
        for trees in &self.plain {
            engine::accumulate(game, paths, trees.clone(), layout, columns, out);
        }
    }
}

fn boxed<E: Vectorised + 'static>((engine, refused): (E, Vec<usize>)) -> (Box<dyn Vectorised>, Vec<usize>) {
    (Box::new(engine), refused)
}

/// Ascending numbers as ranges.
fn runs(numbers: &[usize]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => runs.push(number..number + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_form_runs() {
        assert_eq!(runs(&[0, 1, 4, 6, 7]), [0..2, 4..5, 6..8]);
        assert!(runs(&[]).is_empty());
    }
}
