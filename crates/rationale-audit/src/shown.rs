//! The applicants that figures and the page show: few enough to draw and to open, chosen by a stated rule.

use ndarray::Array2;
use rationale_core::Seed;
use rationale_tabular::{Encoder, FieldKind, Table};

use crate::{Decisions, Error};

/// Applicants on the page where nothing else is stated.
pub const MOST_SHOWN: usize = 10_000;
/// Dots and lines of a figure; more only hide each other.
const MOST_DRAWN: usize = 2000;

/// Some applicants with the values of their columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Their rows, ascending.
    pub rows: Vec<usize>,
    /// Of `rows`, the places of those that figures draw: drawn at random from all applicants.
    pub drawn: Vec<usize>,
    /// The columns' values `[place, column]`; NaN for categories.
    pub numbers: Array2<f64>,
    /// The columns' values for people `[place][column]`.
    pub texts: Vec<Vec<String>>,
}

impl Shown {
    /// All applicants, or where there are more than `most` of them: some at random for the figures, then those declined,
    /// then others; each at random where not all have room.
    pub(crate) fn new(
        encoder: &Encoder,
        table: &Table,
        decisions: &Decisions,
        most: usize,
        seed: Seed,
    ) -> Result<Self, Error> {
        let (rows, drawn) = choose(&decisions.approved, most, seed);
        let table = table.select_rows(&rows);
        let fields = encoder.schema().fields();
        let mut texts = vec![Vec::with_capacity(fields.len()); rows.len()];
        let mut numbers = Array2::from_elem((rows.len(), fields.len()), f64::NAN);
        for (field, mut column) in numbers.columns_mut().into_iter().enumerate() {
            let values = encoder.display_values(&table, field)?;
            let is_number = matches!(fields[field].kind, FieldKind::Numeric);
            let known = table.column(&fields[field].name)?.numbers().filter(|_| is_number);
            if let Some(known) = known {
                column.iter_mut().zip(known).for_each(|(number, known)| *number = *known);
            }
            texts.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        }
        Ok(Self { rows, drawn, numbers, texts })
    }

    /// Where a row stands among those shown.
    pub fn place(&self, row: usize) -> Option<usize> {
        self.rows.binary_search(&row).ok()
    }
}

/// Rows, ascending, and the places of those drawn.
fn choose(approved: &[bool], most: usize, seed: Seed) -> (Vec<usize>, Vec<usize>) {
    let n = approved.len();
    let mut order: Vec<usize> = (0..n).collect();
    if n > MOST_DRAWN {
        seed.draws("audit shown", 0, 0).shuffle(&mut order);
    }
    let mut drawn: Vec<usize> = order.iter().copied().take(MOST_DRAWN.min(most.max(1))).collect();
    drawn.sort_unstable();
    let rest = &order[drawn.len()..];
    let of = |wanted: bool| rest.iter().copied().filter(move |&row| approved[row] == wanted);
    let room = most.saturating_sub(drawn.len());
    let mut rows: Vec<usize> = of(false).chain(of(true)).take(room).chain(drawn.iter().copied()).collect();
    rows.sort_unstable();
    let place = |row: &usize| rows.binary_search(row).ok();
    let places = drawn.iter().filter_map(place).collect();
    (rows, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_shown_where_they_fit_and_the_declined_first_where_they_do_not() {
        let few = choose(&[true, false, true], 10_000, Seed::new(1));
        assert_eq!(few, (vec![0, 1, 2], vec![0, 1, 2]));
        let approved: Vec<bool> = (0..30_000).map(|row| row % 10 != 0).collect();
        let (rows, drawn) = choose(&approved, 10_000, Seed::new(1));
        assert_eq!((rows.len(), drawn.len()), (10_000, MOST_DRAWN));
        assert!(rows.is_sorted() && rows.windows(2).all(|pair| pair[0] < pair[1]));
        let n_declined = rows.iter().filter(|row| !approved[**row]).count();
        assert_eq!(n_declined, 3000, "every declined applicant has room");
        // The figures' sample is not of the declined alone.
        let n_declined = drawn.iter().filter(|place| !approved[rows[**place]]).count();
        assert!((130..270).contains(&n_declined), "{n_declined}");
    }
}
