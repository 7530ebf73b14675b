//! Groups of applicants side by side.

use std::collections::BTreeMap;

use rationale_core::{Attributions, Seed};
use rationale_tabular::{Column, Table};

use crate::gap::{self, Gap};
use crate::interval::{Estimate, Moments, Z95, means, share};
use crate::proxy::{self, Proxy};
use crate::{Decisions, Error, Thresholds};

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

/// The groups of one column, or those that two columns make together.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The column, or both.
    pub column: String,
    /// Its groups, in order.
    pub groups: Vec<GroupFigures>,
    /// The largest group, with which the others are compared.
    pub against: usize,
    /// How the attributions of each other group of at least 30 differ from those of the largest one.
    pub gaps: Vec<Gap>,
    /// How well each column of the model goes with this one, strongest first; none for two columns together.
    pub proxies: Vec<Proxy>,
}

/// What is known of one group, with 95% intervals over its applicants: Wilson's for shares, by bootstrap for means.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupFigures {
    /// The group's name.
    pub group: String,
    /// How many applicants it has.
    pub n_rows: usize,
    /// The share approved.
    pub approve_rate: Estimate,
    /// That share divided by the highest one among groups of at least 30.
    pub ratio: Option<Estimate>,
    /// The mean score.
    pub score: Estimate,
    /// The scores at 10, 25, 50, 75 and 90 percent.
    pub quantiles: [f64; 5],
    /// Of those whose outcome was favourable, the share approved (equal opportunity).
    pub opportunity: Option<Estimate>,
    /// Of those whose outcome was unfavourable, the share approved.
    pub wrongly_approved: Option<Estimate>,
    /// The share of favourable outcomes by fifths of the score over all applicants, lowest first (calibration).
    pub outcome_by_score: Vec<Option<Estimate>>,
    /// The mean attribution of each column of the model.
    pub attributions: Vec<Estimate>,
}

/// What groups are compared on.
pub(crate) struct Portfolio<'a> {
    pub table: &'a Table,
    pub decisions: &'a Decisions,
    pub scores: &'a [f64],
    pub outcomes: Option<&'a [Option<bool>]>,
    pub attributions: &'a Attributions,
}

impl Portfolio<'_> {
    fn attribution(&self, row: usize, column: usize) -> f64 {
        self.attributions.values()[[row, column, 0]]
    }

    /// Where the fifths of the score begin, but for the lowest.
    fn fifths(&self) -> [f64; 4] {
        let mut sorted = self.scores.to_vec();
        sorted.sort_by(f64::total_cmp);
        [1, 2, 3, 4].map(|fifth| sorted[fifth * sorted.len() / 5])
    }
}

/// The applicants of each group of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Groups {
    column: String,
    is_crossed: bool,
    /// Names and rows, in order; missing values last.
    groups: Vec<(String, Vec<usize>)>,
}

impl Groups {
    /// Fails where the column is not there, its bands are not in order or not for texts, or it has too many groups.
    pub(crate) fn new(table: &Table, protected: &Protected) -> Result<Self, Error> {
        let (column, groups) = (protected.column.clone(), groups(table, protected)?);
        match groups.len() {
            found if found > MOST_GROUPS => Err(Error::Groups { column, found, most: MOST_GROUPS }),
            _ => Ok(Self { column, is_crossed: false, groups }),
        }
    }

    /// The groups that two columns make together; of more than can be compared, the largest.
    pub(crate) fn crossed(&self, other: &Self) -> Self {
        let n_rows = other.groups.iter().flat_map(|(_, rows)| rows).max().map_or(0, |last| last + 1);
        let mut place = vec![0; n_rows];
        for (group, (_, rows)) in other.groups.iter().enumerate() {
            rows.iter().for_each(|&row| place[row] = group);
        }
        let mut groups = Vec::new();
        for (name, rows) in &self.groups {
            let mut parts = vec![Vec::new(); other.groups.len()];
            rows.iter().for_each(|&row| parts[place[row]].push(row));
            let names = other.groups.iter().map(|(second, _)| format!("{name}, {second}"));
            groups.extend(names.zip(parts).filter(|(_, rows)| !rows.is_empty()));
        }
        let mut sizes: Vec<usize> = groups.iter().map(|(_, rows)| rows.len()).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        if let Some(&least) = sizes.get(MOST_GROUPS) {
            groups.retain(|(_, rows)| rows.len() > least);
        }
        Self { column: format!("{} and {}", self.column, other.column), is_crossed: true, groups }
    }

    fn largest(&self) -> usize {
        let size = |group: usize| self.groups[group].1.len();
        (0..self.groups.len()).rev().max_by_key(|&group| size(group)).unwrap_or(0)
    }
}

impl Comparison {
    /// Compares the groups of all columns; chance is corrected for over all gaps of the audit together.
    pub(crate) fn all(
        columns: &[Groups],
        portfolio: &Portfolio<'_>,
        thresholds: Thresholds,
        seed: Seed,
    ) -> Result<Vec<Self>, Error> {
        let one = |groups: &Groups| Self::new(groups, portfolio, seed);
        let mut comparisons = columns.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        let mut gaps: Vec<&mut Gap> = comparisons.iter_mut().flat_map(|it| &mut it.gaps).collect();
        gap::correct(&mut gaps, thresholds.significance);
        Ok(comparisons)
    }

    fn new(groups: &Groups, portfolio: &Portfolio<'_>, seed: Seed) -> Result<Self, Error> {
        let fifths = portfolio.fifths();
        let figures = |(group, rows): &(String, Vec<usize>)| {
            let purpose = format!("audit group {} {group}", groups.column);
            figures(group.clone(), rows, portfolio, &fifths, (seed, &purpose))
        };
        let mut found: Vec<GroupFigures> = groups.groups.iter().map(figures).collect();
        add_ratios(&mut found);
        let proxies = if groups.is_crossed {
            Vec::new()
        } else {
            let columns = portfolio.attributions.feature_names();
            proxy::of(portfolio.table, columns, &groups.groups.iter().map(|(_, rows)| rows.as_slice()))?
        };
        let against = groups.largest();
        Ok(Self {
            column: groups.column.clone(),
            groups: found,
            against,
            gaps: gaps(groups, against, portfolio),
            proxies,
        })
    }
}

/// Each group of at least 30 against the largest one, column by column and in all.
fn gaps(groups: &Groups, against: usize, portfolio: &Portfolio<'_>) -> Vec<Gap> {
    let n_columns = portfolio.attributions.n_features();
    let moments = |rows: &[usize], column: Option<usize>| {
        let values = rows.iter().map(|&row| match column {
            Some(column) => portfolio.attribution(row, column),
            None => portfolio.attributions.row(row, 0).sum(),
        });
        Moments::of(values)
    };
    let columns = || std::iter::once(None).chain((0..n_columns).map(Some));
    let others = (0..groups.groups.len()).filter(|&group| group != against);
    let enough = |group: &usize| groups.groups[*group].1.len() >= FEW;
    if !enough(&against) {
        return Vec::new();
    }
    let base: Vec<Moments> = columns().map(|column| moments(&groups.groups[against].1, column)).collect();
    let one = |group: usize| {
        let base = &base;
        columns().zip(base).map(move |(column, base)| {
            Gap::new(group, column, moments(&groups.groups[group].1, column), *base)
        })
    };
    let mut gaps: Vec<Gap> = others.filter(enough).flat_map(one).collect();
    gap::add_shares(&mut gaps);
    gaps
}

fn figures(
    group: String,
    rows: &[usize],
    portfolio: &Portfolio<'_>,
    fifths: &[f64; 4],
    chance: (Seed, &str),
) -> GroupFigures {
    let n_columns = portfolio.attributions.n_features();
    let value = |figure: usize, row: usize| match figure {
        0 => portfolio.scores[row],
        _ => portfolio.attribution(row, figure - 1),
    };
    let mut estimates = means(1 + n_columns, rows, &value, chance);
    let approved = |row: &&usize| portfolio.decisions.approved[**row];
    let outcome = |row: usize| portfolio.outcomes.and_then(|outcomes| outcomes[row]);
    let approved_of = |wanted: bool| {
        let known: Vec<usize> = rows.iter().copied().filter(|&row| outcome(row) == Some(wanted)).collect();
        (!known.is_empty()).then(|| share(known.iter().filter(approved).count(), known.len()))
    };
    GroupFigures {
        group,
        n_rows: rows.len(),
        attributions: estimates.split_off(1),
        approve_rate: share(rows.iter().filter(approved).count(), rows.len()),
        ratio: None,
        score: estimates[0],
        quantiles: quantiles(rows, portfolio.scores),
        opportunity: approved_of(true),
        wrongly_approved: approved_of(false),
        outcome_by_score: outcomes_by_score(rows, portfolio, fifths),
    }
}

fn outcomes_by_score(rows: &[usize], portfolio: &Portfolio<'_>, fifths: &[f64; 4]) -> Vec<Option<Estimate>> {
    let Some(outcomes) = portfolio.outcomes else { return Vec::new() };
    let mut counts = [(0, 0); 5];
    for &row in rows {
        if let Some(outcome) = outcomes[row] {
            let (favourable, n) = &mut counts[fifths.partition_point(|edge| *edge <= portfolio.scores[row])];
            *favourable += usize::from(outcome);
            *n += 1;
        }
    }
    counts.iter().map(|&(favourable, n)| (n > 0).then(|| share(favourable, n))).collect()
}

fn quantiles(rows: &[usize], scores: &[f64]) -> [f64; 5] {
    let mut sorted: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
    sorted.sort_by(f64::total_cmp);
    [10, 25, 50, 75, 90].map(|percent| sorted[(percent * (sorted.len() - 1) + 50) / 100])
}

/// Each group's approval rate divided by the highest. The interval is that of Katz and others 1978,
/// <https://doi.org/10.2307/2530610>, on the logarithm.
fn add_ratios(groups: &mut [GroupFigures]) {
    let best = groups.iter().filter(|group| group.n_rows >= FEW);
    let best = best.max_by(|a, b| a.approve_rate.value.total_cmp(&b.approve_rate.value)).cloned();
    let Some(best) = best.filter(|best| best.approve_rate.value > 0.0) else { return };
    for group in groups {
        let value = group.approve_rate.value / best.approve_rate.value;
        let part = |group: &GroupFigures| {
            let n = group.n_rows as f64;
            1.0 / (n * group.approve_rate.value) - 1.0 / n
        };
        let error = (part(group) + part(&best)).sqrt();
        let is_best = group.group == best.group;
        let ends =
            |error: f64| Estimate::new(value, value * (-Z95 * error).exp(), value * (Z95 * error).exp());
        group.ratio = Some(if value > 0.0 && !is_best && error.is_finite() {
            ends(error)
        } else {
            Estimate::without_interval(value)
        });
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
    fn two_columns_make_the_groups_that_occur() {
        let table = Table::from_csv_bytes("a.csv", b"s,t\nm,x\nf,y\nm,y\nm,x\n").unwrap();
        let of = |name: &str| Groups::new(&table, &Protected::new(name)).unwrap();
        let crossed = of("s").crossed(&of("t"));
        assert_eq!(crossed.column, "s and t");
        let expected = [("f, y", vec![1]), ("m, x", vec![0, 3]), ("m, y", vec![2])];
        assert_eq!(crossed.groups, expected.map(|(name, rows)| (name.to_owned(), rows)));
    }

    /// Group `b` has 1 approved of 4, group `a` 3 of 4, thirty times over; the first column's attribution is lower by 1.
    fn compared() -> Comparison {
        let n = 240;
        let lines: String = (0..n).map(|row| if row % 2 == 0 { "a,1\n" } else { "b,2\n" }).collect();
        let table = Table::from_csv_bytes("a.csv", format!("g,x\n{lines}").as_bytes()).unwrap();
        let noise = |row: usize| ((row / 2) % 7) as f64 / 7.0;
        let values = ndarray::Array3::from_shape_fn((n, 2, 1), |(row, column, _)| {
            let gap = if column == 0 && row % 2 == 1 { -1.0 } else { 0.0 };
            gap + noise(row * (column + 1))
        });
        let ends = ndarray::Array2::zeros((n, 1));
        let attributions = Attributions::new(values, ends.clone(), ends)
            .and_then(|it| it.with_feature_names(vec!["x".into(), "y".into()]))
            .unwrap();
        let approved: Vec<bool> =
            (0..n).map(|row| (row / 2) % 4 < if row % 2 == 0 { 3 } else { 1 }).collect();
        let decisions = Decisions { cut_off: 0.5, direction: crate::Direction::default(), approved };
        let outcomes: Vec<Option<bool>> = (0..n).map(|row| Some(row % 3 == 0)).collect();
        let scores: Vec<f64> = (0..n).map(|row| row as f64).collect();
        let groups = Groups::new(&table, &Protected::new("g")).unwrap();
        let table = Table::new(
            "t",
            vec![
                ("x".into(), table.column("x").unwrap().clone()),
                ("y".into(), table.column("x").unwrap().clone()),
            ],
        )
        .unwrap();
        let portfolio = Portfolio {
            table: &table,
            decisions: &decisions,
            scores: &scores,
            outcomes: Some(&outcomes),
            attributions: &attributions,
        };
        Comparison::all(&[groups], &portfolio, Thresholds::default(), Seed::new(1)).unwrap().remove(0)
    }

    #[test]
    fn a_planted_gap_is_found_with_its_size_and_no_other() {
        let comparison = compared();
        let gap = |column| comparison.gaps.iter().find(|gap| gap.column == column).unwrap();
        let found = gap(Some(0));
        let [low, high] = found.difference.interval.unwrap();
        assert!(found.is_found && low < -1.0 && -1.0 < high && high - low < 0.3, "{found:?}");
        assert!(!gap(Some(1)).is_found);
        assert!((found.share.unwrap() - found.difference.value / gap(None).difference.value).abs() < 1e-12);
        assert!(comparison.proxies[0].strength > 0.99, "{:?}", comparison.proxies);
    }

    #[test]
    fn ratios_and_opportunities_are_shares_of_shares() {
        let comparison = compared();
        let [a, b] = &comparison.groups[..] else { panic!("two groups") };
        assert_eq!((a.approve_rate.value, b.approve_rate.value), (0.75, 0.25));
        let ratio = b.ratio.unwrap();
        assert!((ratio.value - 1.0 / 3.0).abs() < 1e-12 && ratio.interval.unwrap()[1] < 0.8);
        assert_eq!(a.ratio.unwrap(), Estimate::without_interval(1.0));
        assert_eq!(a.outcome_by_score.len(), 5);
        assert!(a.opportunity.is_some() && a.quantiles.is_sorted());
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
