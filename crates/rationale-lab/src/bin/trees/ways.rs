//! Our own ways to explain, each measured with its building.

use std::time::Instant;

use anyhow::Result;
use ndarray::{Array2, Axis, Slice};
use rationale::shapley::tree::{Engine, Precision, TreeShap};
use rationale::trees::TreeEnsemble;
use rationale::{Background, Silent};
use rayon::prelude::*;

use crate::figures::{Question, Run, median};
use crate::models::{N_FEATURES, Standard, background};
use crate::stopwatch::Stopwatch;

/// Rows a call of the function at the bottom.
const BLOCK_ROWS: usize = 256;
/// Rows by which values are compared with the plain engine's.
pub(crate) const N_COMPARED: usize = 100;

pub(crate) struct Way {
    question: Question,
    precision: Precision,
    engine: Engine,
    /// The best there is where none is named.
    instructions: Option<&'static str>,
    n_rows: usize,
    n_threads: usize,
}

impl Way {
    /// All ways to explain this model: the engine that is chosen, and with `all_engines` each by name.
    pub(crate) fn all(standard: &Standard, all_engines: bool) -> Vec<Self> {
        let engines = [Engine::Auto, Engine::RowSimd, Engine::PatternTables];
        let engines = if all_engines { &engines[..] } else { &engines[..1] };
        let mut ways = Vec::new();
        for precision in [Precision::Double, Precision::Single] {
            let way = |question, n_rows| Self {
                question,
                precision,
                engine: Engine::Auto,
                instructions: None,
                n_rows,
                n_threads: 1,
            };
            for &engine in engines {
                for (n_threads, instructions) in [(1, None), (1, Some("avx2")), (2, None)] {
                    let values = way(Question::PathDependent, standard.n_rows);
                    ways.push(Self { engine, instructions, n_threads, ..values });
                }
            }
            if standard.n_pairs > 0 {
                ways.push(way(Question::Interactions, standard.n_pairs));
            }
            // Folding a large background is the same work in either precision.
            let is_folded = |n: usize| n <= 10_000 || precision == Precision::Double;
            let sizes = standard.backgrounds.iter().filter(|n| is_folded(**n));
            ways.extend(sizes.map(|&n| way(Question::Interventional(n), standard.n_rows)));
        }
        ways
    }

    fn name(&self) -> String {
        let precision = format!("{:?}", self.precision).to_lowercase();
        let engine = (self.engine != Engine::Auto).then(|| format!("{:?}", self.engine));
        let words =
            [Some("rationale".to_owned()), Some(precision), self.instructions.map(str::to_owned), engine];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn build(&self, model: &TreeEnsemble, background: Option<&Background>) -> Result<TreeShap> {
        let explainer = match background {
            Some(background) => TreeShap::interventional(model, background)?,
            None => TreeShap::path_dependent(model)?,
        };
        let explainer = explainer
            .with_engine(self.engine)
            .with_precision(self.precision)
            .with_announced_rows(self.n_rows);
        Ok(match self.instructions {
            Some(set) => explainer.with_instruction_set(set),
            None => explainer,
        })
    }

    /// Seconds until the first row is explained, and for all rows after that.
    pub(crate) fn measure(&self, model: &TreeEnsemble, rows: &Array2<f64>, expected: &[f64]) -> Result<Run> {
        let background = match self.question {
            Question::Interventional(n) => Some(Background::new(background(n))?),
            _ => None,
        };
        let rows = rows.slice_axis(Axis(0), Slice::from(0..self.n_rows)).to_owned();
        let first = rows.slice_axis(Axis(0), Slice::from(0..1)).to_owned();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.n_threads).build()?;
        let (building, seconds, gap) = pool.install(|| -> Result<_> {
            let clock = Stopwatch::start(self.n_threads);
            let explainer = self.build(model, background.as_ref())?;
            self.explain(&explainer, &first)?;
            let building = clock.seconds();
            let clock = Stopwatch::start(self.n_threads);
            let values = self.explain(&explainer, &rows)?;
            Ok((building, clock.seconds(), values.map(|values| gap(&values, expected))))
        })?;
        Ok(Run {
            who: self.name(),
            is_ours: true,
            question: self.question,
            threads: self.n_threads,
            rows: self.n_rows,
            building,
            seconds,
            gap: gap.filter(|_| self.question == Question::PathDependent),
            latency: None,
        })
    }

    fn explain(&self, explainer: &TreeShap, rows: &Array2<f64>) -> Result<Option<Vec<f64>>> {
        if self.question == Question::Interactions {
            explainer.interactions(rows.view(), &Silent)?;
            return Ok(None);
        }
        values(explainer, rows).map(Some)
    }
}

/// The largest difference over the largest value, of the rows that are expected.
fn gap(values: &[f64], expected: &[f64]) -> f64 {
    let largest = |of: &mut dyn Iterator<Item = f64>| of.fold(0.0, |max: f64, x| max.max(x.abs()));
    let pairs = values.iter().zip(expected);
    largest(&mut pairs.map(|(a, b)| a - b)) / largest(&mut expected.iter().copied())
}

/// The plain engine's values of the first rows.
pub(crate) fn expected(model: &TreeEnsemble, rows: &Array2<f64>) -> Result<Vec<f64>> {
    let explainer = TreeShap::path_dependent(model)?.with_engine(Engine::Plain);
    values(&explainer, &rows.slice_axis(Axis(0), Slice::from(0..N_COMPARED)).to_owned())
}

/// The values alone, block by block.
fn values(explainer: &TreeShap, rows: &Array2<f64>) -> Result<Vec<f64>> {
    let stride = rows.ncols() * explainer.base_values().len();
    let mut values = vec![0.0; rows.nrows() * stride];
    values.par_chunks_mut(BLOCK_ROWS * stride).enumerate().try_for_each(|(block, values)| -> Result<()> {
        let start = block * BLOCK_ROWS;
        let rows = rows.slice_axis(Axis(0), Slice::from(start..start + values.len() / stride));
        let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|column| column.to_vec()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Ok(explainer.values_of_block(&columns, values)?)
    })?;
    Ok(values)
}

/// Seconds for one row of a model that is loaded, in memory that is there already.
pub(crate) fn latency(model: &TreeEnsemble, rows: &Array2<f64>) -> Result<f64> {
    let explainer = TreeShap::path_dependent(model)?;
    let mut values = vec![0.0; N_FEATURES];
    let mut seconds = Vec::new();
    for row in 0..600 {
        let row = rows.row(row).to_vec();
        let columns: Vec<&[f64]> = row.chunks(1).collect();
        let begin = Instant::now();
        explainer.values_of_block(&columns, &mut values)?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    // The first ones make the plan and the memory.
    Ok(median(seconds.split_off(100)))
}
