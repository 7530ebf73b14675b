//! Continuity: Montavon, Samek and Müller 2018, <https://doi.org/10.1016/j.dsp.2017.10.011>, section 7.1.
//!
//! ```text
//! max over x' of ||phi(x) - phi(x')||_1 / ||x - x'||_2
//! ```
//!
//! **Direction**: lower is better. **Costs**: one explanation a neighbour.
//! **Departs**: pictures have the paper's neighbours, the picture moved sideways (here by 1 to n pixels, the edge repeated); tables have
//! random ones. Quantus moves by whole fractions of the width and fills with black, and its first neighbour may be a picture of which nothing is left.
//!
//! ```
//! use ndarray::{Array2, array};
//! use rationale_core::{Attributions, Error, Explain, FromFn, Progress};
//! use rationale_metrics::{Case, ChannelOrder, Continuity, Input, Measure, Plane, Players, Score};
//!
//! /// phi(x) = 2 x.
//! struct Double;
//! impl Explain for Double {
//!     fn explain(&self, rows: ndarray::ArrayView2<'_, f64>, _: &dyn Progress) -> Result<Attributions, Error> {
//!         let zeros = Array2::zeros((rows.nrows(), 1));
//!         Attributions::new((2.0 * &rows).insert_axis(ndarray::Axis(2)), zeros.clone(), zeros)
//!     }
//! }
//!
//! let model = FromFn::new(|rows: ndarray::ArrayView2<'_, f64>| rows.to_owned());
//! let players = Players::pixels(Plane { height: 1, width: 2, n_channels: 1, order: ChannelOrder::First });
//! let (row, fill) = (array![0.0, 1.0], array![0.0, 0.0]);
//! let input = Input::new(&model, row.view(), fill.view(), &players)?;
//! let own = array![0.0, 2.0];
//! let case = Case::new(own.view(), 0)?.with_input(&input)?.with_explain(&Double);
//! // Moved by one: (0, 0). |phi| changes by 2 over a step of 1.
//! assert_eq!(Continuity::default().with_shifts(1).measure(&case)?, Score::Value(2.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ndarray::{Array2, ArrayView1};

use super::Neighbourhood;
use super::neighbourhood::distance;
use crate::{Case, Cost, Error, Measure, NoSignal, Plane, Score};

/// The largest change of the attribution for a moved input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Continuity {
    n_shifts: usize,
    neighbourhood: Neighbourhood,
}

impl Default for Continuity {
    fn default() -> Self {
        Self { n_shifts: 5, neighbourhood: Neighbourhood::default() }
    }
}

impl Continuity {
    /// By up to how many pixels a picture moves (5).
    pub fn with_shifts(self, n_shifts: usize) -> Self {
        Self { n_shifts, ..self }
    }

    /// Which neighbours a row of a table has.
    pub fn with_neighbourhood(self, neighbourhood: Neighbourhood) -> Self {
        Self { neighbourhood, ..self }
    }
}

impl Measure for Continuity {
    fn measure(&self, case: &Case<'_>) -> Result<Score, Error> {
        let input = case.input("continuity")?;
        let rows = match input.players.plane() {
            Some(plane) => shifted(input.row.view(), plane, self.n_shifts),
            None => self.neighbourhood.near(case, input)?,
        };
        let (own, attributions) = (case.attribution(), case.explained("continuity", rows.view())?);
        let slopes = rows.outer_iter().zip(attributions.outer_iter()).filter_map(|(row, other)| {
            let change: f64 = own.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
            let step = distance(input.row.iter(), row.iter());
            (step > 0.0).then(|| change / step)
        });
        Ok(Score::of(slopes.reduce(f64::max), NoSignal::NoNeighbour))
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::explanations(self.n_shifts.max(self.neighbourhood.n_samples()))
    }
}

/// The picture moved to the right by 1, 2, ... pixels, its left edge repeated.
fn shifted(row: ArrayView1<'_, f64>, plane: &Plane, n_shifts: usize) -> Array2<f64> {
    let n_shifts = n_shifts.clamp(1, plane.width.max(1));
    let mut moved = Array2::zeros((n_shifts, row.len()));
    for shift in 1..=n_shifts {
        for pixel in 0..plane.n_pixels() {
            let from = pixel - (pixel % plane.width).min(shift);
            for channel in 0..plane.n_channels {
                moved[[shift - 1, plane.place(pixel, channel)]] = row[plane.place(from, channel)];
            }
        }
    }
    moved
}
