//! Proxies: columns that go with a protected one.
//!
//! Cramér's V with Bergsma's correction for bias, 2013, <https://doi.org/10.1016/j.jkss.2012.10.002>:
//!
//! ```text
//! phi2 = max(0, chi2 / n - (r - 1)(c - 1) / (n - 1))        r' = r - (r - 1)^2 / (n - 1), c' alike
//! V    = sqrt(phi2 / min(r' - 1, c' - 1))
//! ```
//!
//! 0 where a column says nothing about the group, 1 where it names it. Numbers are cut into tenths, which sees any shape
//! of dependence that is not finer; missing values are a value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rationale_tabular::{Column, Table};

use crate::Error;

const TENTHS: usize = 10;
/// Rarer categories are taken together.
const MOST_CATEGORIES: usize = 50;

/// How well a column of the model goes with a protected column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proxy {
    /// The column of the model.
    pub column: usize,
    /// Cramér's V, corrected for bias.
    pub strength: f64,
}

/// Every column of the model, strongest first.
pub(crate) fn of<'a>(
    table: &Table,
    columns: &[String],
    groups: &(impl Iterator<Item = &'a [usize]> + Clone),
) -> Result<Vec<Proxy>, Error> {
    let mut proxies = Vec::new();
    for (place, name) in columns.iter().enumerate() {
        let (bins, n_bins) = binned(table.column(name)?);
        proxies.push(Proxy { column: place, strength: cramers_v(&counts(&bins, n_bins, groups.clone())) });
    }
    proxies.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    Ok(proxies)
}

/// Each row's bin, and how many there are.
pub(crate) fn binned(column: &Column) -> (Vec<usize>, usize) {
    match column.numbers() {
        Some(numbers) => {
            let edges = tenths(numbers);
            let bin =
                |x: &f64| if x.is_nan() { edges.len() + 1 } else { edges.partition_point(|edge| edge <= x) };
            (numbers.iter().map(bin).collect(), edges.len() + 2)
        }
        None => by_category(column),
    }
}

/// Where tenths of the numbers begin, without repetition.
pub(crate) fn tenths(numbers: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return Vec::new();
    }
    let mut edges: Vec<f64> = (1..TENTHS).map(|tenth| sorted[tenth * sorted.len() / TENTHS]).collect();
    edges.dedup();
    edges.retain(|edge| *edge > sorted[0]);
    // Where few values repeat, each is a bin of its own.
    let mut distinct = sorted;
    distinct.dedup();
    if distinct.len() <= TENTHS { distinct.split_off(1) } else { edges }
}

fn by_category(column: &Column) -> (Vec<usize>, usize) {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    let texts: Vec<String> =
        (0..column.len()).map(|row| column.text_at(row).map_or_else(String::new, Cow::into_owned)).collect();
    texts.iter().for_each(|text| *sizes.entry(text.clone()).or_default() += 1);
    let mut common: Vec<(&String, &usize)> = sizes.iter().collect();
    common.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    common.truncate(MOST_CATEGORIES);
    let places: BTreeMap<&String, usize> =
        common.iter().enumerate().map(|(place, (name, _))| (*name, place)).collect();
    let rare = places.len();
    (texts.iter().map(|text| places.get(text).copied().unwrap_or(rare)).collect(), rare + 1)
}

/// `[group][bin]`, without empty ones.
fn counts<'a>(bins: &[usize], n_bins: usize, groups: impl Iterator<Item = &'a [usize]>) -> Vec<Vec<f64>> {
    let count = |rows: &[usize]| {
        let mut counts = vec![0.0; n_bins];
        rows.iter().for_each(|&row| counts[bins[row]] += 1.0);
        counts
    };
    let counts: Vec<Vec<f64>> = groups.map(count).collect();
    let used: Vec<usize> = (0..n_bins).filter(|&bin| counts.iter().any(|group| group[bin] > 0.0)).collect();
    counts.iter().map(|group| used.iter().map(|&bin| group[bin]).collect()).collect()
}

fn cramers_v(counts: &[Vec<f64>]) -> f64 {
    let (r, c) = (counts.len() as f64, counts.first().map_or(0, Vec::len) as f64);
    let n: f64 = counts.iter().flatten().sum();
    if r < 2.0 || c < 2.0 || n < 2.0 {
        return 0.0;
    }
    let columns: Vec<f64> =
        (0..counts[0].len()).map(|bin| counts.iter().map(|group| group[bin]).sum()).collect();
    let mut chi2 = 0.0;
    for group in counts {
        let row: f64 = group.iter().sum();
        for (count, column) in group.iter().zip(&columns) {
            let expected = row * column / n;
            chi2 += (count - expected).powi(2) / expected;
        }
    }
    let phi2 = (chi2 / n - (r - 1.0) * (c - 1.0) / (n - 1.0)).max(0.0);
    let corrected = |k: f64| k - (k - 1.0).powi(2) / (n - 1.0);
    let most = (corrected(r) - 1.0).min(corrected(c) - 1.0);
    if most > 0.0 { (phi2 / most).sqrt().min(1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_names_the_group_is_one_and_another_nothing() {
        let lines: String = (0..400)
            .map(|row| format!("{},{},{}\n", row % 2 * 7, row / 2 % 20, row % 2))
            .collect::<Vec<_>>()
            .concat();
        let table = Table::from_csv_bytes("a.csv", format!("a,b,c\n{lines}").as_bytes()).unwrap();
        let groups: Vec<Vec<usize>> =
            (0..2).map(|group| (0..400).filter(|row| row % 2 == group).collect()).collect();
        let names = ["b", "a"].map(String::from);
        let found = of(&table, &names, &groups.iter().map(Vec::as_slice)).unwrap();
        assert_eq!((found[0].column, found[1].column), (1, 0));
        assert!(found[0].strength > 0.999 && found[1].strength == 0.0, "{found:?}");
    }

    #[test]
    fn v_agrees_with_a_worked_example() {
        // chi2 = 100 (30*30 - 20*20)^2 / (50*50*50*50) = 4; phi2 = 0.04 - 1/99; both sides have 2 - 1/99 - 1.
        let v = cramers_v(&[vec![30.0, 20.0], vec![20.0, 30.0]]);
        assert!((v - ((0.04 - 1.0 / 99.0) / (1.0 - 1.0 / 99.0_f64)).sqrt()).abs() < 1e-12, "{v}");
    }

    #[test]
    fn tenths_are_bins_and_missing_one_more() {
        let (bins, n) = binned(&Column::numeric((0..100).map(f64::from).chain([f64::NAN]).collect()));
        assert_eq!((n, bins[0], bins[9], bins[10], bins[99], bins[100]), (11, 0, 0, 1, 9, 10));
        let (bins, n) = binned(&Column::numeric(vec![0.0, 1.0, 1.0, 0.0]));
        assert_eq!((bins, n), (vec![0, 1, 1, 0], 3));
    }
}
