//! What is known of one column from the training table, and how a neighbour's value is drawn from it.

#![expect(clippy::inline_always, reason = "what is not inlined is compiled without the instruction set")]

use pulp::{Arch, Simd, WithSimd};

use super::discretiser::{Bins, Discretisation, moments};
use super::truncated_normal::{LANES, Piece, TruncatedNormal};
use crate::Column;

/// How many standard deviations a number is drawn away at most: no double in [0, 1) is farther.
const FARTHEST: f64 = 9.0;

/// A column's law.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Feature {
    /// One of a few values, missing among them; the local model asks whether it is the input's own.
    Values { shares: Shares, values: Vec<f64> },
    /// A number in bins, the last of which is "missing"; the local model asks whether it is the input's bin.
    Binned { shares: Shares, bins: Bins, pieces: Vec<Piece> },
    /// A number; the local model sees it in standard deviations.
    Number { mean: f64, scale: f64, missing: f64, piece: Piece },
}

/// Shares of alternatives, added up; the last sum is 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shares(Vec<f64>);

impl Shares {
    fn new(counts: &[usize]) -> Self {
        let total = counts.iter().sum::<usize>().max(1) as f64;
        let sums = counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum as f64 / total)
        });
        Self(sums.collect())
    }

    /// What lies before an alternative, and its share.
    fn stretch(&self, alternative: usize) -> (f64, f64) {
        let before = alternative.checked_sub(1).map_or(0.0, |last| self.0[last]);
        (before, self.0[alternative] - before)
    }

    /// Whether the last alternative has no share.
    fn is_never_last(&self) -> bool {
        self.stretch(self.0.len() - 1).1 <= 0.0
    }

    /// Where the alternatives after the first begin. Those without a share are never drawn: they begin with the next.
    fn begins(&self) -> &[f64] {
        &self.0[..self.0.len() - 1]
    }

    /// The alternatives that draws in [0, 1) fall on.
    #[inline(always)]
    fn pick(&self, draws: &[f64; LANES]) -> [usize; LANES] {
        let mut picked = [0; LANES];
        for begin in self.begins() {
            picked.iter_mut().zip(draws).for_each(|(picked, draw)| *picked += usize::from(begin <= draw));
        }
        picked
    }

    /// 1 where a draw falls on this alternative.
    #[inline(always)]
    fn is_drawn(&self, alternative: Option<usize>, draws: &[f64; LANES]) -> [f64; LANES] {
        let Some(alternative) = alternative else { return [0.0; LANES] };
        let begin = alternative.checked_sub(1).map_or(f64::NEG_INFINITY, |last| self.0[last]);
        let end = self.begins().get(alternative).copied().unwrap_or(f64::INFINITY);
        mapped(draws, |draw| one_if((begin..end).contains(&draw)))
    }
}

/// An input's own value of a column, prepared.
pub(crate) enum Own {
    /// Its place among the alternatives; none where training never saw it.
    Alternative(Option<usize>),
    /// A number around this centre.
    Number { centre: f64 },
    /// A missing number.
    MissingNumber,
}

impl Feature {
    pub(crate) fn new(column: &Column, values: &[f64], discretisation: &Discretisation) -> Self {
        if column.categories().is_some() {
            return Self::of_values(values);
        }
        match discretisation.cuts(values) {
            Some(cuts) => Self::of_bins(Bins::new(cuts, values), values),
            None if values.iter().all(|value| value.is_nan()) => Self::of_values(values),
            None => Self::of_numbers(values),
        }
    }

    fn of_values(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut distinct: Vec<f64> = Vec::new();
        let mut counts: Vec<usize> = Vec::new();
        for value in sorted {
            match (distinct.last(), counts.last_mut()) {
                (Some(last), Some(count)) if is_same(*last, value) => *count += 1,
                _ => {
                    distinct.push(value);
                    counts.push(1);
                }
            }
        }
        Self::Values { shares: Shares::new(&counts), values: distinct }
    }

    fn of_bins(bins: Bins, values: &[f64]) -> Self {
        let n_missing = values.iter().filter(|value| value.is_nan()).count();
        let counts: Vec<usize> = bins.counts.iter().copied().chain([n_missing]).collect();
        let shares = Shares::new(&counts);
        let piece = |(bin, law): (usize, &TruncatedNormal)| {
            let (before, share) = shares.stretch(bin);
            Piece::new(law.clone(), before, share)
        };
        let pieces = bins.laws.iter().enumerate().map(piece).chain([Piece::missing()]).collect();
        Self::Binned { shares, bins, pieces }
    }

    fn of_numbers(values: &[f64]) -> Self {
        let present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let (mean, sd) = moments(&present);
        let missing = 1.0 - present.len() as f64 / values.len() as f64;
        let law = TruncatedNormal::new(0.0, 1.0, -FARTHEST, FARTHEST);
        let piece = Piece::new(law, 0.0, 1.0);
        Self::Number { mean, scale: if sd > 0.0 { sd } else { 1.0 }, missing, piece }
    }

    pub(crate) fn own(&self, value: f64, is_around_input: bool) -> Own {
        match self {
            Self::Values { values, .. } => {
                Own::Alternative(values.iter().position(|known| is_same(*known, value)))
            }
            Self::Binned { bins, .. } if value.is_nan() => Own::Alternative(Some(bins.laws.len())),
            Self::Binned { bins, .. } => Own::Alternative(Some(bins.bin_of(value))),
            Self::Number { .. } if value.is_nan() => Own::MissingNumber,
            Self::Number { mean, .. } => Own::Number { centre: if is_around_input { value } else { *mean } },
        }
    }

    /// The coordinate of the input itself.
    pub(crate) fn own_coordinate(&self, value: f64) -> f64 {
        match self {
            Self::Number { mean, scale, .. } if !value.is_nan() => (value - mean) / scale,
            _ => 1.0,
        }
    }

    /// Whether no two draws have the same value.
    pub(crate) fn is_continuous(&self) -> bool {
        match self {
            Self::Values { .. } => false,
            Self::Binned { bins, shares, .. } => {
                shares.is_never_last() && bins.laws.iter().all(TruncatedNormal::has_spread)
            }
            Self::Number { missing, .. } => *missing == 0.0,
        }
    }

    /// Turns draws in [0, 1) into values for the model, and gives their coordinates in the local model.
    ///
    /// Both are tables of rows of `width` numbers, of which this feature's is the one at `at`.
    #[inline(always)]
    fn draw<S: Simd>(
        &self,
        simd: S,
        own: &Own,
        at: usize,
        width: usize,
        coordinates: &mut [f64],
        values: &mut [f64],
    ) {
        let blocks = coordinates.chunks_mut(LANES * width).zip(values.chunks_mut(LANES * width));
        for (coordinates, values) in blocks {
            // A last block that is not full leaves lanes that nobody reads.
            let mut lanes = [0.0; LANES];
            lanes.iter_mut().zip(values.chunks_exact(width)).for_each(|(lane, row)| *lane = row[at]);
            let of_local_model = self.draw_lanes(simd, own, &mut lanes);
            values.chunks_exact_mut(width).zip(lanes).for_each(|(row, lane)| row[at] = lane);
            coordinates.chunks_exact_mut(width).zip(of_local_model).for_each(|(row, lane)| row[at] = lane);
        }
    }

    /// Turns draws into values, and gives their coordinates.
    #[inline(always)]
    fn draw_lanes<S: Simd>(&self, simd: S, own: &Own, lanes: &mut [f64; LANES]) -> [f64; LANES] {
        match (self, own) {
            (Self::Values { shares, values }, Own::Alternative(own)) => {
                let is_own = shares.is_drawn(*own, lanes);
                let picked = shares.pick(lanes);
                lanes.iter_mut().zip(picked).for_each(|(lane, picked)| *lane = values[picked]);
                is_own
            }
            (Self::Binned { shares, pieces, .. }, Own::Alternative(own)) => {
                let is_own = shares.is_drawn(*own, lanes);
                Piece::values(simd, pieces, shares.begins(), lanes);
                is_own
            }
            (Self::Number { mean, scale, piece, .. }, Own::Number { centre }) => {
                Piece::values(simd, std::slice::from_ref(piece), &[], lanes);
                lanes.iter_mut().for_each(|lane| *lane = *lane * scale + centre);
                mapped(lanes, |drawn| (drawn - mean) / scale)
            }
            (Self::Number { mean, scale, missing, piece }, _) => {
                let is_missing = mapped(lanes, |draw| one_if(draw < *missing));
                lanes.iter_mut().for_each(|lane| *lane = ((*lane - missing) / (1.0 - missing)).max(0.0));
                Piece::values(simd, std::slice::from_ref(piece), &[], lanes);
                for (lane, is_missing) in lanes.iter_mut().zip(is_missing) {
                    *lane = if is_missing > 0.0 { f64::NAN } else { *lane * scale + mean };
                }
                is_missing
            }
            // An input's value is prepared by this very feature.
            (_, _) => {
                lanes.fill(f64::NAN);
                [0.0; LANES]
            }
        }
    }

    /// The term's name for an input with this value.
    pub(crate) fn condition(&self, column: &Column, value: f64) -> String {
        let name = column.name();
        match (self, column.categories()) {
            _ if value.is_nan() => format!("{name} is missing"),
            (_, Some(categories)) => {
                let category = categories.iter().enumerate().find(|(code, _)| *code as f64 == value);
                let category = category.map_or("?", |(_, name)| name.as_str());
                format!("{name}={category}")
            }
            (Self::Binned { bins, .. }, None) => bins.condition(name, value),
            _ => name.to_owned(),
        }
    }
}

/// Turns draws in [0, 1) into rows for the model, and gives their coordinates in the local model; both are tables
/// `[sample, feature]`, row by row.
pub(crate) fn draw(features: &[Feature], own: &[Own], coordinates: &mut [f64], values: &mut [f64]) {
    Arch::new().dispatch(Drawing { features, own, coordinates, values });
}

/// What is compiled for each instruction set.
struct Drawing<'a> {
    features: &'a [Feature],
    own: &'a [Own],
    coordinates: &'a mut [f64],
    values: &'a mut [f64],
}

impl WithSimd for Drawing<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.features.len();
        for (at, (feature, own)) in self.features.iter().zip(self.own).enumerate() {
            feature.draw(simd, own, at, width, self.coordinates, self.values);
        }
    }
}

/// What an array's own `map` gives, but compiled where it is called.
#[inline(always)]
fn mapped(lanes: &[f64; LANES], of: impl Fn(f64) -> f64) -> [f64; LANES] {
    let mut mapped = [0.0; LANES];
    mapped.iter_mut().zip(lanes).for_each(|(mapped, lane)| *mapped = of(*lane));
    mapped
}

#[inline(always)]
fn one_if(it_is: bool) -> f64 {
    if it_is { 1.0 } else { 0.0 }
}

fn is_same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

#[cfg(test)]
mod tests {
    use rationale_core::Seed;

    use super::*;

    fn drawn(feature: &Feature, own: f64) -> (Vec<f64>, Vec<f64>) {
        let mut draws = Seed::new(0).draws("feature", 0, 0);
        let mut values: Vec<f64> = (0..20_000).map(|_| draws.uniform()).collect();
        let mut coordinates = vec![0.0; values.len()];
        let own = feature.own(own, false);
        draw(std::slice::from_ref(feature), &[own], &mut coordinates, &mut values);
        (coordinates, values)
    }

    fn share_of_ones(feature: &Feature, own: f64) -> f64 {
        drawn(feature, own).0.iter().sum::<f64>() / 20_000.0
    }

    #[test]
    fn missing_is_a_value_of_its_own() {
        let values = [1.0, f64::NAN, 2.0, 3.0, f64::NAN];
        for (column, discretisation) in [
            (Column::numeric("x"), Discretisation::Quartile),
            (Column::numeric("x"), Discretisation::None),
            (Column::categorical("x", ["a", "b", "c", "d"]), Discretisation::Quartile),
        ] {
            let feature = Feature::new(&column, &values, &discretisation);
            assert!((share_of_ones(&feature, f64::NAN) - 0.4).abs() < 0.02);
            assert_eq!(feature.condition(&column, f64::NAN), "x is missing");
        }
    }

    #[test]
    fn categories_are_drawn_by_their_share() {
        let column = Column::categorical("x", ["a", "b", "c"]);
        let feature = Feature::new(&column, &[0.0, 0.0, 0.0, 2.0], &Discretisation::Quartile);
        assert!((share_of_ones(&feature, 0.0) - 0.75).abs() < 0.02);
        assert_eq!(share_of_ones(&feature, 1.0), 0.0);
        assert_eq!(feature.condition(&column, 2.0), "x=c");
    }

    #[test]
    fn a_column_of_one_value_stays_itself() {
        let feature = Feature::new(&Column::numeric("x"), &[3.0; 5], &Discretisation::Quartile);
        let (coordinates, values) = drawn(&feature, 3.0);
        assert!(coordinates.iter().all(|it| *it == 1.0) && values.iter().all(|it| *it == 3.0));
    }

    #[test]
    fn numbers_are_drawn_with_the_tables_mean_and_spread() {
        let feature = Feature::new(&Column::numeric("x"), &[1.0, 5.0], &Discretisation::None);
        let (coordinates, values) = drawn(&feature, 2.0);
        let (mean, sd) = moments(&values);
        assert!((mean - 3.0).abs() < 0.06 && (sd - 2.0).abs() < 0.04, "{mean} {sd}");
        assert!(coordinates.iter().zip(&values).all(|(z, x)| (z * 2.0 + 3.0 - x).abs() < 1e-12));
    }
}
