//! Groups of applicants side by side.

use std::collections::BTreeMap;

use rationale_core::{Attributions, Seed};
use rationale_tabular::{Column, Table};

use crate::interval::{Estimate, means, share};
use crate::{Decisions, Error};

/// A numeric column with more different values than this is cut into bands.
const MOST_VALUES: usize = 8;
/// A column with more groups than this tells applicants apart and not groups.
const MOST_GROUPS: usize = 100;
/// Groups of fewer applicants carry a warning.
pub const FEW: usize = 30;

/// A column by which applicants are compared. The model need not know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// The column's name.
    pub column: String,
    /// Where bands of numbers begin, ascending; empty for quartiles.
    pub bands: Vec<f64>,
}

impl Protected {
    /// Texts as they are; numbers with many values in quartiles.
    pub fn new(column: impl Into<String>) -> Self {
        Self { column: column.into(), bands: Vec::new() }
    }

    /// Cuts numbers at these values: 25 and 60 give `under 25`, `25 to under 60`, `60 and over`.
    pub fn with_bands(mut self, bands: Vec<f64>) -> Self {
        self.bands = bands;
        self
    }
}

/// The groups of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The column.
    pub column: String,
    /// Its groups, in order.
    pub groups: Vec<GroupFigures>,
}

/// What is known of one group, with 95% intervals over its applicants: Wilson's for the share, by bootstrap for means.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupFigures {
    /// The group's name.
    pub group: String,
    /// How many applicants it has.
    pub n_rows: usize,
    /// The share approved.
    pub approve_rate: Estimate,
    /// The mean score.
    pub score: Estimate,
    /// The mean attribution of each column of the model.
    pub attributions: Vec<Estimate>,
}

/// The applicants of each group of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Groups {
    column: String,
    /// Names and rows, in order; missing values last.
    groups: Vec<(String, Vec<usize>)>,
}

impl Groups {
    /// Fails where the column is not there, its bands are not in order or not for texts, or it has too many groups.
    pub(crate) fn new(table: &Table, protected: &Protected) -> Result<Self, Error> {
        let (column, groups) = (protected.column.clone(), groups(table, protected)?);
        match groups.len() {
            found if found > MOST_GROUPS => Err(Error::Groups { column, found, most: MOST_GROUPS }),
            _ => Ok(Self { column, groups }),
        }
    }
}

impl Comparison {
    /// Compares groups: approval, scores `[row]` and attributions `[row, column, 1]`.
    pub(crate) fn new(
        groups: &Groups,
        decisions: &Decisions,
        scores: &[f64],
        attributions: &Attributions,
        seed: Seed,
    ) -> Self {
        let figures = |(group, rows): &(String, Vec<usize>)| {
            let purpose = format!("audit group {} {group}", groups.column);
            figures(group.clone(), rows, decisions, scores, attributions, seed, &purpose)
        };
        Self { column: groups.column.clone(), groups: groups.groups.iter().map(figures).collect() }
    }
}

fn figures(
    group: String,
    rows: &[usize],
    decisions: &Decisions,
    scores: &[f64],
    attributions: &Attributions,
    seed: Seed,
    purpose: &str,
) -> GroupFigures {
    let of = |value: &dyn Fn(usize) -> f64| rows.iter().map(|&row| value(row)).collect::<Vec<f64>>();
    let mut columns = vec![of(&|row| f64::from(u8::from(decisions.approved[row]))), of(&|row| scores[row])];
    for feature in 0..attributions.n_features() {
        columns.push(of(&|row| attributions.values()[[row, feature, 0]]));
    }
    let mut estimates = means(&columns, seed, purpose);
    let n_approved = rows.iter().filter(|&&row| decisions.approved[row]).count();
    GroupFigures {
        group,
        n_rows: rows.len(),
        attributions: estimates.split_off(1),
        approve_rate: share(n_approved, rows.len()),
        score: estimates[0],
    }
}

/// The groups' names and rows, in order; missing values last.
fn groups(table: &Table, protected: &Protected) -> Result<Vec<(String, Vec<usize>)>, Error> {
    let column = table.column(&protected.column)?;
    let (names, place): (Vec<String>, Vec<Option<usize>>) = match column.numbers() {
        Some(numbers) if !protected.bands.is_empty() => banded(numbers, checked(protected)?),
        None if !protected.bands.is_empty() => {
            return Err(Error::BandsOfTexts { column: protected.column.clone() });
        }
        Some(numbers) if column.distinct().len() > MOST_VALUES => banded(numbers, &quartiles(numbers)),
        _ => named(column),
    };
    let mut groups: Vec<(String, Vec<usize>)> = names.into_iter().map(|name| (name, Vec::new())).collect();
    groups.push(("missing".to_owned(), Vec::new()));
    let missing = groups.len() - 1;
    for (row, place) in place.into_iter().enumerate() {
        groups[place.unwrap_or(missing)].1.push(row);
    }
    groups.retain(|(_, rows)| !rows.is_empty());
    Ok(groups)
}

fn checked(protected: &Protected) -> Result<&[f64], Error> {
    let bands = &protected.bands;
    if bands.iter().all(|edge| edge.is_finite()) && bands.is_sorted_by(|a, b| a < b) {
        return Ok(bands);
    }
    Err(Error::Bands { column: protected.column.clone(), bands: bands.clone() })
}

fn banded(numbers: &[f64], edges: &[f64]) -> (Vec<String>, Vec<Option<usize>>) {
    let name = |band: usize| match (band.checked_sub(1).map(|below| edges[below]), edges.get(band)) {
        (None, Some(high)) => format!("under {high}"),
        (Some(low), Some(high)) => format!("{low} to under {high}"),
        (Some(low), None) => format!("{low} and over"),
        (None, None) => "all".to_owned(),
    };
    let place = |x: &f64| (!x.is_nan()).then(|| edges.partition_point(|edge| edge <= x));
    ((0..=edges.len()).map(name).collect(), numbers.iter().map(place).collect())
}

fn quartiles(numbers: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..4).map(|quarter| sorted[quarter * sorted.len() / 4]).collect();
    edges.dedup();
    edges.retain(|edge| *edge > sorted[0]);
    edges
}

fn named(column: &Column) -> (Vec<String>, Vec<Option<usize>>) {
    let mut names = column.distinct();
    if column.numbers().is_some() {
        let value = |name: &String| name.parse::<f64>().unwrap_or(f64::NAN);
        names.sort_by(|a, b| value(a).total_cmp(&value(b)));
    }
    let known: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let place = |row| known.get(column.text_at(row)?.as_ref()).copied();
    let places = (0..column.len()).map(place).collect();
    (names, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, protected: &Protected) -> Vec<(String, usize)> {
        let table = Table::from_csv_bytes("a.csv", text.as_bytes()).unwrap();
        groups(&table, protected).unwrap().into_iter().map(|(name, rows)| (name, rows.len())).collect()
    }

    #[test]
    fn bands_hold_their_lower_edge_and_missing_comes_last() {
        let protected = Protected::new("age").with_bands(vec![25.0, 60.0]);
        let found = names("age,x\n25,1\n24,1\n60,1\n,1\n59.5,1\n", &protected);
        let expected = [("under 25", 1), ("25 to under 60", 2), ("60 and over", 1), ("missing", 1)];
        assert_eq!(found, expected.map(|(name, n)| (name.to_owned(), n)));
    }

    #[test]
    fn few_numbers_are_groups_and_many_are_quartiles() {
        assert_eq!(names("n\n10\n9\n10\n", &Protected::new("n")), [("9".into(), 1), ("10".into(), 2)]);
        let many: Vec<String> = (0..100).map(|k| k.to_string()).collect();
        let found = names(&format!("n\n{}\n", many.join("\n")), &Protected::new("n"));
        assert_eq!(found[1], ("25 to under 50".into(), 25));
    }

    #[test]
    fn texts_are_groups_in_their_order() {
        assert_eq!(names("s\nm\nf\nm\n", &Protected::new("s")), [("f".into(), 1), ("m".into(), 2)]);
    }

    #[test]
    fn an_identifier_is_no_group_and_texts_have_no_bands() {
        let many: Vec<String> = (0..101).map(|k| format!("id{k}")).collect();
        let table = Table::from_csv_bytes("a.csv", format!("id\n{}\n", many.join("\n")).as_bytes()).unwrap();
        let error = Groups::new(&table, &Protected::new("id")).unwrap_err().to_string();
        assert!(error.contains("`id` has 101 groups, and at most 100"), "{error}");
        let error = Groups::new(&table, &Protected::new("id").with_bands(vec![1.0])).unwrap_err().to_string();
        assert!(error.contains("`id` holds texts"), "{error}");
    }

    #[test]
    fn bands_must_ascend() {
        let table = Table::from_csv_bytes("a.csv", b"age\n1\n2\n").unwrap();
        let error = groups(&table, &Protected::new("age").with_bands(vec![60.0, 25.0])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the bands of `age`, [60.0, 25.0], must be finite numbers in ascending order"
        );
    }
}
