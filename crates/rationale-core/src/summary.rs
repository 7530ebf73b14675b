//! What remains of many attributions when they are too many to keep: means and a sample.

use ndarray::{Array2, Array3, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::error::check_shape;
use crate::{Attributions, Error, Seed};

const FORMAT: &str = "rationale/summary/1";

/// Means over all rows, and a sample of rows with their values: for a beeswarm, for dependence, for interaction strengths.
///
/// Blocks of rows are added as they come; summaries of parts are merged in the order of the parts. Each row draws a number
/// from the seed and its place, and the rows with the smallest are the sample: every row is as likely as any other.
///
/// ```
/// use ndarray::array;
/// use rationale_core::{Attributions, Seed, Summary};
///
/// let explained = Attributions::new(array![[[1.0], [-3.0]]], array![[0.0]], array![[-2.0]])?;
/// let mut summary = Summary::new(1, 100, Seed::new(0));
/// summary.add(array![[7.0, 8.0]].view(), 0, &explained)?;
/// assert_eq!(summary.mean_absolute(), array![[1.0], [3.0]]);
/// assert_eq!(summary.sample_rows(), array![[7.0, 8.0]]);
/// # Ok::<(), rationale_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    n_rows: u64,
    /// Sums of |value| and of values `[feature, output]`; none before the first row.
    sums: Option<(Array2<f64>, Array2<f64>)>,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    completeness_gap: f64,
    /// In ascending order of what they drew.
    sample: Vec<Sampled>,
    most: usize,
    /// Rows that draw more can be left out before the others are known.
    threshold: f64,
    seed: Seed,
}

/// A row of the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sampled {
    drawn: f64,
    row: u64,
    /// NaN is written as null.
    inputs: Vec<Option<f64>>,
    /// `[feature][output]`.
    values: Vec<Vec<f64>>,
    predictions: Vec<f64>,
}

impl Summary {
    /// Of `n_rows` rows in all, with a sample of at most `most`.
    pub fn new(n_rows: u64, most: usize, seed: Seed) -> Self {
        // So many standard deviations more than are wanted: that fewer come is next to impossible.
        let wanted = most as f64 + 6.0 * (most as f64).sqrt() + 6.0;
        Self {
            n_rows: 0,
            sums: None,
            feature_names: Vec::new(),
            output_names: Vec::new(),
            completeness_gap: 0.0,
            sample: Vec::new(),
            most,
            threshold: wanted / n_rows.max(1) as f64,
            seed,
        }
    }

    /// Adds rows `[row, feature]` and their attributions; the first of them has this place among all rows.
    pub fn add(
        &mut self,
        rows: ArrayView2<'_, f64>,
        first_row: u64,
        explained: &Attributions,
    ) -> Result<(), Error> {
        check_shape("the rows of a summary", &[explained.n_rows()], &[rows.nrows()])?;
        let sum = |f: fn(f64) -> f64| {
            let mut sum = Array2::zeros((explained.n_features(), explained.n_outputs()));
            for row in explained.values().outer_iter() {
                sum.zip_mut_with(&row, |sum, value| *sum += f(*value));
            }
            sum
        };
        let block = Self {
            n_rows: rows.nrows() as u64,
            sums: Some((sum(f64::abs), sum(|value| value))),
            feature_names: explained.feature_names().to_vec(),
            output_names: explained.output_names().to_vec(),
            completeness_gap: explained.completeness_gap(),
            sample: self.draw(rows, first_row, explained),
            ..Self::new(0, self.most, self.seed)
        };
        self.merge(block)
    }

    /// Adds another summary.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        let Some((absolute, plain)) = other.sums else { return Ok(()) };
        match &mut self.sums {
            None => {
                self.sums = Some((absolute, plain));
                (self.feature_names, self.output_names) = (other.feature_names, other.output_names);
            }
            Some((sums, plain_sums)) => {
                check_shape("the features and outputs of a summary", sums.shape(), absolute.shape())?;
                *sums += &absolute;
                *plain_sums += &plain;
            }
        }
        self.n_rows += other.n_rows;
        if other.completeness_gap > self.completeness_gap || other.completeness_gap.is_nan() {
            self.completeness_gap = other.completeness_gap;
        }
        self.sample.extend(other.sample);
        self.sample.sort_by(|a, b| a.drawn.total_cmp(&b.drawn).then(a.row.cmp(&b.row)));
        self.sample.truncate(self.most);
        Ok(())
    }

    /// How many rows were added.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Mean |value| `[feature, output]`.
    pub fn mean_absolute(&self) -> Array2<f64> {
        self.mean(|(absolute, _)| absolute)
    }

    /// Mean value `[feature, output]`.
    pub fn mean_value(&self) -> Array2<f64> {
        self.mean(|(_, plain)| plain)
    }

    /// The largest completeness gap of any row.
    pub fn completeness_gap(&self) -> f64 {
        self.completeness_gap
    }

    /// The sample's inputs `[row, feature]`.
    pub fn sample_rows(&self) -> Array2<f64> {
        let n_features = self.sample.first().map_or(0, |first| first.inputs.len());
        Array2::from_shape_fn((self.sample.len(), n_features), |(row, feature)| {
            self.sample[row].inputs[feature].unwrap_or(f64::NAN)
        })
    }

    /// The sample's values `[row, feature, output]`.
    pub fn sample_values(&self) -> Array3<f64> {
        let (n_features, n_outputs) = self.sums.as_ref().map_or((0, 0), |(sums, _)| sums.dim());
        let shape = (self.sample.len(), n_features, n_outputs);
        Array3::from_shape_fn(shape, |(row, feature, output)| self.sample[row].values[feature][output])
    }

    /// The sample as attributions that add to these base values `[output]`.
    pub fn sample(&self, base_values: &[f64]) -> Result<Attributions, Error> {
        let n_rows = self.sample.len();
        let all = |row: usize, output: usize| self.sample[row].predictions[output];
        let predictions =
            Array2::from_shape_fn((n_rows, base_values.len()), |(row, output)| all(row, output));
        let base_values =
            Array2::from_shape_fn((n_rows, base_values.len()), |(_, output)| base_values[output]);
        Attributions::new(self.sample_values(), base_values, predictions)?
            .with_feature_names(self.feature_names.clone())?
            .with_output_names(self.output_names.clone())
    }

    /// The places of the sample's rows among all rows.
    pub fn sample_places(&self) -> Vec<u64> {
        self.sample.iter().map(|sampled| sampled.row).collect()
    }

    /// As JSON: `{"format", "n_rows", "feature_names", "output_names", "mean_absolute", "mean_value", "completeness_gap",
    /// "sample": [{"row", "inputs", "values", "predictions", "drawn"}]}`.
    pub fn to_json(&self) -> serde_json::Value {
        let document = Document {
            format: FORMAT.to_owned(),
            n_rows: self.n_rows,
            feature_names: self.feature_names.clone(),
            output_names: self.output_names.clone(),
            mean_absolute: nested(&self.mean_absolute()),
            mean_value: nested(&self.mean_value()),
            completeness_gap: self.completeness_gap,
            sample: self.sample.clone(),
        };
        // Plain numbers, texts and lists cannot fail to become JSON.
        serde_json::to_value(document).unwrap_or_default()
    }

    /// All of it as text, sums and not means, so that [`Summary::resume`] gives back the very same bits.
    pub fn to_state(&self) -> String {
        let (absolute, plain) = self.sums.clone().unwrap_or_default();
        let state = State {
            n_rows: self.n_rows,
            absolute: nested(&absolute),
            plain: nested(&plain),
            feature_names: self.feature_names.clone(),
            output_names: self.output_names.clone(),
            completeness_gap: self.completeness_gap,
            sample: self.sample.clone(),
        };
        serde_json::to_string(&state).unwrap_or_default()
    }

    /// Adds what [`Summary::to_state`] wrote.
    pub fn resume(&mut self, state: &str) -> Result<(), Error> {
        let state: State = serde_json::from_str(state).map_err(Error::model)?;
        let sums = (array(&state.absolute)?, array(&state.plain)?);
        self.merge(Self {
            n_rows: state.n_rows,
            sums: (state.n_rows > 0).then_some(sums),
            feature_names: state.feature_names,
            output_names: state.output_names,
            completeness_gap: state.completeness_gap,
            sample: state.sample,
            ..Self::new(0, self.most, self.seed)
        })
    }

    fn mean(&self, of: impl Fn(&(Array2<f64>, Array2<f64>)) -> &Array2<f64>) -> Array2<f64> {
        self.sums.as_ref().map_or_else(|| Array2::zeros((0, 0)), |sums| of(sums) / self.n_rows.max(1) as f64)
    }

    fn draw(&self, rows: ArrayView2<'_, f64>, first_row: u64, explained: &Attributions) -> Vec<Sampled> {
        let mut draws = self.seed.draws("summary", first_row, 0);
        let drawn = (0..rows.nrows()).map(|row| (row, draws.uniform())).collect::<Vec<_>>();
        let chosen = drawn.into_iter().filter(|(_, drawn)| *drawn < self.threshold);
        chosen.map(|(row, drawn)| sampled(rows, row, first_row, drawn, explained)).collect()
    }
}

fn sampled(
    rows: ArrayView2<'_, f64>,
    row: usize,
    first_row: u64,
    drawn: f64,
    explained: &Attributions,
) -> Sampled {
    Sampled {
        drawn,
        row: first_row + row as u64,
        inputs: rows.row(row).iter().map(|x| (!x.is_nan()).then_some(*x)).collect(),
        values: nested(&explained.values().index_axis(Axis(0), row).to_owned()),
        predictions: explained.predictions().row(row).to_vec(),
    }
}

#[derive(Serialize)]
struct Document {
    format: String,
    n_rows: u64,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    mean_absolute: Vec<Vec<f64>>,
    mean_value: Vec<Vec<f64>>,
    completeness_gap: f64,
    sample: Vec<Sampled>,
}

#[derive(Serialize, Deserialize)]
struct State {
    n_rows: u64,
    absolute: Vec<Vec<f64>>,
    plain: Vec<Vec<f64>>,
    feature_names: Vec<String>,
    output_names: Vec<String>,
    completeness_gap: f64,
    sample: Vec<Sampled>,
}

fn nested(values: &Array2<f64>) -> Vec<Vec<f64>> {
    values.rows().into_iter().map(|row| row.to_vec()).collect()
}

fn array(nested: &[Vec<f64>]) -> Result<Array2<f64>, Error> {
    let n_outputs = nested.first().map_or(0, Vec::len);
    Array2::from_shape_vec((nested.len(), n_outputs), nested.concat()).map_err(Error::model)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N_ROWS: usize = 2000;

    fn explained(first: usize, n_rows: usize) -> (Array2<f64>, Attributions) {
        let rows =
            Array2::from_shape_fn((n_rows, 2), |(row, feature)| ((first + row) * (1 + feature)) as f64);
        let values = rows.mapv(|x| (x * 0.37).sin()).insert_axis(Axis(2));
        let predictions = values.sum_axis(Axis(1));
        (rows, Attributions::new(values, Array2::zeros((n_rows, 1)), predictions).unwrap())
    }

    fn of_parts(parts: &[usize]) -> Summary {
        let mut summary = Summary::new(N_ROWS as u64, 50, Seed::new(3));
        let mut first = 0;
        for &n_rows in parts {
            let (rows, explained) = explained(first, n_rows);
            let mut part = Summary::new(N_ROWS as u64, 50, Seed::new(3));
            part.add(rows.view(), first as u64, &explained).unwrap();
            summary.resume(&part.to_state()).unwrap();
            first += n_rows;
        }
        summary
    }

    #[test]
    fn means_are_those_of_all_rows() {
        let summary = of_parts(&[700, 1, 1299]);
        let (_, all) = explained(0, N_ROWS);
        let gap = (summary.mean_absolute() - all.mean_absolute()).mapv(f64::abs);
        assert!(gap.iter().all(|gap| *gap < 1e-12));
        assert_eq!(summary.n_rows(), N_ROWS as u64);
    }

    #[test]
    fn a_state_gives_back_the_same_bits() {
        let (rows, explained) = explained(0, 100);
        let mut straight = Summary::new(100, 10, Seed::new(1));
        straight.add(rows.view(), 0, &explained).unwrap();
        let mut resumed = Summary::new(100, 10, Seed::new(1));
        resumed.resume(&straight.to_state()).unwrap();
        assert_eq!(resumed, straight);
        assert_eq!(resumed.to_json(), straight.to_json());
    }

    #[test]
    fn the_sample_is_full_and_holds_rows_with_their_own_values() {
        let summary = of_parts(&[500, 500, 500, 500]);
        let (places, values) = (summary.sample_places(), summary.sample_values());
        assert_eq!(places.len(), 50);
        let (rows, all) = explained(0, N_ROWS);
        for (sampled, place) in places.iter().enumerate() {
            assert_eq!(values[[sampled, 1, 0]], all.values()[[*place as usize, 1, 0]]);
            assert_eq!(summary.sample_rows().row(sampled), rows.row(*place as usize));
        }
        // 50 of 2000 from each quarter alike: about 12, at the very least 2.
        for quarter in 0..4 {
            let n = places.iter().filter(|place| (**place as usize) / 500 == quarter).count();
            assert!((2..=30).contains(&n), "{n} of quarter {quarter}");
        }
    }

    #[test]
    fn a_small_table_is_its_own_sample() {
        let (rows, explained) = explained(0, 30);
        let mut summary = Summary::new(30, 50, Seed::new(0));
        summary.add(rows.view(), 0, &explained).unwrap();
        assert_eq!(summary.sample_places().len(), 30);
    }

    #[test]
    fn summaries_of_other_features_are_refused() {
        let mut summary = of_parts(&[5]);
        let other = Attributions::new(Array3::zeros((1, 3, 1)), Array2::zeros((1, 1)), Array2::zeros((1, 1)));
        assert!(summary.add(Array2::zeros((1, 3)).view(), 5, &other.unwrap()).is_err());
    }
}
