//! Against whom an applicant is compared.

use rationale_core::Seed;
use rationale_tabular::Table;

use crate::{Decisions, Error};

/// The folds into which a reference is split for intervals.
pub const MOST_FOLDS: usize = 20;
/// A reference of more rows is drawn from at random, until [`crate::Audit::with_reference_rows`] says otherwise.
pub const REFERENCE_ROWS: usize = 10_000;
/// The same for a model that only answers.
pub const ASKED_REFERENCE_ROWS: usize = 100;
/// Of the approved applicants, the share that counts as just above the cut-off where none is stated.
pub const JUST_ABOVE: f64 = 0.1;
/// Fewer rows are no reference to speak of: so many are taken where the share asks for fewer.
const FEWEST_JUST_ABOVE: usize = 50;

/// Against whom applicants are compared: "your savings counted against you" means "compared with theirs".
#[derive(Debug, Clone)]
pub enum Reference {
    /// The approved applicants of the same table.
    Approved,
    /// Those approved applicants of the same table whose scores are nearest to the cut-off: this share of them, at least
    /// 50, and whoever has the same score as the last.
    JustAbove(f64),
    /// All applicants of the same table.
    All,
    /// The rows of another table.
    Rows(Box<Table>),
}

/// What the reference is to those with whom applicants are meant to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Population {
    /// A part of them: chance chose it, and intervals say what that may change.
    #[default]
    Sampled,
    /// All of them: there is no chance in it and there are no intervals.
    Census,
}

impl Reference {
    /// What the report calls it.
    pub fn in_words(&self) -> String {
        match self {
            Self::Approved => "the approved applicants of this table".to_owned(),
            Self::JustAbove(share) => format!(
                "the approved applicants just above the cut-off (the {} nearest to it)",
                crate::words::percent(*share)
            ),
            Self::All => "all applicants of this table".to_owned(),
            Self::Rows(table) => format!("the rows of `{}`", table.name()),
        }
    }

    /// The table and its rows, at most `most` of them, drawn at random where there are more, and how many there were.
    pub(crate) fn rows<'a>(
        &'a self,
        table: &'a Table,
        scores: &[f64],
        decisions: &Decisions,
        (most, seed): (usize, Seed),
    ) -> Result<Chosen<'a>, Error> {
        let (table, mut rows) = match self {
            Self::Approved => (table, decisions.accepted()),
            Self::JustAbove(share) => (table, just_above(*share, scores, decisions)?),
            Self::All => (table, (0..table.n_rows()).collect()),
            Self::Rows(other) => (other.as_ref(), (0..other.n_rows()).collect()),
        };
        let n_available = rows.len();
        if n_available == 0 {
            return Err(Error::NoReference { reference: self.in_words() });
        }
        if n_available > most.max(1) {
            seed.draws("audit reference", 0, 0).shuffle(&mut rows);
            rows.truncate(most.max(1));
            rows.sort_unstable();
        }
        Ok(Chosen { table, rows, n_available })
    }
}

/// The rows of a reference.
pub(crate) struct Chosen<'a> {
    pub table: &'a Table,
    pub rows: Vec<usize>,
    pub n_available: usize,
}

fn just_above(share: f64, scores: &[f64], decisions: &Decisions) -> Result<Vec<usize>, Error> {
    if !(share > 0.0 && share <= 1.0) {
        return Err(Error::JustAbove { share });
    }
    let distance = |row: usize| (scores[row] - decisions.cut_off).abs();
    let mut rows = decisions.accepted();
    rows.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
    #[expect(clippy::cast_sign_loss, reason = "a share is positive")]
    let wanted = ((share * rows.len() as f64).ceil() as usize).max(FEWEST_JUST_ABOVE).min(rows.len());
    if let Some(last) = wanted.checked_sub(1).map(|last| distance(rows[last])) {
        rows.truncate(rows.partition_point(|&row| distance(row) <= last));
    }
    rows.sort_unstable();
    Ok(rows)
}

/// So many rows split at random into folds of equal size (within one row): at most 20, and at least two rows each.
/// No folds where there are fewer than four rows.
pub(crate) fn folds(n_rows: usize, seed: Seed) -> Vec<Vec<usize>> {
    let n_folds = (n_rows / 2).min(MOST_FOLDS);
    if n_folds < 2 {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..n_rows).collect();
    seed.draws("audit folds", 0, 0).shuffle(&mut order);
    (0..n_folds).map(|fold| order.iter().skip(fold).step_by(n_folds).copied().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Direction;

    fn sizes(n_rows: usize) -> Vec<usize> {
        let folds = folds(n_rows, Seed::new(1));
        let mut all: Vec<usize> = folds.iter().flatten().copied().collect();
        all.sort_unstable();
        assert!(folds.is_empty() || all == (0..n_rows).collect::<Vec<_>>());
        folds.iter().map(Vec::len).collect()
    }

    #[test]
    fn folds_share_the_rows_out_evenly() {
        assert_eq!(sizes(45), [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(sizes(5), [3, 2]);
        assert!(sizes(3).is_empty());
    }

    #[test]
    fn just_above_are_the_nearest_and_their_equals() {
        let scores: Vec<f64> = (0..1000).map(|k| f64::from(k / 2)).collect();
        let approved = scores.iter().map(|score| *score >= 100.0).collect();
        let decisions = Decisions { cut_off: 100.0, direction: Direction::default(), approved };
        // 800 are approved; a tenth is 80, and scores come in pairs.
        assert_eq!(just_above(0.1, &scores, &decisions).unwrap(), (200..280).collect::<Vec<_>>());
        assert_eq!(just_above(0.001, &scores, &decisions).unwrap().len(), 50);
        assert_eq!(just_above(1.0, &scores, &decisions).unwrap().len(), 800);
        assert!(just_above(f64::NAN, &scores, &decisions).is_err());
    }

    #[test]
    fn a_large_reference_is_drawn_from_and_says_so() {
        let table = Table::from_csv_bytes("a.csv", b"a\n1\n2\n3\n4\n5\n").unwrap();
        let decisions = Decisions { cut_off: 0.0, direction: Direction::default(), approved: vec![true; 5] };
        let chosen = Reference::All.rows(&table, &[0.0; 5], &decisions, (3, Seed::new(1))).unwrap();
        assert_eq!((chosen.rows.len(), chosen.n_available), (3, 5));
        assert!(chosen.rows.is_sorted());
    }
}
