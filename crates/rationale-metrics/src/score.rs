//! What a metric says of one case: a number, or that there is nothing to measure.

/// A metric's answer about one case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Score {
    /// The number.
    Value(f64),
    /// There is nothing to measure, and why. It counts neither for nor against an explanation.
    NoSignal(NoSignal),
}

/// Why there is nothing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoSignal {
    /// The model gave one answer to everything it was asked: any order of features is as good as any other.
    ConstantModel,
    /// All attributions are one value: they put the features into no order.
    ConstantAttribution,
    /// All attributions are 0, or none is above 0 where the metric looks at positive ones only.
    NothingAttributed,
    /// The region is the whole input or none of it.
    NoRegion,
    /// No neighbour of the input keeps the predicted class.
    NoNeighbour,
    /// No two features are interchangeable.
    NoPair,
    /// No other row has an explanation like this one.
    NoPeer,
    /// The prediction is 0, or another number by which nothing can be divided.
    NoScale,
}

impl NoSignal {
    /// The reason in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ConstantModel => "the model gives one answer to everything it was asked",
            Self::ConstantAttribution => "all attributions are equal",
            Self::NothingAttributed => "nothing is attributed to anything",
            Self::NoRegion => "the region is the whole input or none of it",
            Self::NoNeighbour => "no neighbour of the input keeps its class",
            Self::NoPair => "no two features are interchangeable",
            Self::NoPeer => "no other row is explained alike",
            Self::NoScale => "there is nothing to divide by",
        }
    }
}

impl Score {
    /// The number, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::NoSignal(_) => None,
        }
    }

    /// A quotient; no signal where the divisor is 0.
    pub(crate) fn ratio(numerator: f64, divisor: f64, otherwise: NoSignal) -> Self {
        if divisor == 0.0 { Self::NoSignal(otherwise) } else { Self::Value(numerator / divisor) }
    }

    /// A number that may not exist.
    pub(crate) fn of(value: Option<f64>, otherwise: NoSignal) -> Self {
        value.map_or(Self::NoSignal(otherwise), Self::Value)
    }
}
