//! Guided Integrated Gradients. Kapishnikov, Venugopalan, Avci, Wedin, Terry and Bolukbasi 2021,
//! <https://arxiv.org/abs/2106.09788>.
//!
//! The path is not straight: at each step only the part of the features with the smallest |dF/dx_i| moves towards x (equation 4), so
//! that the path keeps out of regions where F changes fast; it is bound to a corridor around the straight line (section 4.2).
//! A_i = the sum over steps of dF/dx_i times the way that feature i went.
//!
//! | symbol | here |
//! |---|---|
//! | K, number of steps | `n_steps`; 200, of the authors' program |
//! | p, part that moves | `fraction`; 0.25, the same |
//! | width of the corridor | `max_distance`; 0.02, the same |
//!
//! **Holds**: completeness up to the error of the sum, which is the gap reported; sensitivity and implementation invariance. Not symmetry.
//!
//! **Costs**: K passes forward and back, which cannot go in one batch; several examples can.
//!
//! **Departs** in nothing meant from the authors' program: the gradient is taken once a step, and features are then moved until the
//! L1 distance that is left is K - k parts of K of the whole.

use rationale_core::Evidence;
use rationale_tensor::Tensor;

use crate::baseline::{described, resolved};
use crate::line::added;
use crate::settings::with_settings;
use crate::{Baseline, Error, Found, GradientMethod, Settings, Task};

/// Integrated Gradients along a path that keeps to small slopes.
#[derive(Debug, Clone)]
pub struct GuidedIntegratedGradients {
    settings: Settings,
    baselines: Vec<Baseline>,
    n_steps: usize,
    fraction: f64,
    max_distance: f64,
}

impl Default for GuidedIntegratedGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl GuidedIntegratedGradients {
    /// Of the predicted element at the first input, from zeros.
    pub fn new() -> Self {
        Self {
            settings: Settings::default(),
            baselines: vec![Baseline::Zero],
            n_steps: 200,
            fraction: 0.25,
            max_distance: 0.02,
        }
    }

    with_settings!();

    /// Compares with this, at every place.
    pub fn with_baseline(mut self, baseline: Baseline) -> Self {
        self.baselines = vec![baseline];
        self
    }

    /// How many steps the path has.
    pub fn with_n_steps(mut self, n_steps: usize) -> Self {
        self.n_steps = n_steps;
        self
    }

    /// Which part of the features moves at once, of (0, 1].
    pub fn with_fraction(mut self, fraction: f64) -> Self {
        self.fraction = fraction;
        self
    }

    /// How far from the straight line a feature may be, as a part of its way; 1 lets the path go freely.
    pub fn with_max_distance(mut self, max_distance: f64) -> Self {
        self.max_distance = max_distance;
        self
    }

    fn check(&self) -> Result<(), Error> {
        let setting = |what, value, expected| Err(Error::Setting { what, value, expected });
        if self.n_steps == 0 {
            return setting("the number of steps", 0.0, "at least 1");
        }
        if !(self.fraction > 0.0 && self.fraction <= 1.0) {
            return setting("the part of features that moves", self.fraction, "above 0 and at most 1");
        }
        if !(0.0..=1.0).contains(&self.max_distance) {
            return setting("the width of the corridor", self.max_distance, "from 0 to 1");
        }
        Ok(())
    }

    /// The values from one baseline, and the numbers explained there.
    fn from(&self, task: &Task<'_>, from: &[Tensor]) -> Result<(Vec<Tensor>, Vec<f64>), Error> {
        let n = task.n_examples();
        let base_values = task.scores(task.moved(from.to_vec()).point())?;
        let mut walkers = Walker::all(from, task.values(), n)?;
        for step in 0..self.n_steps {
            let at = tensors(&walkers, task.values(), |it| &it.at)?;
            let gradients = task.slopes(task.moved(at).point(), task.places())?.gradients;
            for (walker, gradient) in walkers.iter_mut().zip(per_example(&gradients, n)?) {
                walker.step(&gradient, step, self);
            }
        }
        Ok((tensors(&walkers, task.values(), |it| &it.values)?, base_values))
    }
}

impl GradientMethod for GuidedIntegratedGradients {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn attribute(&self, task: &Task<'_>) -> Result<Found, Error> {
        self.check()?;
        let baselines = resolved(&self.baselines, task)?;
        let share = 1.0 / baselines.len() as f64;
        let (mut sums, mut base) = (Vec::new(), vec![0.0; task.n_examples()]);
        for from in &baselines {
            let (values, base_values) = self.from(task, from)?;
            let values = values.iter().map(|it| it.mul_number(share)).collect::<Result<_, _>>()?;
            sums = added(&sums, values)?;
            base.iter_mut().zip(base_values).for_each(|(sum, it)| *sum += share * it);
        }
        let evidence = Evidence::new("guided-integrated-gradients", "")
            .with_baseline(&described(&self.baselines))
            .with_parameter("n_steps", self.n_steps)
            .with_parameter("fraction", self.fraction)
            .with_parameter("max_distance", self.max_distance);
        let steps = vec![self.n_steps * baselines.len(); task.n_examples()];
        Ok(Found::new(sums, evidence).with_base_values(base).with_steps(steps))
    }
}

/// One example on its way; all places of it one after another.
struct Walker {
    from: Vec<f64>,
    to: Vec<f64>,
    at: Vec<f64>,
    values: Vec<f64>,
    /// The L1 distance from the baseline.
    total: f64,
}

impl Walker {
    fn all(from: &[Tensor], to: &[Tensor], n: usize) -> Result<Vec<Self>, Error> {
        let pairs = per_example(from, n)?.into_iter().zip(per_example(to, n)?);
        Ok(pairs.map(|(from, to)| Self::new(from, to)).collect())
    }

    fn new(from: Vec<f64>, to: Vec<f64>) -> Self {
        let total = from.iter().zip(&to).map(|(a, b)| (a - b).abs()).sum();
        Self { at: from.clone(), values: vec![0.0; to.len()], from, to, total }
    }

    /// A point of the straight line.
    fn straight(&self, i: usize, alpha: f64) -> f64 {
        self.from[i] + alpha * (self.to[i] - self.from[i])
    }

    fn left(&self) -> f64 {
        self.at.iter().zip(&self.to).map(|(a, b)| (a - b).abs()).sum()
    }

    /// Moves on until what is left is that of step `step` of all.
    fn step(&mut self, gradient: &[f64], step: usize, settings: &GuidedIntegratedGradients) {
        let alpha = (step + 1) as f64 / settings.n_steps as f64;
        let (lowest, highest) =
            ((alpha - settings.max_distance).max(0.0), (alpha + settings.max_distance).min(1.0));
        let target = self.total * (1.0 - alpha);
        self.catch_up(gradient, lowest);
        let can_move = |walker: &Self, i: usize| {
            walker.at[i] != walker.straight(i, highest) && !walker.is_beyond(i, highest)
        };
        loop {
            let excess = self.left() - target;
            if excess <= 1e-9 * self.total {
                return;
            }
            let mut free: Vec<usize> = (0..self.at.len()).filter(|&i| can_move(self, i)).collect();
            if free.is_empty() {
                return;
            }
            free.sort_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs()));
            let n_moved = ((settings.fraction * self.at.len() as f64).ceil() as usize).clamp(1, free.len());
            free.truncate(n_moved);
            let reach: f64 = free.iter().map(|&i| (self.straight(i, highest) - self.at[i]).abs()).sum();
            let part = if reach > excess { excess / reach } else { 1.0 };
            for i in free {
                let end = self.straight(i, highest);
                let to = if part < 1.0 { self.at[i] + part * (end - self.at[i]) } else { end };
                self.go(i, to, gradient);
            }
            if part < 1.0 {
                return;
            }
        }
    }

    /// Features that lag behind the corridor are set on its edge.
    fn catch_up(&mut self, gradient: &[f64], lowest: f64) {
        for i in 0..self.at.len() {
            let edge = self.straight(i, lowest);
            if (self.at[i] - self.to[i]).abs() > (edge - self.to[i]).abs() {
                self.go(i, edge, gradient);
            }
        }
    }

    fn is_beyond(&self, i: usize, highest: f64) -> bool {
        (self.at[i] - self.to[i]).abs() <= (self.straight(i, highest) - self.to[i]).abs()
    }

    fn go(&mut self, i: usize, to: f64, gradient: &[f64]) {
        self.values[i] += gradient[i] * (to - self.at[i]);
        self.at[i] = to;
    }
}

/// For each example its elements at all places, one after another.
fn per_example(tensors: &[Tensor], n: usize) -> Result<Vec<Vec<f64>>, Error> {
    let mut examples = vec![Vec::new(); n];
    for tensor in tensors {
        let values = tensor.to_f64s()?;
        let of_example = (values.len() / n.max(1)).max(1);
        examples.iter_mut().zip(values.chunks(of_example)).for_each(|(all, it)| all.extend_from_slice(it));
    }
    Ok(examples)
}

/// The reverse, in the shapes and types of `like`.
fn tensors(
    walkers: &[Walker],
    like: &[Tensor],
    of: impl Fn(&Walker) -> &Vec<f64>,
) -> Result<Vec<Tensor>, Error> {
    let mut first = 0;
    let mut all = Vec::new();
    for like in like {
        let length = like.len() / walkers.len().max(1);
        let values = walkers.iter().flat_map(|it| of(it)[first..first + length].iter().copied()).collect();
        all.push(Tensor::from_vec(values, &like.shape(), &like.device())?.cast(like.element())?);
        first += length;
    }
    Ok(all)
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::toy::{of_rows, tensor};

    #[test]
    fn a_free_path_walks_flat_sides_first() {
        // F = x0 x1 from (0, 0) to (1, 2): both slopes are 0 at first; whoever goes first gives nothing, the other gives all.
        let network = of_rows(2, |x| x[0].mul(&x[1]));
        let explainer = GuidedIntegratedGradients::new().with_max_distance(1.0).with_n_steps(400);
        let found = explainer.explain(&network, &[tensor(&[1.0, 2.0], &[1, 2])], &Silent).unwrap();
        let sum: f64 = found.values[0].iter().sum();
        assert!((sum - 2.0).abs() < 0.02, "{}", found.values[0]);
        assert!((found.completeness_gaps.unwrap()[0] - (sum - 2.0)).abs() < 1e-5);
    }

    #[test]
    fn a_corridor_of_no_width_is_the_straight_line() {
        let network = of_rows(2, |x| x[0].mul(&x[1]));
        let explainer = GuidedIntegratedGradients::new().with_max_distance(0.0).with_n_steps(1000);
        let x = tensor(&[2.0, 3.0, 1.0, -1.0], &[2, 2]);
        let found = explainer.explain(&network, &[x], &Silent).unwrap();
        let right = [3.0, 3.0, -0.5, -0.5];
        assert!(found.values[0].iter().zip(right).all(|(a, b)| (a - b).abs() < 0.01), "{}", found.values[0]);
        assert_eq!(found.evidence.steps, Some(1000));
    }
}
