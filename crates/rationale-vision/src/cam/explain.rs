//! The pipeline that the whole family shares.

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use rationale_core::{Evidence, Progress, Seed};
use rationale_tensor::{Error as RunError, Network, Tensor};

use super::component::{first_component, kernel_component};
use super::full_grad::full_gradient;
use super::layer::{Layer, LayerLayout};
use super::look::{Look, Place, look};
use super::maps::{LayerMaps, Maps};
use super::method::{CamMethod, Reduction};
use super::objective::Objective;
use super::passes::Passes;
use super::scale::{joined, scaled};
use super::target::{CamTarget, Score};
use crate::Error;

/// Which layers are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Layers {
    /// The last one that still holds a picture, found in a run; the evidence says which.
    #[default]
    Last,
    /// These, by the names of their values or nodes. Their maps are averaged.
    Named(Vec<String>),
}

/// How a map is made smoother. pytorch-grad-cam calls the two ways `aug_smooth` and `eigen_smooth`; off by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Smoothing {
    /// Not at all.
    #[default]
    None,
    /// The mean over six variants of the picture: mirrored or not, times 0.9, 1 and 1.1.
    Augmented,
    /// The first component of the weighted activations in the place of their sum.
    FirstComponent,
    /// Both.
    Both,
}

/// Whether what speaks against the target is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// Negative values become 0, as in the papers.
    #[default]
    Positive,
    /// Both signs are kept, and a map is in [-1, 1].
    Both,
}

/// An explainer of the family of class activation maps.
///
/// ```
/// use rationale_core::Seed;
/// use rationale_vision::{CamMethod, CamTarget, ClassActivation};
///
/// let explainer = ClassActivation::new(CamMethod::ScoreCam)
///     .with_layer("layer4")
///     .with_target(CamTarget::Class(281))
///     .with_batch_size(8)
///     .with_seed(Seed::new(7));
/// // explainer.explain(&network, &pictures, &Silent) gives maps [picture, row, column] in [0, 1].
/// # let _ = explainer;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassActivation {
    pub(super) method: CamMethod,
    pub(super) layers: Layers,
    pub(super) layout: Option<LayerLayout>,
    pub(super) target: CamTarget,
    pub(super) score: Score,
    pub(super) smoothing: Smoothing,
    pub(super) sign: Sign,
    pub(super) batch_size: usize,
    pub(super) output: usize,
    pub(super) seed: Seed,
}

impl Layers {
    pub(super) fn names(&self) -> &[String] {
        match self {
            Self::Last => &[],
            Self::Named(names) => names,
        }
    }
}

impl Sign {
    fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Both => "both",
        }
    }
}

impl Smoothing {
    fn augments(self) -> bool {
        matches!(self, Self::Augmented | Self::Both)
    }

    fn projects(self) -> bool {
        matches!(self, Self::FirstComponent | Self::Both)
    }

    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Augmented => "augmented",
            Self::FirstComponent => "first component",
            Self::Both => "augmented, first component",
        }
    }
}

/// The factors of the six variants, and whether they are mirrored; pytorch-grad-cam's.
const VARIANTS: [(bool, f64); 6] =
    [(false, 0.9), (false, 1.0), (false, 1.1), (true, 0.9), (true, 1.0), (true, 1.1)];

impl ClassActivation {
    /// An explainer by this method, of the predicted class's logit at the last layer.
    pub fn new(method: CamMethod) -> Self {
        Self {
            method,
            layers: Layers::Last,
            layout: None,
            target: CamTarget::Predicted,
            score: Score::Logit,
            smoothing: Smoothing::None,
            sign: Sign::Positive,
            batch_size: 2,
            output: 0,
            seed: Seed::default(),
        }
    }

    /// Looks at the layer of this name, and at those named before.
    pub fn with_layer(mut self, name: &str) -> Self {
        match &mut self.layers {
            Layers::Last => self.layers = Layers::Named(vec![name.to_owned()]),
            Layers::Named(names) => names.push(name.to_owned()),
        }
        self
    }

    /// Looks at these layers.
    pub fn with_layers(mut self, layers: Layers) -> Self {
        self.layers = layers;
        self
    }

    /// How the layers hold the picture, where it must not be inferred from their shapes.
    pub fn with_layout(mut self, layout: LayerLayout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// What of the output is explained.
    pub fn with_target(mut self, target: CamTarget) -> Self {
        self.target = target;
        self
    }

    /// What number stands for a class.
    pub fn with_score(mut self, score: Score) -> Self {
        self.score = score;
        self
    }

    /// How the maps are made smoother.
    pub fn with_smoothing(mut self, smoothing: Smoothing) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// Whether negative values are kept.
    pub fn with_sign(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }

    /// So many pictures, masked pictures or ablated values go through the network at once; 2 unless said otherwise, where
    /// pytorch-grad-cam's Score-CAM takes 16: on a processor small batches are quicker, since every pass of a large one pays
    /// for its memory anew. It bounds the memory. A file that fixes the number overrides it.
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size.max(1);
        self
    }

    /// Which of the network's outputs holds the classes; the first unless said otherwise.
    pub fn with_output(mut self, index: usize) -> Self {
        self.output = index;
        self
    }

    /// The seed of what is random.
    pub fn with_seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The method.
    pub fn method(&self) -> CamMethod {
        self.method
    }

    /// Explains pictures `[picture, channel, row, column]`, prepared as the network wants them. A unit of progress is
    /// one picture's way through the network or through the part behind the layer.
    pub fn explain(
        &self,
        network: &dyn Network,
        pictures: &Tensor,
        progress: &dyn Progress,
    ) -> Result<Maps, Error> {
        let _span = tracing::debug_span!("class activation map", method = self.method.name()).entered();
        let passes = Passes::new(network, pictures, self.batch_size, self.output, progress)?;
        self.check()?;
        let pictures = Self::prepared(&passes, pictures)?;
        let n = pictures.shape()[0];
        let mut parts: Vec<Part> = Vec::new();
        for first in (0..n).step_by(passes.batch_size()) {
            let batch = pictures.narrow(0, first, n.min(first + passes.batch_size()))?;
            let known = parts.first().map(Part::layers);
            parts.push(self.explain_batch(&passes, &batch, first, known.as_deref())?);
        }
        self.assemble(&passes, parts)
    }

    /// The pictures in the type and on the device of the network.
    pub(super) fn prepared(passes: &Passes<'_>, pictures: &Tensor) -> Result<Tensor, Error> {
        let interface = passes.interface();
        let pictures =
            interface.inputs.first().map_or(Ok(pictures.clone()), |it| pictures.cast(it.element))?;
        Ok(pictures.to_device(&interface.device))
    }

    /// What is accepted is not ignored.
    fn check(&self) -> Result<(), Error> {
        let refused = |problem| Err(Error::Combination { method: self.method.name(), problem });
        match self.method {
            CamMethod::FullGrad if self.layers != Layers::Last || self.layout.is_some() => {
                refused("looks at every layer, so that none can be chosen")
            }
            CamMethod::FullGrad if self.smoothing.projects() => refused(
                "has no weighted activations, so that no first component can be taken; take augmented smoothing",
            ),
            CamMethod::FinerCam { .. } if !self.target.is_one_class() => {
                refused("compares one class with those most like it, so that the target must be one class")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn resolve(&self, output: &Tensor, first: usize) -> Result<Objective, Error> {
        let objective = self.target.resolve(output, self.score, first)?;
        match self.method {
            CamMethod::FinerCam { alpha, n_similar } => objective.against_rivals(output, alpha, n_similar),
            _ => Ok(objective),
        }
    }

    fn explain_batch(
        &self,
        passes: &Passes<'_>,
        pictures: &Tensor,
        first: usize,
        known: Option<&[Layer]>,
    ) -> Result<Part, Error> {
        let mut part = self.view(passes, pictures, first, known, None)?;
        if self.smoothing.augments() {
            part.maps = self.mean_over_variants(passes, pictures, first, &part)?;
        }
        Ok(part)
    }

    /// The maps of pictures as they are: at layers and for targets that are known already, or to be found.
    fn view(
        &self,
        passes: &Passes<'_>,
        pictures: &Tensor,
        first: usize,
        known: Option<&[Layer]>,
        objectives: Option<&[Objective]>,
    ) -> Result<Part, Error> {
        if self.method == CamMethod::FullGrad {
            return self.full_gradients(passes, pictures, first, objectives);
        }
        let objective = objectives.and_then(<[Objective]>::first);
        let look = look(self, passes, pictures, first, known, objective)?;
        self.part(passes, pictures, &look, first)
    }

    /// FullGrad takes one picture at a time: it keeps something of every layer.
    fn full_gradients(
        &self,
        passes: &Passes<'_>,
        pictures: &Tensor,
        first: usize,
        objectives: Option<&[Objective]>,
    ) -> Result<Part, Error> {
        let mut part = Part::default();
        let (mut maps, mut outputs) = (Vec::new(), Vec::new());
        for index in 0..pictures.shape()[0] {
            let resolve = |output: &Tensor| match objectives.and_then(|it| it.get(index)) {
                Some(objective) => Ok(objective.clone()),
                None => self.resolve(output, first + index),
            };
            let found = full_gradient(passes, &pictures.narrow(0, index, index + 1)?, &resolve)?;
            maps.push(found.map);
            outputs.push(found.output);
            part.targets.extend(found.objective.classes());
            part.objectives.push(found.objective);
            part.gap = Some(part.gap.unwrap_or(0.0).max(found.gap));
        }
        part.maps = stacked(&maps)?;
        part.logits = logits(&Tensor::concat(&outputs, 0)?)?;
        Ok(part)
    }

    /// The variants are explained at the same layers and for the same classes as the picture itself.
    fn mean_over_variants(
        &self,
        passes: &Passes<'_>,
        pictures: &Tensor,
        first: usize,
        plain: &Part,
    ) -> Result<Array3<f64>, Error> {
        let layers = plain.layers();
        let mut sum = Array3::zeros(plain.maps.raw_dim());
        for (is_mirrored, factor) in VARIANTS {
            if !is_mirrored && factor == 1.0 {
                sum += &plain.maps;
                continue;
            }
            let variant = if is_mirrored { pictures.flip(passes.axes().column)? } else { pictures.clone() };
            let variant = variant.mul_number(factor)?;
            let mut maps = self.view(passes, &variant, first, Some(&layers), Some(&plain.objectives))?.maps;
            if is_mirrored {
                maps.invert_axis(Axis(2));
            }
            sum += &maps;
        }
        Ok(sum / VARIANTS.len() as f64)
    }

    fn part(&self, passes: &Passes<'_>, pictures: &Tensor, look: &Look, first: usize) -> Result<Part, Error> {
        let n = pictures.shape()[0];
        let mut layers: Vec<LayerPart> = look.seen.iter().map(|it| LayerPart::new(&it.layer)).collect();
        let mut maps = Vec::new();
        for index in 0..n {
            let mut of_layers = Vec::new();
            for (layer_index, layer) in layers.iter_mut().enumerate() {
                let place = Place { settings: self, passes, pictures, look, layer_index, index, first };
                let raw = self.raw(&place, layer)?;
                of_layers.push(scaled(raw.view(), passes.axes().size, self.sign)?);
                layer.raw.push(raw);
            }
            maps.push(joined(&of_layers, passes.axes().size, self.sign)?);
        }
        Ok(Part {
            maps: stacked(&maps)?,
            layers,
            targets: look.objective.classes().to_vec(),
            objectives: vec![look.objective.clone()],
            logits: logits(&look.output)?,
            gap: None,
        })
    }

    /// The map of one picture at one layer.
    fn raw(&self, place: &Place<'_>, layer: &mut LayerPart) -> Result<Array2<f64>, Error> {
        let weights = self.method.weights(place)?;
        let weighted = weights.times(place.activation());
        layer.weights.extend(weights.channels().cloned());
        match self.method.reduction() {
            Reduction::KernelComponent => kernel_component(weighted.view()),
            Reduction::Sum if !self.smoothing.projects() => Ok(weighted.sum_axis(Axis(0))),
            _ => Ok(first_component(weighted.view())),
        }
    }

    fn assemble(&self, passes: &Passes<'_>, parts: Vec<Part>) -> Result<Maps, Error> {
        let layers = parts.first().map(Part::layers).unwrap_or_default();
        let views: Vec<_> = parts.iter().map(|it| it.maps.view()).collect();
        let maps = joined_along(&views)?;
        let views: Vec<_> = parts.iter().map(|it| it.logits.view()).collect();
        let logits = joined_along(&views)?;
        let targets = parts.iter().flat_map(|it| it.targets.iter().copied()).collect();
        let mut evidence = self.evidence(passes, &layers);
        evidence.completeness_gap = parts.iter().filter_map(|it| it.gap).reduce(f64::max);
        let mut found: Vec<LayerPart> = layers.iter().map(LayerPart::new).collect();
        for part in parts {
            for (all, of_part) in found.iter_mut().zip(part.layers) {
                all.raw.extend(of_part.raw);
                all.weights.extend(of_part.weights);
            }
        }
        let layers = found.into_iter().map(LayerPart::finished).collect::<Result<_, _>>()?;
        Ok(Maps { maps, layers, targets, logits, evidence })
    }

    fn evidence(&self, passes: &Passes<'_>, layers: &[Layer]) -> Evidence {
        let layers: Vec<_> = layers.iter().map(Layer::describe).collect();
        let evidence = Evidence::new(self.method.name(), passes.interface().device.name())
            .with_parameter("layer", layers.join("; ").as_str())
            .with_parameter("target", self.target.describe().as_str())
            .with_parameter("score", self.score.name())
            .with_parameter("sign", self.sign.name())
            .with_parameter("smoothing", self.smoothing.name())
            .with_parameter("batch_size", passes.batch_size())
            .with_parameter("caveat", Maps::CAVEAT)
            .with_model_calls(passes.calls());
        match (self.method, passes.error()) {
            (CamMethod::Random, _) => evidence.with_seed(self.seed),
            (CamMethod::ShapleyCam { step }, error) => {
                evidence.with_parameter("hvp_step", step).with_parameter("hvp_error", error.unwrap_or(0.0))
            }
            (CamMethod::FinerCam { alpha, n_similar }, _) => {
                evidence.with_parameter("alpha", alpha).with_parameter("n_similar", n_similar)
            }
            _ => evidence,
        }
    }
}

/// The maps of one batch.
#[derive(Default)]
struct Part {
    maps: Array3<f64>,
    layers: Vec<LayerPart>,
    targets: Vec<usize>,
    /// What is explained: of the batch, or of each picture where they are taken one by one.
    objectives: Vec<Objective>,
    logits: Array2<f64>,
    gap: Option<f64>,
}

impl Part {
    fn layers(&self) -> Vec<Layer> {
        self.layers.iter().map(|it| it.layer.clone()).collect()
    }
}

/// The maps of some pictures at one layer.
struct LayerPart {
    layer: Layer,
    raw: Vec<Array2<f64>>,
    weights: Vec<Array1<f64>>,
}

impl LayerPart {
    fn new(layer: &Layer) -> Self {
        Self { layer: layer.clone(), raw: Vec::new(), weights: Vec::new() }
    }

    fn finished(self) -> Result<LayerMaps, Error> {
        let rows: Vec<ArrayView2<'_, f64>> =
            self.weights.iter().map(|it| it.view().insert_axis(Axis(0))).collect();
        let weights = if rows.is_empty() { None } else { Some(joined_along(&rows)?) };
        Ok(LayerMaps { raw: stacked(&self.raw)?, weights, layer: self.layer })
    }
}

fn stacked(maps: &[Array2<f64>]) -> Result<Array3<f64>, Error> {
    let views: Vec<_> = maps.iter().map(Array2::view).collect();
    ndarray::stack(Axis(0), &views).map_err(|error| unequal(&error))
}

fn joined_along<D: ndarray::RemoveAxis>(
    views: &[ndarray::ArrayView<'_, f64, D>],
) -> Result<ndarray::Array<f64, D>, Error> {
    ndarray::concatenate(Axis(0), views).map_err(|error| unequal(&error))
}

/// Pictures of one batch have one shape, so this does not happen with a network that keeps to its interface.
fn unequal(error: &ndarray::ShapeError) -> Error {
    RunError::Inputs {
        expected: "values of one shape for all pictures".to_owned(),
        actual: error.to_string(),
    }
    .into()
}

fn logits(output: &Tensor) -> Result<Array2<f64>, Error> {
    let shape = output.shape();
    let (n, classes) = (shape[0], shape.get(1).copied().unwrap_or(1));
    let n_positions = output.len() / (n * classes).max(1);
    let values = output.reshape(&[n, classes, n_positions])?.mean(2)?.to_f64s()?;
    Array2::from_shape_vec((n, classes), values).map_err(|error| unequal(&error))
}
