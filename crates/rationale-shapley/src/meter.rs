//! Counts what a model is asked, and tells how much is left.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayView2};
use rationale_core::{Error, Predict, Progress};

/// A model, the rows it was asked about, and how many it may still be asked about.
pub(crate) struct Meter<'a> {
    model: &'a dyn Predict,
    progress: &'a dyn Progress,
    calls: AtomicU64,
    left: AtomicU64,
    /// The first answer, until another differs from it.
    only_answer: Mutex<Answers>,
}

enum Answers {
    None,
    One(Vec<u64>),
    Several,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(model: &'a dyn Predict, progress: &'a dyn Progress, planned: u64) -> Self {
        let (calls, left) = (AtomicU64::new(0), AtomicU64::new(planned));
        Self { model, progress, calls, left, only_answer: Mutex::new(Answers::None) }
    }

    /// How many rows the model was asked about.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether the model was asked about several rows and always gave the same answer.
    pub(crate) fn is_constant(&self) -> bool {
        let answers = self.only_answer.lock().unwrap_or_else(PoisonError::into_inner);
        self.calls() > 1 && matches!(*answers, Answers::One(_))
    }

    /// The model for one row, which may ask about `planned` rows; when it is dropped, what it did not ask is no longer
    /// left.
    pub(crate) fn of_row(&self, planned: u64) -> RowMeter<'_> {
        RowMeter { meter: self, left: AtomicU64::new(planned) }
    }

    fn take(&self, calls: u64) {
        let less = |left: u64| Some(left.saturating_sub(calls));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_default();
        self.progress.calls_left(before.saturating_sub(calls));
    }

    fn compare(&self, answers: &Array2<f64>) {
        let mut only = self.only_answer.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in answers.rows() {
            match &*only {
                Answers::Several => return,
                Answers::None => *only = Answers::One(answer.iter().map(|value| value.to_bits()).collect()),
                Answers::One(first) => {
                    if !answer.iter().map(|value| value.to_bits()).eq(first.iter().copied()) {
                        *only = Answers::Several;
                    }
                }
            }
        }
    }
}

impl Predict for Meter<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        self.calls.fetch_add(rows.nrows() as u64, Ordering::Relaxed);
        let answers = self.model.predict(rows)?;
        self.compare(&answers);
        Ok(answers)
    }
}

/// See [`Meter::of_row`].
pub(crate) struct RowMeter<'a> {
    meter: &'a Meter<'a>,
    left: AtomicU64,
}

impl Predict for RowMeter<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let asked = rows.nrows() as u64;
        let answers = self.meter.predict(rows)?;
        let less = |left: u64| Some(left.saturating_sub(asked));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_default();
        self.meter.take(asked.min(before));
        Ok(answers)
    }
}

impl Drop for RowMeter<'_> {
    fn drop(&mut self) {
        self.meter.take(self.left.load(Ordering::Relaxed));
    }
}
