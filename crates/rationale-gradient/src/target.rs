//! What of a network's output is explained.

use rationale_tensor::{Error as RunError, Tensor};

use crate::Error;

/// Which number is explained, example by example.
///
/// ```
/// use rationale_gradient::{OutputTarget, Score};
///
/// let target = OutputTarget::element(281).with_score(Score::Softmax);
/// assert_eq!(target.describe(), "element 281 of output 0, as softmax");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputTarget {
    output: usize,
    element: OutputElement,
    score: Score,
}

/// Which element of an example's output, flattened in row-major order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutputElement {
    /// The largest, example by example; the first one among equals.
    #[default]
    Predicted,
    /// One for all examples.
    One(usize),
    /// One for each example.
    Each(Vec<usize>),
}

/// What number stands for an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Score {
    /// The output as it is: the logit, where the network does not end in a softmax.
    #[default]
    Logit,
    /// The softmax over dimension 1, that of the classes in outputs `[example, class, ..]`.
    Softmax,
}

impl OutputTarget {
    /// The largest element of the first output.
    pub fn predicted() -> Self {
        Self::default()
    }

    /// An element of the first output, for all examples.
    pub fn element(element: usize) -> Self {
        Self::from_element(OutputElement::One(element))
    }

    /// An element of the first output for each example.
    pub fn each(elements: Vec<usize>) -> Self {
        Self::from_element(OutputElement::Each(elements))
    }

    fn from_element(element: OutputElement) -> Self {
        Self { element, ..Self::default() }
    }

    /// Which of the network's outputs; the first unless said otherwise.
    pub fn with_output(mut self, output: usize) -> Self {
        self.output = output;
        self
    }

    /// What number stands for the element; the output as it is unless said otherwise.
    pub fn with_score(mut self, score: Score) -> Self {
        self.score = score;
        self
    }

    /// In words, for the evidence.
    pub fn describe(&self) -> String {
        let element = match &self.element {
            OutputElement::Predicted => "the largest element".to_owned(),
            OutputElement::One(element) => format!("element {element}"),
            OutputElement::Each(elements) => format!("elements {elements:?}"),
        };
        format!("{element} of output {}, as {}", self.output, self.score.name())
    }

    /// The output meant among all of a run, of `n` examples: what fills up a batch is cut off.
    pub(crate) fn output(&self, outputs: &[Tensor], n: usize) -> Result<Tensor, Error> {
        let available = outputs.len();
        let missing = || rationale_core::Error::Target { asked: self.output, available };
        let output = outputs.get(self.output).ok_or_else(missing)?;
        let refused = |expected, actual| Err(Error::Output { output: self.output, expected, actual });
        match output.shape().first() {
            _ if output.kind() != rationale_tensor::Kind::Float => {
                refused("a floating-point output", format!("of {} elements", output.element()))
            }
            Some(&length) if length > n && n > 0 => Ok(output.narrow(0, 0, n)?),
            Some(&length) if length == n && output.len() >= n => Ok(output.clone()),
            _ => refused(
                "[example, ..] with as many examples as went in",
                format!("of shape {:?}", output.shape()),
            ),
        }
    }

    /// The element meant for each example of these outputs, of which the first is example `first`.
    pub(crate) fn elements(&self, output: &Tensor, first: usize) -> Result<Vec<usize>, Error> {
        let n = output.shape()[0];
        let available = output.len() / n.max(1);
        let elements = match &self.element {
            OutputElement::Predicted => output.reshape(&[n, available])?.top_class()?,
            OutputElement::One(element) => vec![*element; n],
            OutputElement::Each(elements) => {
                elements.get(first..first + n).map(<[usize]>::to_vec).ok_or(Error::Count {
                    what: "elements of the output",
                    n_given: elements.len(),
                    needed: first + n,
                })?
            }
        };
        match elements.iter().find(|it| **it >= available) {
            Some(&asked) => Err(rationale_core::Error::Target { asked, available }.into()),
            None => Ok(elements),
        }
    }

    /// The numbers `[example]` that are explained, for these elements.
    pub(crate) fn scores(&self, output: &Tensor, elements: &[usize]) -> Result<Tensor, RunError> {
        let n = elements.len();
        let scored = match self.score {
            Score::Logit => output.clone(),
            Score::Softmax => output.softmax(1)?,
        };
        let elements = elements.iter().map(|it| *it as i64).collect();
        let elements = Tensor::from_vec(elements, &[n, 1], &output.device())?;
        scored.reshape(&[n, output.len() / n.max(1)])?.gather(1, &elements)?.reshape(&[n])
    }
}

impl Score {
    fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Softmax => "softmax",
        }
    }
}
