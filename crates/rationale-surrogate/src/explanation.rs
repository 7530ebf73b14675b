//! What LIME says of one input.

use rationale_core::Evidence;

use crate::settling::Settlement;
use crate::stability::Stability;
use crate::{LocalModel, Neighbourhood};

/// The local models of one input, and how far they can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// One local model for each output asked for, in that order.
    pub models: Vec<LocalModel>,
    /// How many samples they rest on, the input itself among them.
    pub n_samples: usize,
    /// The kernel's width.
    pub kernel_width: f64,
    /// Whether the ranking is settled; none where the stable mode was not asked for.
    pub settlement: Option<Settlement>,
    /// The stability indices of each output; empty where no repetitions were asked for.
    pub stability: Vec<Stability>,
    /// The same samples at other kernel widths; empty where not asked for.
    pub widths: Vec<AtWidth>,
    /// The samples themselves.
    pub neighbourhood: Neighbourhood,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Explanation {
    /// The local model of an output; none where it was not asked for.
    pub fn model_of(&self, output: usize) -> Option<&LocalModel> {
        self.models.iter().find(|model| model.output == output)
    }

    /// The same without the samples, which weigh most by far, for those who keep the explanations of many rows.
    pub fn without_samples(self) -> Self {
        Self { neighbourhood: Neighbourhood::none(), ..self }
    }

    /// How far the first `top` features of an output change with the kernel's width: the smallest share of them that
    /// another width asked for has as well (Jaccard's index). None where no other width was asked for.
    pub fn width_agreement(&self, output: usize, top: usize) -> Option<f64> {
        let here = self.model_of(output)?.top(top);
        let there = self.widths.iter().filter_map(|at| at.models.iter().find(|model| model.output == output));
        there.map(|model| jaccard(&here, &model.top(top))).reduce(f64::min)
    }
}

/// The local models of the same samples at another kernel width.
#[derive(Debug, Clone, PartialEq)]
pub struct AtWidth {
    /// The width.
    pub kernel_width: f64,
    /// One local model for each output.
    pub models: Vec<LocalModel>,
}

/// |A & B| / |A or B| of two lists without repeats; 1 where both are empty.
pub fn jaccard(a: &[usize], b: &[usize]) -> f64 {
    let both = a.iter().filter(|it| b.contains(it)).count();
    let any = a.len() + b.len() - both;
    if any == 0 { 1.0 } else { both as f64 / any as f64 }
}
