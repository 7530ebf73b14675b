//! From samples to an explanation: what tables, pictures and texts have in common.

use std::ops::Range;

use ndarray::Axis;
use rationale_core::least_squares::{Intercept, LeastSquares};
use rationale_core::separable::critical_value;
use rationale_core::{Draws, Evidence, Progress, Seed};

use crate::explanation::{AtWidth, Explanation};
use crate::memory::Memory;
use crate::settling::{Look, Settlement, Settling};
use crate::stability::Stability;
use crate::{Error, Lime, LocalModel, Neighbourhood, kernel};

/// The draws of one explanation: a stream of their own for each sample.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) seed: Seed,
    pub(crate) row: u64,
    pub(crate) repetition: u64,
}

impl Stream {
    pub(crate) fn draws(self, purpose: &str, sample: usize) -> Draws {
        // Repetitions are as far apart as no sample reaches.
        self.seed.draws(purpose, self.row, (self.repetition << 40) + sample as u64)
    }
}

/// A way of drawing neighbours of one input and of asking the model about them.
pub(crate) trait Neighbours: Sync {
    /// The method's name in the evidence.
    fn engine(&self) -> &'static str;
    /// The features' names, as the local model's terms give them.
    fn names(&self) -> Vec<String>;
    /// The reference library's kernel width.
    fn usual_width(&self) -> f64;
    /// Draws the samples of a range; sample 0 is the input itself.
    fn sample(
        &self,
        stream: Stream,
        samples: Range<usize>,
        memory: &mut Memory,
        progress: &dyn Progress,
    ) -> Result<Neighbourhood, Error>;
}

/// Explains one input.
pub(crate) fn explain(
    neighbours: &dyn Neighbours,
    lime: &Lime,
    row: u64,
    progress: &dyn Progress,
) -> Result<Explanation, Error> {
    Run { neighbours, lime, row, progress, width: lime.kernel_width.unwrap_or(neighbours.usual_width()) }
        .explain()
}

struct Run<'a> {
    neighbours: &'a dyn Neighbours,
    lime: &'a Lime,
    row: u64,
    progress: &'a dyn Progress,
    width: f64,
}

impl Run<'_> {
    fn explain(&self) -> Result<Explanation, Error> {
        self.lime.check()?;
        let mut memory = Memory::new(self.lime.batch_size);
        let mut neighbourhood = self.draw(0, 0..self.lime.n_samples, &mut memory)?;
        let outputs = self.lime.labels.resolve(&neighbourhood.outputs.row(0).to_vec())?;
        let settlement = self.settle(&mut neighbourhood, &outputs, &mut memory)?;
        let models = neighbourhood.local_models(&outputs, self.width, self.lime)?;
        let stability = self.stability(&models, &neighbourhood, &outputs, &mut memory)?;
        let widths = self.widths(&neighbourhood, &outputs)?;
        Ok(Explanation {
            evidence: self.evidence(&neighbourhood, memory.model_calls()),
            n_samples: neighbourhood.design.nrows(),
            kernel_width: self.width,
            models,
            settlement,
            stability,
            widths,
            neighbourhood,
        })
    }

    fn draw(
        &self,
        repetition: u64,
        samples: Range<usize>,
        memory: &mut Memory,
    ) -> Result<Neighbourhood, Error> {
        let stream = Stream { seed: self.lime.seed, row: self.row, repetition };
        let mut drawn = self.neighbours.sample(stream, samples, memory, self.progress)?;
        drawn.names = self.neighbours.names();
        Ok(drawn)
    }

    /// Adds samples until every output's ranking is settled.
    fn settle(
        &self,
        neighbourhood: &mut Neighbourhood,
        outputs: &[usize],
        memory: &mut Memory,
    ) -> Result<Option<Settlement>, Error> {
        let Some(settling) = &self.lime.settling else { return Ok(None) };
        loop {
            let n_samples = neighbourhood.design.nrows();
            let Some((output, rank, wanted)) = self.open_rank(settling, neighbourhood, outputs)? else {
                return Ok(Some(Settlement::Settled { n_samples }));
            };
            let next = settling.next_size(n_samples, wanted);
            if next <= n_samples {
                return Ok(Some(Settlement::GaveUp { n_samples, rank, output }));
            }
            neighbourhood.append(&self.draw(0, n_samples..next, memory)?)?;
        }
    }

    /// The output, rank and wish of the ranking that needs most samples.
    fn open_rank(
        &self,
        settling: &Settling,
        neighbourhood: &Neighbourhood,
        outputs: &[usize],
    ) -> Result<Option<(usize, usize, f64)>, Error> {
        let weights = kernel::exponential(neighbourhood.distances.view(), self.width);
        let targets = neighbourhood.outputs.select(Axis(1), outputs);
        let problem = LeastSquares::new(
            neighbourhood.design.view(),
            targets.view(),
            weights.view(),
            Intercept::Fitted,
        )?;
        let models = neighbourhood.local_models(outputs, self.width, self.lime)?;
        let mut worst: Option<(usize, usize, f64)> = None;
        for (position, (&output, model)) in outputs.iter().zip(&models).enumerate() {
            let target = problem.scaled_targets().index_axis_move(Axis(1), position);
            let entering = settling.look(problem.scaled_design(), target)?;
            let ranks = settling.look_at_ranks(model, neighbourhood.design.nrows())?;
            for look in [entering, ranks] {
                if let Look::Open { rank, wanted } = look {
                    worst = worst.filter(|(_, _, most)| *most >= wanted).or(Some((output, rank, wanted)));
                }
            }
        }
        Ok(worst)
    }

    fn stability(
        &self,
        models: &[LocalModel],
        neighbourhood: &Neighbourhood,
        outputs: &[usize],
        memory: &mut Memory,
    ) -> Result<Vec<Stability>, Error> {
        if self.lime.n_repetitions == 0 {
            return Ok(Vec::new());
        }
        let n_samples = neighbourhood.design.nrows();
        let mut all: Vec<Vec<LocalModel>> = vec![models.to_vec()];
        for repetition in 1..=self.lime.n_repetitions as u64 {
            let again = self.draw(repetition, 0..n_samples, memory)?;
            all.push(again.local_models(outputs, self.width, self.lime)?);
        }
        let critical = critical_value(self.lime.confidence)?;
        let of_output = |position: usize| {
            let models: Vec<&LocalModel> = all.iter().filter_map(|models| models.get(position)).collect();
            Stability::of(&models, critical)
        };
        Ok((0..outputs.len()).map(of_output).collect())
    }

    fn widths(&self, neighbourhood: &Neighbourhood, outputs: &[usize]) -> Result<Vec<AtWidth>, Error> {
        let at = |factor: &f64| {
            let kernel_width = self.width * factor;
            let models = neighbourhood.local_models(outputs, kernel_width, self.lime)?;
            Ok(AtWidth { kernel_width, models })
        };
        self.lime.width_factors.iter().map(at).collect()
    }

    fn evidence(&self, neighbourhood: &Neighbourhood, model_calls: u64) -> Evidence {
        Evidence::new("lime", self.neighbours.engine())
            .with_parameter("samples", neighbourhood.design.nrows())
            .with_parameter("features", self.lime.n_features)
            .with_parameter("kernel_width", self.width)
            .with_parameter("selection", self.lime.selection.name())
            .with_parameter("penalty", self.lime.penalty)
            .with_parameter("confidence", self.lime.confidence)
            .with_parameter("repetitions", self.lime.n_repetitions)
            .with_seed(self.lime.seed)
            .with_model_calls(model_calls)
    }
}
