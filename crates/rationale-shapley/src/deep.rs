//! DeepSHAP: Lundberg and Lee, *A unified approach to interpreting model predictions*, 2017, section 4.2,
//! <https://arxiv.org/abs/1705.07874>: DeepLIFT's multipliers averaged over a background.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis};
use rationale_core::{Attributions, Background, Error, Evidence, Explain, Predict, Progress};
use rationale_tensor::rules::{Reference, Rescale};
use rationale_tensor::{Error as RunError, Network, Place, Rows, Run, Tensor, differentiate_run};
use rayon::prelude::*;

/// Tensors of larger batches are above the size that the allocator keeps: every pass pays for their memory anew.
const BATCH_SIZE: usize = 25;

/// phi_i = mean over background rows b of m_i(x, b) (x_i - b_i), where m are DeepLIFT's Rescale multipliers of x against
/// b ([`Rescale`] states those of each operator).
///
/// | symbol | here | shape |
/// |---|---|---|
/// | x | a row: an example of the network's one input, flattened in row-major order | `[feature]` |
/// | b | the rows of the background | `[row, feature]` |
/// | phi | values | `[row, feature, output]` |
///
/// **Holds**: completeness with the mean output over the background, up to rounding; the gap of each row and output is
/// [`Attributions::completeness_gaps`]. Symmetry and linearity in the output. Values are Shapley values where the network
/// is a sum of functions of one feature each, or has products of two features; elsewhere they approximate them. They do
/// not depend on the rows explained beside them.
///
/// **Costs**: for each row, output and background row a pass forward and back, so many at once as
/// [`with_batch_size`](Self::with_batch_size) says, which bounds the memory; and a pass forward for each background row,
/// once for all rows where the background goes through at once.
///
/// **Departs** from shap's `DeepExplainer`: softmax, normalisation and products of activations have complete multipliers
/// of their own; the gap is reported and not compared with a tolerance; the standard error is that of a mean over the
/// background as a sample.
///
/// ```
/// use std::sync::Arc;
/// use ndarray::array;
/// use rationale_core::{Background, Explain, Silent};
/// use rationale_shapley::DeepShap;
/// use rationale_tensor::ops::MUL;
/// use rationale_tensor::{Device, Element, Error, Interface, Network, Port, Run, Tensor};
///
/// /// x0 x1.
/// struct Product(Interface);
///
/// impl Network for Product {
///     fn interface(&self) -> &Interface {
///         &self.0
///     }
///     fn forward(&self, run: &mut Run<'_>) -> Result<Vec<Tensor>, Error> {
///         let x = run.input(0)?;
///         Ok(vec![run.one(&MUL, &[&x.narrow(1, 0, 1)?, &x.narrow(1, 1, 2)?])?])
///     }
/// }
///
/// let port = |name: &str| Port { name: name.into(), element: Element::F32, shape: Some(vec![None, None]) };
/// let interface =
///     Interface { inputs: vec![port("x")], outputs: vec![port("y")], sites: vec![], device: Device::flex() };
/// let background = Background::new(array![[0.0, 0.0], [2.0, 0.0]])?;
/// let explainer = DeepShap::new(Arc::new(Product(interface)), &[2], background)?;
/// let explained = explainer.explain(array![[2.0, 6.0]].view(), &Silent)?;
/// // Against (0, 0) both have 6, against (2, 0) all 12 are x1's.
/// assert_eq!(explained.row(0, 0).to_vec(), [3.0, 9.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeepShap {
    network: Arc<dyn Network>,
    shape: Vec<usize>,
    background: Background,
    batch_size: usize,
    feature_names: Option<Vec<String>>,
    output_names: Option<Vec<String>>,
}

impl DeepShap {
    /// A network with one input, whose examples have this shape, against these rows.
    pub fn new(network: Arc<dyn Network>, shape: &[usize], background: Background) -> Result<Self, Error> {
        let n_features: usize = shape.iter().product();
        let actual = background.rows().ncols();
        if actual != n_features {
            let expected = vec![background.rows().nrows(), n_features];
            let what = "the background, beside the network's input,";
            return Err(Error::Shape { what, expected, actual: background.rows().shape().to_vec() });
        }
        Rows::new(network.as_ref(), shape)?;
        let shape = shape.to_vec();
        Ok(Self {
            network,
            shape,
            background,
            batch_size: BATCH_SIZE,
            feature_names: None,
            output_names: None,
        })
    }

    /// Against other rows, of the same width.
    pub fn with_background(mut self, background: Background) -> Self {
        self.background = background;
        self
    }

    /// So many pairs of a row and a background row go through the network at once on each thread; 25 unless said
    /// otherwise. It bounds the memory; on some backends it changes the last bits. A network that fixes the number
    /// overrides it.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size.max(1);
        self
    }

    /// Names the features.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Self {
        self.feature_names = Some(names);
        self
    }

    /// Names the outputs.
    pub fn with_output_names(mut self, names: Vec<String>) -> Self {
        self.output_names = Some(names);
        self
    }

    /// Explains a tensor of examples, which lie along dimension 0; features are its elements in row-major order.
    pub fn explain_tensor(&self, examples: &Tensor, progress: &dyn Progress) -> Result<Attributions, Error> {
        let n = examples.shape().first().copied().unwrap_or(0);
        let width = examples.len() / n.max(1);
        let rows = Array2::from_shape_vec((n, width), examples.to_f64s()?).map_err(Error::model)?;
        self.explain(rows.view(), progress)
    }

    fn answers(&self, rows: ArrayView2<'_, f64>, batch: &Batch) -> Result<Array2<f64>, Error> {
        let rows_at_once = Rows::new(self.network.as_ref(), &self.shape)?.with_batch_size(batch.size);
        if !batch.is_fixed || rows.nrows().is_multiple_of(batch.size) {
            return rows_at_once.predict(rows);
        }
        let filled = rows.nrows().next_multiple_of(batch.size);
        let numbers: Vec<usize> = (0..filled).map(|it| it.min(rows.nrows() - 1)).collect();
        let answers = rows_at_once.predict(rows.select(Axis(0), &numbers).view())?;
        Ok(answers.select(Axis(0), &(0..rows.nrows()).collect::<Vec<_>>()))
    }

    fn batch(&self) -> Batch {
        let port = self.network.interface().inputs.first();
        let fixed = port.and_then(|it| it.shape.as_ref()?.first().copied().flatten());
        Batch { size: fixed.unwrap_or(self.batch_size).max(1), is_fixed: fixed.is_some() }
    }

    fn tensor(&self, rows: &Array2<f64>) -> Result<Tensor, RunError> {
        let shape = [&[rows.nrows()], &self.shape[..]].concat();
        let interface = self.network.interface();
        let tensor = Tensor::from_vec(rows.iter().copied().collect(), &shape, &interface.device)?;
        interface.inputs.first().map_or_else(|| Ok(tensor.clone()), |port| tensor.cast(port.element))
    }

    /// Adds what each pair of a row and an output has against some background rows.
    fn add(
        &self,
        sums: &mut Sums,
        rows: ArrayView2<'_, f64>,
        chunk: &Chunk,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let reference_rows = chunk.references();
        let reference = Reference::record(self.network.as_ref(), Run::new(&[self.tensor(&reference_rows)?]))?;
        let n_outputs = sums.values.dim().2;
        let pairs: Vec<(usize, usize)> =
            (0..rows.nrows()).flat_map(|row| (0..n_outputs).map(move |output| (row, output))).collect();
        let work: Vec<&[(usize, usize)]> = pairs.chunks(chunk.slots).collect();
        // As many at a time as there are threads: what each finds is as large as its batch.
        for work in work.chunks(rayon::current_num_threads()) {
            let found =
                work.par_iter().map(|pairs| self.shares(rows, pairs, chunk, &reference, &reference_rows));
            let found: Vec<Array2<f64>> = found.collect::<Result<_, _>>()?;
            for (pairs, shares) in work.iter().zip(found) {
                for (slot, &(row, output)) in pairs.iter().enumerate() {
                    for i in 0..chunk.n_new {
                        sums.add(row, output, shares.row(slot * chunk.length() + i));
                    }
                    if chunk.is_last && output + 1 == n_outputs {
                        progress.advance(1);
                    }
                }
            }
        }
        Ok(())
    }

    /// What each feature has against each background row of the chunk, for each pair of a row and an output.
    fn shares(
        &self,
        rows: ArrayView2<'_, f64>,
        pairs: &[(usize, usize)],
        chunk: &Chunk,
        reference: &Reference,
        reference_rows: &Array2<f64>,
    ) -> Result<Array2<f64>, Error> {
        let at = |slot: usize| pairs[slot.min(pairs.len() - 1)];
        let own = chunk.repeated(|slot| rows.row(at(slot).0));
        let outputs: Vec<usize> =
            (0..chunk.slots).flat_map(|slot| vec![at(slot).1; chunk.length()]).collect();
        let multipliers = self.multipliers(&own, reference, &outputs)?;
        Ok(multipliers * (own - reference_rows))
    }

    /// The multipliers `[pair, feature]` of each pair's own output.
    fn multipliers(
        &self,
        rows: &Array2<f64>,
        reference: &Reference,
        outputs: &[usize],
    ) -> Result<Array2<f64>, Error> {
        let rule = Rescale::new(reference);
        let run = Run::new(&[self.tensor(rows)?]).with_rule(&rule);
        let n = rows.nrows();
        let target = |found: &[Tensor]| {
            let output = found.first().ok_or_else(|| RunError::Inputs {
                expected: "an output".to_owned(),
                actual: "none".to_owned(),
            })?;
            let width = output.len() / n.max(1);
            let mut chosen = vec![0.0_f64; output.len()];
            outputs.iter().enumerate().for_each(|(pair, own)| chosen[pair * width + own] = 1.0);
            let chosen = Tensor::from_vec(chosen, &[n, width], &self.network.interface().device)?;
            output.reshape(&[n, width])?.mul(&chosen.cast(output.element())?)
        };
        let found = differentiate_run(self.network.as_ref(), run, &[Place::Input(0)], &target)?;
        let multipliers = found.gradients.first().map_or_else(|| Ok(Vec::new()), Tensor::to_f64s)?;
        Array2::from_shape_vec(rows.dim(), multipliers).map_err(Error::model)
    }

    fn named(&self, attributions: Attributions) -> Result<Attributions, Error> {
        let named = match &self.feature_names {
            Some(names) => attributions.with_feature_names(names.clone())?,
            None => attributions,
        };
        match &self.output_names {
            Some(names) => named.with_output_names(names.clone()),
            None => Ok(named),
        }
    }
}

impl Explain for DeepShap {
    #[tracing::instrument(name = "deep-shap", skip_all, fields(rows = rows.nrows()))]
    fn explain(&self, rows: ArrayView2<'_, f64>, progress: &dyn Progress) -> Result<Attributions, Error> {
        let background = self.background.rows();
        if rows.ncols() != background.ncols() {
            return Err(Error::Shape {
                what: "the table of rows, beside the background,",
                expected: vec![rows.nrows(), background.ncols()],
                actual: rows.shape().to_vec(),
            });
        }
        let batch = self.batch();
        let of_background = self.answers(background, &batch)?;
        let n_outputs = of_background.ncols();
        let predictions =
            if rows.is_empty() { Array2::zeros((0, n_outputs)) } else { self.answers(rows, &batch)? };
        let mut sums = Sums::new((rows.nrows(), rows.ncols(), n_outputs));
        for chunk in batch.chunks(background, rows.nrows() * n_outputs) {
            self.add(&mut sums, rows, &chunk, progress)?;
        }
        let n = background.nrows();
        let pairs = (rows.nrows() * n_outputs * n) as u64;
        let evidence = Evidence::new("deep-shap", self.network.interface().device.name())
            .with_parameter("rule", "rescale")
            .with_parameter("batch_size", batch.size)
            .with_background(&self.background)
            .with_model_calls(pairs + (rows.nrows() + 2 * n) as u64);
        let evidence = match sums.standard_error(n) {
            Some(errors) => evidence.with_standard_error(errors),
            None => evidence,
        };
        let mean = of_background.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(n_outputs));
        let base = Array2::from_shape_fn(predictions.dim(), |(_, output)| mean[output]);
        let explained = Attributions::new(sums.values / n as f64, base, predictions)?;
        let gaps = explained.completeness_gaps();
        let mut evidence = evidence;
        evidence.completeness_gaps = (n_outputs == 1).then(|| gaps.iter().copied().collect());
        Ok(self.named(explained)?.with_evidence(evidence))
    }
}

/// How many examples go through the network at once.
struct Batch {
    size: usize,
    is_fixed: bool,
}

impl Batch {
    /// The background in parts of at most the batch, each of which as many pairs at once meet as the batch has room for.
    fn chunks(&self, background: ArrayView2<'_, f64>, n_pairs: usize) -> Vec<Chunk> {
        let n = background.nrows();
        let length = self.size.min(n);
        let slots = if self.is_fixed { 1 } else { (self.size / length).clamp(1, n_pairs.max(1)) };
        let padded = if self.is_fixed { self.size } else { 0 };
        let of = |first: usize| {
            let n_new = length.min(n - first);
            let numbers: Vec<usize> = (0..n_new.max(padded)).map(|i| first + i.min(n_new - 1)).collect();
            let rows = background.select(Axis(0), &numbers);
            Chunk { rows, n_new, slots, is_last: first + n_new == n }
        };
        (0..n).step_by(length).map(of).collect()
    }
}

/// Some rows of the background, filled up where the network fixes the number of examples.
struct Chunk {
    rows: Array2<f64>,
    /// How many of the rows are no filling.
    n_new: usize,
    /// How many pairs of a row and an output meet them at once.
    slots: usize,
    is_last: bool,
}

impl Chunk {
    fn length(&self) -> usize {
        self.rows.nrows()
    }

    /// These rows, once for each slot.
    fn references(&self) -> Array2<f64> {
        let n = self.length();
        Array2::from_shape_fn((n * self.slots, self.rows.ncols()), |(i, j)| self.rows[[i % n, j]])
    }

    /// The row of each slot, once for each of these rows.
    fn repeated<'r>(&self, row: impl Fn(usize) -> ndarray::ArrayView1<'r, f64>) -> Array2<f64> {
        let n = self.length();
        let mut all = Array2::zeros((n * self.slots, self.rows.ncols()));
        for (i, mut out) in all.rows_mut().into_iter().enumerate() {
            out.assign(&row(i / n));
        }
        all
    }
}

/// Sums over the background, of values and of their squares.
struct Sums {
    values: Array3<f64>,
    squares: Array3<f64>,
}

impl Sums {
    fn new(shape: (usize, usize, usize)) -> Self {
        Self { values: Array3::zeros(shape), squares: Array3::zeros(shape) }
    }

    fn add(&mut self, row: usize, output: usize, shares: ArrayView1<'_, f64>) {
        for (feature, share) in shares.iter().enumerate() {
            self.values[[row, feature, output]] += share;
            self.squares[[row, feature, output]] += share * share;
        }
    }

    /// The error of the mean over n rows as a sample of more; `None` of one row, which says nothing of it.
    fn standard_error(&self, n: usize) -> Option<Array3<f64>> {
        if n < 2 {
            return None;
        }
        let count = n as f64;
        let mut errors = self.squares.clone();
        errors.zip_mut_with(&self.values, |square, sum| {
            let variance = (*square - sum * sum / count).max(0.0) / (count - 1.0);
            *square = (variance / count).sqrt();
        });
        Some(errors)
    }
}
