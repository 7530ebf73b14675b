//! A network that is asked about tokens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayViewMut1};
use rationale_tensor::{Network, Run, Tensor};

use crate::{Encoded, Error, Inputs, Tokenizer};

/// Tokens that go through a batch at once, whatever its size: attention takes memory by the square of a text's length.
const MOST_TOKENS: usize = 1 << 15;

/// Tokens as a network takes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence {
    pub(crate) ids: Vec<u32>,
    pub(crate) type_ids: Vec<u32>,
}

impl Sequence {
    /// Tokens of one text.
    pub fn new(ids: Vec<u32>) -> Self {
        let type_ids = vec![0; ids.len()];
        Self { ids, type_ids }
    }

    /// The tokens of an encoded text.
    pub fn of(encoded: &Encoded) -> Self {
        Self { ids: encoded.ids().to_vec(), type_ids: encoded.type_ids().to_vec() }
    }
}

/// What is taken for the network's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Its output as it is: logits, mostly.
    #[default]
    Output,
    /// Probabilities of its classes: the softmax of its output.
    Softmax,
}

/// A network that reads: sequences of tokens in, one row of classes a sequence out.
///
/// **Holds**: a sequence's answer does not depend on what else is asked: sequences of one length go together, so that
/// nothing is filled up unless the network takes one length only; the same sequence is asked about once.
/// **Costs**: one pass a different sequence, at most a batch of them in memory at once.
pub struct TextNetwork<'a> {
    network: &'a dyn Network,
    inputs: Inputs,
    pad: u32,
    limit: Option<usize>,
    batch_size: usize,
    scale: Scale,
    n_asked: AtomicU64,
}

impl<'a> TextNetwork<'a> {
    /// Takes a network and its tokenizer; its inputs are found by their names.
    pub fn new(network: &'a dyn Network, tokenizer: &Tokenizer) -> Result<Self, Error> {
        let inputs = Inputs::of(network.interface())?;
        let limit = [inputs.length(), tokenizer.limit()].into_iter().flatten().min();
        let pad = tokenizer.pad_id().unwrap_or(0);
        let batch_size = inputs.batch().unwrap_or(32).max(1);
        Ok(Self { network, inputs, pad, limit, batch_size, scale: Scale::Output, n_asked: AtomicU64::new(0) })
    }

    /// How many ids the network knows, that is, the rows of its table of embeddings. Fails where the tokenizer has higher
    /// ones.
    pub fn with_vocabulary(self, n_rows: usize, tokenizer: &Tokenizer) -> Result<Self, Error> {
        let (highest, token) = tokenizer.highest();
        if highest as usize >= n_rows {
            return Err(Error::Vocabulary { highest, token: token.to_owned(), n_rows });
        }
        Ok(self)
    }

    /// The most tokens that a text may have; the smallest limit known counts.
    pub fn with_limit(self, limit: usize) -> Result<Self, Error> {
        if limit == 0 {
            return Err(Error::Setting { setting: "the limit of tokens", value: 0, range: "at least 1" });
        }
        Ok(Self { limit: Some(self.limit.map_or(limit, |it| it.min(limit))), ..self })
    }

    /// How many sequences go through the network at once (32).
    pub fn with_batch_size(self, batch_size: usize) -> Result<Self, Error> {
        if batch_size == 0 {
            return Err(Error::Setting { setting: "the batch size", value: 0, range: "at least 1" });
        }
        Ok(Self { batch_size: self.inputs.batch().unwrap_or(batch_size), ..self })
    }

    /// What is taken for its answer (its output as it is).
    pub fn with_scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// What each input takes.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The most tokens that a text may have, where that is known.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// The token that fills up.
    pub fn pad_id(&self) -> u32 {
        self.pad
    }

    /// How many sequences went through the network so far.
    pub fn n_asked(&self) -> u64 {
        self.n_asked.load(Ordering::Relaxed)
    }

    /// Fails where a text has more tokens than the network takes.
    pub fn check_length(&self, n_tokens: usize) -> Result<(), Error> {
        match self.limit {
            Some(limit) if n_tokens > limit => Err(Error::TooLong { n_tokens, limit }),
            _ => Ok(()),
        }
    }

    /// The tensors of one sequence, for methods that look inside the network.
    pub fn tensors(&self, sequence: &Sequence) -> Result<Vec<Tensor>, Error> {
        self.check_length(sequence.ids.len())?;
        let copies = vec![sequence; self.inputs.batch().unwrap_or(1)];
        self.inputs.tensors(&copies, self.pad, &self.network.interface().device)
    }

    /// Answers `[sequence, class]`. A sequence without tokens is asked about as one that holds the filling token.
    pub fn answers(&self, sequences: &[Sequence]) -> Result<Array2<f64>, Error> {
        let empty = Sequence::new(vec![self.pad]);
        let mut known: BTreeMap<(usize, &Sequence), Vec<f64>> = BTreeMap::new();
        let asked: Vec<&Sequence> =
            sequences.iter().map(|it| if it.ids.is_empty() { &empty } else { it }).collect();
        let mut open: Vec<(usize, &Sequence)> = asked.iter().map(|it| (it.ids.len(), *it)).collect();
        open.sort_unstable();
        open.dedup();
        for of_length in open.chunk_by(|a, b| a.0 == b.0) {
            let length = of_length[0].0;
            self.check_length(length)?;
            for batch in of_length.chunks(self.most_at_once(length)) {
                let rows = self.ask(&batch.iter().map(|it| it.1).collect::<Vec<_>>())?;
                known.extend(batch.iter().copied().zip(rows));
            }
        }
        let width = known.values().next().map_or(0, Vec::len);
        let mut answers = Array2::zeros((sequences.len(), width));
        for (mut row, sequence) in answers.rows_mut().into_iter().zip(&asked) {
            if let Some(values) = known.get(&(sequence.ids.len(), *sequence)) {
                copy(values, &mut row)?;
            }
        }
        Ok(answers)
    }

    fn most_at_once(&self, length: usize) -> usize {
        let length = self.inputs.length().unwrap_or(length).max(1);
        self.inputs.batch().unwrap_or_else(|| self.batch_size.min(MOST_TOKENS / length).max(1))
    }

    /// One pass over sequences of one length.
    fn ask(&self, sequences: &[&Sequence]) -> Result<Vec<Vec<f64>>, Error> {
        let n_tokens = sequences.first().map_or(0, |it| it.ids.len());
        let mut batch = sequences.to_vec();
        if let (Some(n), Some(last)) = (self.inputs.batch(), sequences.last()) {
            batch.resize(n.max(batch.len()), last);
        }
        let device = &self.network.interface().device;
        let tensors = self.inputs.tensors(&batch, self.pad, device)?;
        let failed = |source| Error::Network { n_tokens, source };
        let outputs = self.network.forward(&mut Run::new(&tensors)).map_err(failed)?;
        self.n_asked.fetch_add(sequences.len() as u64, Ordering::Relaxed);
        let shape = outputs.first().map(Tensor::shape).unwrap_or_default();
        let wrong = || Error::Output { n_texts: batch.len(), actual: shape.clone() };
        let first = outputs.first().ok_or_else(wrong)?;
        let is_rows = matches!(shape[..], [n, width] if n == batch.len() && width > 0);
        let is_column = shape[..] == [batch.len()];
        if !is_rows && !is_column {
            return Err(wrong());
        }
        let values = first.to_f64s().map_err(failed)?;
        let rows = values.chunks(values.len() / batch.len()).take(sequences.len());
        Ok(rows.map(|row| self.scaled(row)).collect())
    }

    fn scaled(&self, row: &[f64]) -> Vec<f64> {
        match self.scale {
            Scale::Output => row.to_vec(),
            Scale::Softmax => softmax(row),
        }
    }
}

fn copy(values: &[f64], row: &mut ArrayViewMut1<'_, f64>) -> Result<(), Error> {
    if values.len() != row.len() {
        return Err(Error::Output { n_texts: 1, actual: vec![1, values.len()] });
    }
    row.iter_mut().zip(values).for_each(|(slot, value)| *slot = *value);
    Ok(())
}

fn softmax(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|it| (it - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|it| it / total).collect()
}

#[cfg(test)]
#[cfg(feature = "flex")]
pub(crate) mod tests {
    use ndarray::array;
    use rationale_tensor::{Device, Element, Error as RunError, Interface, Port};

    use super::*;
    use crate::tokenizer::tests::tokenizer;

    pub(crate) fn port(name: &str) -> Port {
        Port { name: name.to_owned(), element: Element::I64, shape: Some(vec![None, None]) }
    }

    pub(crate) fn interface(names: &[&str]) -> Interface {
        let inputs = names.iter().map(|it| port(it)).collect();
        Interface { inputs, outputs: Vec::new(), sites: Vec::new(), device: Device::flex() }
    }

    /// Two classes: the sum of the ids of tokens that are there, and how many tokens there are, filled up or not.
    pub(crate) struct Sums(pub(crate) Interface);

    impl Network for Sums {
        fn interface(&self) -> &Interface {
            &self.0
        }

        fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, RunError> {
            let ids = run.input(0)?.cast(Element::F32)?;
            let mask = run.input(1)?.cast(Element::F32)?;
            let n = ids.shape()[0];
            let sum = ids.mul(&mask)?.sum(1)?.reshape(&[n, 1])?;
            let count = mask.full_like(1.0)?.sum(1)?.reshape(&[n, 1])?;
            Ok(vec![Tensor::concat(&[sum, count], 1)?])
        }
    }

    pub(crate) fn sums() -> Sums {
        Sums(interface(&["input_ids", "attention_mask"]))
    }

    #[test]
    fn each_sequence_has_its_own_answer_and_the_same_one_is_asked_about_once() {
        let network = sums();
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let texts: Vec<Sequence> = [vec![5, 6], vec![7], vec![5, 6], vec![]].map(Sequence::new).to_vec();
        let answers = network.answers(&texts).unwrap();
        // Nothing is filled up; no tokens at all are one that fills up.
        assert_eq!(answers, array![[11.0, 2.0], [7.0, 1.0], [11.0, 2.0], [0.0, 1.0]]);
        assert_eq!(network.n_asked(), 3);
        assert_eq!(network.answers(&[]).unwrap().nrows(), 0);
    }

    #[test]
    fn the_size_of_a_batch_changes_nothing() {
        let network = sums();
        let texts: Vec<Sequence> = (0..7).map(|it| Sequence::new(vec![it, 1])).collect();
        let ask = |n| {
            let network = TextNetwork::new(&network, &tokenizer()).unwrap();
            network.with_batch_size(n).unwrap().answers(&texts).unwrap()
        };
        assert_eq!(ask(1), ask(3));
        assert_eq!(ask(3), ask(100));
    }

    #[test]
    fn a_network_of_one_shape_is_filled_up_to_it() {
        let mut network = sums();
        network.0.inputs.iter_mut().for_each(|it| it.shape = Some(vec![Some(2), Some(4)]));
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        assert_eq!(network.limit(), Some(4));
        let texts = [vec![5, 6], vec![7], vec![1, 1, 1]].map(Sequence::new);
        assert_eq!(network.answers(&texts).unwrap(), array![[11.0, 4.0], [7.0, 4.0], [3.0, 4.0]]);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_the_network_runs() {
        let network = sums();
        let fits = |n_rows| {
            let network = TextNetwork::new(&network, &tokenizer()).unwrap();
            network.with_vocabulary(n_rows, &tokenizer()).map(|_| ())
        };
        assert!(fits(11).is_ok());
        assert_eq!(
            fits(10).unwrap_err().to_string(),
            "the tokenizer does not fit the network: it has ids up to 10 (`!`), but the network's table of embeddings has 10 \
             rows (ids 0 to 9)"
        );
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let long = [Sequence::new(vec![1; 9])];
        assert_eq!(
            network.answers(&long).unwrap_err().to_string(),
            "the text has 9 tokens, but the network takes 8 at most: shorten the text, or have it cut"
        );
        assert_eq!(network.n_asked(), 0);
        assert!(matches!(network.with_limit(0), Err(Error::Setting { value: 0, .. })));
    }

    #[test]
    fn probabilities_sum_to_one() {
        let network = sums();
        let network = TextNetwork::new(&network, &tokenizer()).unwrap().with_scale(Scale::Softmax);
        let answers = network.answers(&[Sequence::new(vec![1, 1])]).unwrap();
        assert!((answers[[0, 0]] - 0.5).abs() < 1e-12 && (answers.sum() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_answer_for_each_token_is_no_answer_for_a_text() {
        struct PerToken(Interface);
        impl Network for PerToken {
            fn interface(&self) -> &Interface {
                &self.0
            }
            fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, RunError> {
                Ok(vec![run.input(0)?.cast(Element::F32)?.unsqueeze(2)?])
            }
        }
        let network = PerToken(interface(&["input_ids"]));
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let message = network.answers(&[Sequence::new(vec![1, 2])]).unwrap_err().to_string();
        assert!(
            message.contains("has shape [1, 2, 1], but one row of classes a text is needed"),
            "{message}"
        );
    }
}
