//! Against whom an applicant is compared.

use ndarray::{Array2, ArrayView2, Axis};
use rationale_core::{Background, Seed};
use rationale_tabular::Table;

use crate::{Decisions, Error, ScoringModel};

/// The folds into which a reference is split for intervals.
pub const MOST_FOLDS: usize = 20;

/// Against whom applicants are compared: "your savings counted against you" means "compared with theirs".
#[derive(Debug, Clone)]
pub enum Reference {
    /// The approved applicants of the same table.
    Approved,
    /// All applicants of the same table.
    All,
    /// The rows of another table.
    Rows(Box<Table>),
}

impl Reference {
    /// What the report calls it.
    pub fn in_words(&self) -> String {
        match self {
            Self::Approved => "the approved applicants of this table".to_owned(),
            Self::All => "all applicants of this table".to_owned(),
            Self::Rows(table) => format!("the rows of `{}`", table.name()),
        }
    }

    /// The encoded rows.
    pub(crate) fn rows(
        &self,
        model: &ScoringModel,
        applicants: ArrayView2<'_, f64>,
        decisions: &Decisions,
    ) -> Result<Background, Error> {
        let rows = match self {
            Self::Approved => applicants.select(Axis(0), &decisions.accepted()),
            Self::All => applicants.to_owned(),
            Self::Rows(table) => model.encoder().encode(table)?.rows,
        };
        if rows.nrows() == 0 {
            return Err(Error::NoReference { reference: self.in_words() });
        }
        Ok(Background::new(rows)?)
    }
}

/// The reference split at random into folds of equal size (within one row): at most 20, and at least two rows each.
/// No folds where there are fewer than four rows.
pub(crate) fn folds(reference: &Background, seed: Seed) -> Result<Vec<Background>, Error> {
    let n_rows = reference.rows().nrows();
    let n_folds = (n_rows / 2).min(MOST_FOLDS);
    if n_folds < 2 {
        return Ok(Vec::new());
    }
    let mut order: Vec<usize> = (0..n_rows).collect();
    seed.draws("audit folds", 0, 0).shuffle(&mut order);
    let fold = |fold: usize| {
        let members: Vec<usize> = order.iter().skip(fold).step_by(n_folds).copied().collect();
        let rows: Array2<f64> = reference.rows().select(Axis(0), &members);
        Ok(Background::new(rows)?)
    };
    (0..n_folds).map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(n_rows: usize) -> Vec<usize> {
        let rows = Array2::from_shape_fn((n_rows, 1), |(row, _)| row as f64);
        let folds = folds(&Background::new(rows).unwrap(), Seed::new(1)).unwrap();
        let mut all: Vec<f64> =
            folds.iter().flat_map(|fold| fold.rows().iter().copied().collect::<Vec<_>>()).collect();
        all.sort_by(f64::total_cmp);
        assert!(folds.is_empty() || all == (0..n_rows).map(|row| row as f64).collect::<Vec<_>>());
        folds.iter().map(|fold| fold.rows().nrows()).collect()
    }

    #[test]
    fn folds_share_the_rows_out_evenly() {
        assert_eq!(sizes(45), [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(sizes(5), [3, 2]);
        assert!(sizes(3).is_empty());
    }
}
