//! Neighbours that are masks: parts of a text or a picture that stay or go.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rationale_core::{Game, Progress};

use crate::engine::{Neighbours, Stream};
use crate::memory::{Key, Memory};
use crate::{Error, Neighbourhood, kernel, text};

/// How masks are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Draw {
    /// Each part stays with probability one half.
    Coins,
    /// Some parts go; each number of them alike.
    Removing,
}

/// The neighbours of an input whose parts are a game's players.
pub(crate) struct MaskNeighbours<'a> {
    pub(crate) engine: &'static str,
    pub(crate) names: Vec<String>,
    pub(crate) game: &'a dyn Game,
    pub(crate) draw: Draw,
    pub(crate) width: f64,
    /// Players whose absence changes nothing: masks that differ in them alone are one input.
    pub(crate) idle: Vec<bool>,
    /// Of the cosine distance.
    pub(crate) scale: f64,
}

impl MaskNeighbours<'_> {
    fn masks(&self, stream: Stream, samples: &Range<usize>) -> Array2<bool> {
        let n_players = self.game.n_players();
        let mut masks = Array2::from_elem((samples.len(), n_players), true);
        for (mut mask, sample) in masks.rows_mut().into_iter().zip(samples.clone()).filter(|(_, it)| *it > 0)
        {
            let mut draws = stream.draws(self.engine, sample);
            match self.draw {
                Draw::Coins => mask.iter_mut().for_each(|present| *present = draws.uniform() < 0.5),
                Draw::Removing => text::remove_some(&mut draws, &mut mask),
            }
        }
        masks
    }
}

impl MaskNeighbours<'_> {
    fn key(&self, mask: ArrayView1<'_, bool>) -> Key {
        Key::of(packed(
            &mask.iter().zip(&self.idle).map(|(present, idle)| *present || *idle).collect::<Vec<_>>(),
        ))
    }
}

impl Neighbours for MaskNeighbours<'_> {
    fn engine(&self) -> &'static str {
        self.engine
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn usual_width(&self) -> f64 {
        self.width
    }

    fn sample(
        &self,
        stream: Stream,
        samples: Range<usize>,
        memory: &mut Memory,
        progress: &dyn Progress,
    ) -> Result<Neighbourhood, Error> {
        let masks = self.masks(stream, &samples);
        let outputs = memory.answer(
            samples,
            progress,
            |position| Some(self.key(masks.row(position))),
            |batch| Ok(self.game.value(masks.select(Axis(0), batch).view())?),
        )?;
        let n_present = masks.rows().into_iter().map(|mask| mask.iter().filter(|it| **it).count());
        let distances: Array1<f64> =
            n_present.map(|n| kernel::cosine(n, masks.ncols(), self.scale)).collect();
        Neighbourhood::new(masks.mapv(|present| f64::from(u8::from(present))), outputs, distances)
    }
}

fn packed(mask: &[bool]) -> Vec<u64> {
    let word =
        |bits: &[bool]| bits.iter().enumerate().fold(0, |word, (bit, on)| word | (u64::from(*on) << bit));
    mask.chunks(64).map(word).collect()
}
