//! Intervals: by Student's t over folds, by bootstrap over applicants, and Wilson's for shares.

use rationale_core::Seed;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The normal quantile of a 95% interval.
pub(crate) const Z95: f64 = 1.959_963_984_540_054;
const N_RESAMPLES: usize = 2000;
/// Beyond this many applicants the bootstrap of a mean is the normal interval to the digits shown, and costs minutes.
const MOST_RESAMPLED: usize = 5000;
/// Below this many applicants the percentile bootstrap is visibly too narrow.
const LEAST_RESAMPLED: usize = 15;

/// A figure with its 95% interval, where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The interval's ends; none where there is too little to tell, such as a mean of one.
    pub interval: Option<[f64; 2]>,
}

impl Estimate {
    pub(crate) fn new(value: f64, low: f64, high: f64) -> Self {
        Self { value, interval: Some([low, high]) }
    }

    pub(crate) fn without_interval(value: f64) -> Self {
        Self { value, interval: None }
    }
}

/// Half the width of the 95% interval of a mean, from independent parts of the same size (Student's t); none for fewer
/// than two parts.
fn half_width(parts: &[f64]) -> Option<f64> {
    let n = parts.len() as f64;
    if parts.len() < 2 {
        return None;
    }
    let mean = parts.iter().sum::<f64>() / n;
    let variance = parts.iter().map(|part| (part - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let quantile = StudentsT::new(0.0, 1.0, n - 1.0).ok()?.inverse_cdf(0.975);
    Some(quantile * (variance / n).sqrt())
}

/// Means over some applicants of figures numbered from 0, each with its 95% percentile-bootstrap interval; every resample
/// draws the same applicants for all figures.
///
/// Efron 1979, <https://doi.org/10.1214/aos/1176344552>; 2000 resamples. Below 15 applicants, where the bootstrap is too
/// narrow, Student's t; above 5000, mean ± 1.96 standard errors, which is what the bootstrap of a mean comes to there. One
/// applicant has no interval.
pub(crate) fn means(
    n_figures: usize,
    rows: &[usize],
    value: &(dyn Fn(usize, usize) -> f64 + Sync),
    (seed, purpose): (Seed, &str),
) -> Vec<Estimate> {
    if rows.len() > MOST_RESAMPLED {
        let of = |figure: usize| Moments::of(rows.iter().map(|&row| value(figure, row))).normal();
        return (0..n_figures).map(of).collect();
    }
    let column = |figure: usize| rows.iter().map(|&row| value(figure, row)).collect();
    let columns: Vec<Vec<f64>> = (0..n_figures).map(column).collect();
    match rows.len() {
        0..LEAST_RESAMPLED => columns.iter().map(|column| student(column)).collect(),
        n => bootstrap(&columns, n, seed, purpose),
    }
}

fn bootstrap(columns: &[Vec<f64>], n: usize, seed: Seed, purpose: &str) -> Vec<Estimate> {
    let resampled: Vec<Vec<f64>> = (0..N_RESAMPLES)
        .into_par_iter()
        .map(|sample| {
            let mut draws = seed.draws(purpose, 0, sample as u64);
            let rows: Vec<usize> = (0..n).map(|_| draws.below(n)).collect();
            columns.iter().map(|column| mean(rows.iter().map(|&row| column[row]), n)).collect()
        })
        .collect();
    let estimate = |(figure, column): (usize, &Vec<f64>)| {
        let mut means: Vec<f64> = resampled.iter().map(|sample| sample[figure]).collect();
        means.sort_by(f64::total_cmp);
        let (low, high) = (means[N_RESAMPLES / 40], means[N_RESAMPLES - 1 - N_RESAMPLES / 40]);
        Estimate::new(mean(column.iter().copied(), n), low, high)
    };
    columns.iter().enumerate().map(estimate).collect()
}

/// How many values, their mean and their sample variance; in two passes over what can be gone through twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub n: f64,
    pub mean: f64,
    pub variance: f64,
}

impl Moments {
    pub(crate) fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n.max(1.0);
        let squares: f64 = values.map(|x| (x - mean).powi(2)).sum();
        Self { n, mean, variance: squares / (n - 1.0).max(1.0) }
    }

    fn normal(self) -> Estimate {
        let half = Z95 * (self.variance / self.n).sqrt();
        Estimate::new(self.mean, self.mean - half, self.mean + half)
    }
}

/// The share `successes / n` with Wilson's 95% interval. Wilson 1927, <https://doi.org/10.1080/01621459.1927.10502953>.
pub(crate) fn share(successes: usize, n: usize) -> Estimate {
    let (n, z2) = (n.max(1) as f64, Z95 * Z95);
    let p = successes as f64 / n;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Estimate::new(p, (middle - half).max(0.0), (middle + half).min(1.0))
}

/// The mean of independent values with Student's interval.
pub(crate) fn student(column: &[f64]) -> Estimate {
    let mean = mean(column.iter().copied(), column.len());
    match half_width(column) {
        Some(half) => Estimate::new(mean, mean - half, mean + half),
        None => Estimate::without_interval(mean),
    }
}

fn mean(values: impl Iterator<Item = f64>, n: usize) -> f64 {
    values.sum::<f64>() / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_t_over_twenty_parts() {
        // t(19) at 0.975 is 2.093024; the parts have variance 35 and mean 10.5.
        let parts: Vec<f64> = (1..=20).map(f64::from).collect();
        let expected = 2.093_024_054_408_263 * (35.0_f64 / 20.0).sqrt();
        assert!((half_width(&parts).unwrap() - expected).abs() < 1e-9);
        assert_eq!(half_width(&[1.0]), None);
    }

    #[test]
    fn wilson_agrees_with_a_worked_example() {
        // 8 of 10: 0.4901625 to 0.9433178 (R, prop.test(8, 10, correct = FALSE)).
        let [low, high] = share(8, 10).interval.unwrap();
        assert!((low - 0.490_162_5).abs() < 1e-6 && (high - 0.943_317_8).abs() < 1e-6);
        assert_eq!(share(0, 5).interval.unwrap()[0], 0.0);
    }

    #[test]
    fn the_bootstrap_comes_to_the_normal_interval() {
        let mut draws = Seed::new(1).draws("test", 0, 0);
        let column = (0..2000).map(|_| draws.normal()).collect::<Vec<f64>>();
        let rows: Vec<usize> = (0..2000).collect();
        let means = || means(1, &rows, &|_, row| column[row], (Seed::new(2), "test"))[0];
        let bootstrap = means();
        let ends = |estimate: Estimate| estimate.interval.unwrap();
        let (found, normal) = (ends(bootstrap), ends(Moments::of(column.iter().copied()).normal()));
        assert!((0..2).all(|end| (found[end] - normal[end]).abs() < 0.003), "{found:?} {normal:?}");
        assert_eq!(bootstrap, means());
    }

    #[test]
    fn a_mean_of_one_has_no_interval_and_of_two_a_wide_one() {
        let of = |column: &[f64]| {
            let rows: Vec<usize> = (0..column.len()).collect();
            means(1, &rows, &|_, row| column[row], (Seed::new(1), "test"))[0]
        };
        assert_eq!(of(&[0.9]), Estimate { value: 0.9, interval: None });
        let [low, high] = of(&[0.0, 1.0]).interval.unwrap();
        assert!(low < -5.0 && high > 5.0);
    }
}
