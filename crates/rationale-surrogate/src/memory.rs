//! What the model has answered already: identical inputs are asked about once, new ones in bounded batches.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use ndarray::{Array2, ArrayView2};
use rationale_core::Progress;

use crate::Error;

/// Inputs as rows of words (the bits of numbers, or a packed mask) and their answers.
pub(crate) struct Memory {
    n_words: usize,
    keys: Vec<u64>,
    answers: Vec<f64>,
    n_outputs: usize,
    /// Hash of an input to the last input that has it; older ones by `earlier`.
    latest: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    earlier: Vec<Option<u32>>,
    batch_size: usize,
}

/// A hasher for numbers that are hashes already; fixed, so no order depends on chance.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 << 8) | u64::from(*byte));
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl Memory {
    /// For inputs of `n_words` words, asked in batches of at most `batch_size`.
    pub(crate) fn new(n_words: usize, batch_size: usize) -> Self {
        Self {
            n_words,
            keys: Vec::new(),
            answers: Vec::new(),
            n_outputs: 0,
            latest: HashMap::default(),
            earlier: Vec::new(),
            batch_size,
        }
    }

    /// How many different inputs the model was asked about.
    pub(crate) fn model_calls(&self) -> u64 {
        self.earlier.len() as u64
    }

    /// Answers `[input, output]` to `keys` (`n_words` each); `ask` is called with positions among them, `first` is the
    /// number of the first one in messages. Tells `progress` one unit an input, asked about or not.
    pub(crate) fn answer(
        &mut self,
        keys: &[u64],
        first: usize,
        progress: &dyn Progress,
        mut ask: impl FnMut(&[usize]) -> Result<Array2<f64>, Error>,
    ) -> Result<Array2<f64>, Error> {
        let mut ids = Vec::with_capacity(keys.len() / self.n_words.max(1));
        let mut new = Vec::new();
        for (position, key) in keys.chunks_exact(self.n_words.max(1)).enumerate() {
            let n_known = self.earlier.len();
            ids.push(self.id_of(key));
            if self.earlier.len() > n_known {
                new.push(position);
            }
        }
        progress.advance((ids.len() - new.len()) as u64);
        for batch in new.chunks(self.batch_size) {
            let answers = ask(batch)?;
            self.keep(answers.view(), batch, first)?;
            progress.advance(batch.len() as u64);
        }
        let k = self.n_outputs;
        let mut outputs = Vec::with_capacity(ids.len() * k);
        ids.iter().for_each(|&id| outputs.extend_from_slice(&self.answers[id * k..(id + 1) * k]));
        let shape = (ids.len(), k);
        Array2::from_shape_vec(shape, outputs).map_err(|_| Error::Answers { expected: shape.0, actual: 0 })
    }

    fn id_of(&mut self, key: &[u64]) -> usize {
        let hash = hash(key);
        let mut candidate = self.latest.get(&hash).copied();
        while let Some(id) = candidate {
            let start = id as usize * self.n_words;
            if self.keys[start..start + self.n_words] == *key {
                return id as usize;
            }
            candidate = self.earlier[id as usize];
        }
        let id = self.earlier.len();
        self.keys.extend_from_slice(key);
        self.earlier.push(self.latest.insert(hash, id as u32));
        id
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

/// Multiply and fold, word by word.
fn hash(key: &[u64]) -> u64 {
    key.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, word| {
        let product = u128::from(hash ^ word) * 0xa076_1d64_78bd_642f;
        (product as u64) ^ ((product >> 64) as u64)
    })
}

#[cfg(test)]
mod tests {
    use rationale_core::Silent;

    use super::*;

    #[test]
    fn an_input_is_asked_about_once_and_batches_are_bounded() {
        let mut memory = Memory::new(1, 2);
        let mut asked = Vec::new();
        let mut answer = |keys: &[u64], memory: &mut Memory| {
            memory
                .answer(keys, 0, &Silent, |batch| {
                    asked.push(batch.to_vec());
                    Ok(Array2::from_shape_fn((batch.len(), 1), |(i, _)| keys[batch[i]] as f64))
                })
                .unwrap()
        };
        let first = answer(&[7, 8, 7, 9, 8], &mut memory);
        assert_eq!(first.iter().copied().collect::<Vec<_>>(), [7.0, 8.0, 7.0, 9.0, 8.0]);
        assert_eq!(answer(&[9, 5], &mut memory).iter().copied().collect::<Vec<_>>(), [9.0, 5.0]);
        assert_eq!(asked, [vec![0, 1], vec![3], vec![1]]);
        assert_eq!(memory.model_calls(), 4);
    }

    #[test]
    fn progress_counts_every_input() {
        let count = std::sync::atomic::AtomicU64::new(0);
        let progress = |units: u64| {
            count.fetch_add(units, std::sync::atomic::Ordering::Relaxed);
        };
        let mut memory = Memory::new(1, 10);
        memory.answer(&[1, 1, 2], 0, &progress, |batch| Ok(Array2::zeros((batch.len(), 1)))).unwrap();
        assert_eq!(count.into_inner(), 3);
    }

    #[test]
    fn a_nan_is_named_by_sample_and_output() {
        let mut memory = Memory::new(1, 10);
        let error = memory.answer(&[1, 2], 100, &Silent, |_| Ok(ndarray::array![[0.0], [f64::NAN]]));
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("the model answered NaN for output 0 of sample 101;"), "{text}");
    }
}
