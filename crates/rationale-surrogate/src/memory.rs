//! What the model has answered already: identical inputs are asked about once, new ones in bounded batches.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use rationale_core::Progress;

use crate::Error;

/// Inputs by a hash of 128 bits of what identifies them, and their answers.
///
/// Two different inputs among a million share a hash with a probability of 1e-27.
pub(crate) struct Memory {
    numbers: HashMap<(u64, u64), u32, BuildHasherDefault<AsItIs>>,
    answers: Vec<f64>,
    /// How many inputs were asked about, those that cannot be met again among them.
    n_inputs: u32,
    n_outputs: usize,
    batch_size: usize,
}

/// A hasher for what is a hash already; fixed, so no order depends on chance.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 << 8) | u64::from(*byte));
    }
    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The hash of an input's words: two lanes, each multiplied and folded word by word.
#[derive(Clone, Copy)]
pub(crate) struct Key(u64, u64);

impl Key {
    pub(crate) fn of(words: impl IntoIterator<Item = u64>) -> Self {
        let start = Self(0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03);
        words.into_iter().fold(start, |key, word| {
            Self(fold(key.0 ^ word, 0xa076_1d64_78bd_642f), fold(key.1 ^ word, 0xe703_7ed1_a0b4_28db))
        })
    }
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Memory {
    /// Asks in batches of at most `batch_size`.
    pub(crate) fn new(batch_size: usize) -> Self {
        Self { numbers: HashMap::default(), answers: Vec::new(), n_inputs: 0, n_outputs: 0, batch_size }
    }

    /// How many different inputs the model was asked about.
    pub(crate) fn model_calls(&self) -> u64 {
        u64::from(self.n_inputs)
    }

    /// Answers `[input, output]` to inputs, of which `key` gives the hash of the one at a position, none where it cannot
    /// be met again, and `ask` is called with positions. `samples` are their numbers in messages. Tells `progress` one
    /// unit an input, asked about or not.
    pub(crate) fn answer(
        &mut self,
        samples: Range<usize>,
        progress: &dyn Progress,
        key: impl Fn(usize) -> Option<Key>,
        mut ask: impl FnMut(&[usize]) -> Result<Array2<f64>, Error>,
    ) -> Result<Array2<f64>, Error> {
        let mut ids = Vec::with_capacity(samples.len());
        let mut new = Vec::with_capacity(samples.len());
        for position in 0..samples.len() {
            let next = self.n_inputs;
            let id = key(position).map_or(next, |Key(a, b)| *self.numbers.entry((a, b)).or_insert(next));
            ids.push(id as usize);
            if id == next {
                self.n_inputs += 1;
                new.push(position);
            }
        }
        progress.advance((ids.len() - new.len()) as u64);
        for batch in new.chunks(self.batch_size) {
            let answers = ask(batch)?;
            self.keep(answers.view(), batch, samples.start)?;
            progress.advance(batch.len() as u64);
        }
        let k = self.n_outputs;
        let mut outputs = Vec::with_capacity(ids.len() * k);
        ids.iter().for_each(|&id| outputs.extend_from_slice(&self.answers[id * k..(id + 1) * k]));
        let shape = (ids.len(), k);
        Array2::from_shape_vec(shape, outputs).map_err(|_| Error::Answers { expected: shape.0, actual: 0 })
    }

    fn keep(&mut self, answers: ArrayView2<'_, f64>, batch: &[usize], first: usize) -> Result<(), Error> {
        if answers.nrows() != batch.len() {
            return Err(Error::Answers { expected: batch.len(), actual: answers.nrows() });
        }
        if self.answers.is_empty() {
            self.n_outputs = answers.ncols();
        }
        if answers.ncols() != self.n_outputs || self.n_outputs == 0 {
            let (expected, actual) = (self.n_outputs.max(1), answers.ncols());
            return Err(Error::Size { what: "the model's answer", unit: "outputs", expected, actual });
        }
        let broken = answers.indexed_iter().find(|(_, value)| !value.is_finite());
        if let Some(((row, output), &value)) = broken {
            return Err(Error::Answer { sample: first + batch[row], output, value });
        }
        self.answers.extend(answers.iter());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rationale_core::Silent;

    use super::*;

    #[test]
    fn an_input_is_asked_about_once_and_batches_are_bounded() {
        let mut memory = Memory::new(2);
        let mut asked = Vec::new();
        let mut answer = |keys: &[u64], memory: &mut Memory| {
            memory
                .answer(
                    0..keys.len(),
                    &Silent,
                    |at| Some(Key::of([keys[at]])),
                    |batch| {
                        asked.push(batch.to_vec());
                        Ok(Array2::from_shape_fn((batch.len(), 1), |(i, _)| keys[batch[i]] as f64))
                    },
                )
                .unwrap()
        };
        let first = answer(&[7, 8, 7, 9, 8], &mut memory);
        assert_eq!(first.iter().copied().collect::<Vec<_>>(), [7.0, 8.0, 7.0, 9.0, 8.0]);
        assert_eq!(answer(&[9, 5], &mut memory).iter().copied().collect::<Vec<_>>(), [9.0, 5.0]);
        assert_eq!(asked, [vec![0, 1], vec![3], vec![1]]);
        assert_eq!(memory.model_calls(), 4);
    }

    #[test]
    fn what_cannot_be_met_again_is_asked_about_each_time() {
        let mut memory = Memory::new(10);
        let ask = |batch: &[usize]| Ok(Array2::from_shape_fn((batch.len(), 1), |(at, _)| batch[at] as f64));
        let outputs = memory.answer(0..3, &Silent, |at| (at == 0).then(|| Key::of([7])), ask).unwrap();
        assert_eq!(outputs.iter().copied().collect::<Vec<_>>(), [0.0, 1.0, 2.0]);
        let outputs = memory.answer(3..5, &Silent, |at| (at == 1).then(|| Key::of([7])), ask).unwrap();
        assert_eq!(outputs.iter().copied().collect::<Vec<_>>(), [0.0, 0.0]);
        assert_eq!(memory.model_calls(), 4);
    }

    #[test]
    fn progress_counts_every_input() {
        let count = std::sync::atomic::AtomicU64::new(0);
        let progress = |units: u64| {
            count.fetch_add(units, std::sync::atomic::Ordering::Relaxed);
        };
        let mut memory = Memory::new(10);
        let key = |at: usize| Some(Key::of([[1, 1, 2][at]]));
        memory.answer(0..3, &progress, key, |batch| Ok(Array2::zeros((batch.len(), 1)))).unwrap();
        assert_eq!(count.into_inner(), 3);
    }

    #[test]
    fn a_nan_is_named_by_sample_and_output() {
        let mut memory = Memory::new(10);
        let error = memory.answer(
            100..102,
            &Silent,
            |at| Some(Key::of([at as u64])),
            |_| Ok(ndarray::array![[0.0], [f64::NAN]]),
        );
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("the model answered NaN for output 0 of sample 101;"), "{text}");
    }
}
