//! What an audit asks for scores: trees that it can look into, or any model that answers.

use std::fmt;
use std::sync::Arc;

use ndarray::{Array1, ArrayView2};
use rationale_core::{Background, Fingerprint, Predict, checked_answers};
use rationale_tabular::Encoder;
use rationale_trees::Link;

use crate::explainer::{Asked, Explainer};
use crate::model::output_of;
use crate::{Error, ScoringModel, Source, Unit};

/// A model that answers and shows nothing of its inside: an outside program, a network.
#[derive(Clone)]
pub struct AnsweringModel {
    model: Arc<dyn Predict>,
    encoder: Encoder,
    output_names: Vec<String>,
    source: Source,
    fingerprint: Option<Fingerprint>,
}

impl AnsweringModel {
    /// A model that gives one score an output name for rows that the encoder makes.
    pub fn new(model: Arc<dyn Predict>, encoder: Encoder, output_names: Vec<String>) -> Self {
        Self { model, encoder, output_names, source: Source::default(), fingerprint: None }
    }

    /// Says where it comes from.
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Says what identifies it.
    pub fn with_fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.fingerprint = Some(fingerprint);
        self
    }
}

impl fmt::Debug for AnsweringModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnsweringModel").field("output_names", &self.output_names).finish_non_exhaustive()
    }
}

/// The model of an audit.
#[derive(Debug, Clone)]
pub enum Scorer {
    /// Trees: their values are exact.
    Trees(ScoringModel),
    /// A model that only answers: its values are sampled.
    Answers(AnsweringModel),
}

impl From<ScoringModel> for Scorer {
    fn from(model: ScoringModel) -> Self {
        Self::Trees(model)
    }
}

impl From<AnsweringModel> for Scorer {
    fn from(model: AnsweringModel) -> Self {
        Self::Answers(model)
    }
}

impl Scorer {
    /// The encoder.
    pub fn encoder(&self) -> &Encoder {
        match self {
            Self::Trees(model) => model.encoder(),
            Self::Answers(model) => &model.encoder,
        }
    }

    /// Where it comes from.
    pub fn source(&self) -> &Source {
        match self {
            Self::Trees(model) => model.source(),
            Self::Answers(model) => &model.source,
        }
    }

    /// The names of its outputs.
    pub fn output_names(&self) -> &[String] {
        match self {
            Self::Trees(model) => model.trees().output_names(),
            Self::Answers(model) => &model.output_names,
        }
    }

    /// How many trees it has; none where it only answers.
    pub fn n_trees(&self) -> Option<usize> {
        match self {
            Self::Trees(model) => Some(model.trees().trees().len()),
            Self::Answers(_) => None,
        }
    }

    /// In what its attributions are counted.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Answers(_) => Unit::Score,
            Self::Trees(model) => match model.trees().link() {
                Link::Identity => Unit::Score,
                Link::Logistic => Unit::LogOdds,
                _ => Unit::Margin,
            },
        }
    }

    /// Scores `[row]` of encoded rows `[row, feature]`: one output, after the link.
    pub fn scores(&self, rows: ArrayView2<'_, f64>, output: usize) -> Result<Array1<f64>, Error> {
        match self {
            Self::Trees(model) => model.scores(rows, output),
            Self::Answers(model) => {
                let n_outputs = Some(model.output_names.len());
                let answers = checked_answers(model.model.as_ref(), rows, n_outputs)?;
                Ok(answers.column(output).to_owned())
            }
        }
    }

    /// The output of this name; where no name is given, the one called `favourable`, or the only one.
    pub fn output(&self, name: Option<&str>, favourable: Option<&str>) -> Result<usize, Error> {
        output_of(self.output_names(), name, favourable)
    }

    /// How many rows of the reference are taken where nobody says.
    pub(crate) fn usual_reference_rows(&self) -> usize {
        match self {
            Self::Trees(_) => crate::REFERENCE_ROWS,
            Self::Answers(_) => crate::ASKED_REFERENCE_ROWS,
        }
    }

    /// What explains it against a reference.
    pub(crate) fn explainer(&self, reference: &Background, asked: Asked) -> Result<Explainer, Error> {
        match self {
            Self::Trees(model) => Explainer::of_trees(model.trees(), reference, asked),
            Self::Answers(model) => {
                Ok(Explainer::of_answers(Arc::clone(&model.model), model.fingerprint, reference, asked.seed))
            }
        }
    }
}
