//! What can go wrong when Shapley values are estimated from a model's answers.

/// Why a model cannot be explained as asked, by its answers alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Every coalition would have to be asked about.
    #[error(
        "{n_players} players have 2^{n_players} coalitions, and at most {most} players are enumerated; join features into \
         groups, or take kernel-shap or permutation-shap, which sample"
    )]
    TooManyPlayers {
        /// How many players the game has.
        n_players: usize,
        /// How many there may be.
        most: usize,
    },
    /// Fewer samples than there are unknowns.
    #[error(
        "{n_players} players need at least {needed} samples, and {samples} were allowed; raise the number of samples, or \
         join features into groups"
    )]
    TooFewSamples {
        /// How many players the game has.
        n_players: usize,
        /// The number that was set.
        samples: usize,
        /// The smallest number that works.
        needed: usize,
    },
    /// A number of samples or a tolerance that means nothing.
    #[error("{what} is {given}, but {needed} is needed")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What was given.
        given: f64,
        /// What would be right.
        needed: &'static str,
    },
    /// Coalitions that do not determine the values.
    #[error(
        "the {n_coalitions} coalitions do not determine the values of {n_players} players: the equations have no single \
         solution; give more, or more varied, coalitions"
    )]
    Underdetermined {
        /// How many coalitions were given.
        n_coalitions: usize,
        /// How many players the game has.
        n_players: usize,
    },
    /// Arrays that do not belong together.
    #[error("{what} has length {actual}, but {expected} is needed")]
    Length {
        /// Which array.
        what: &'static str,
        /// The length that would be right.
        expected: usize,
        /// The length that was given.
        actual: usize,
    },
    /// A merge of a feature tree names what is not there, or what was merged before.
    #[error(
        "merge {merge} of the feature tree joins {left} and {right}; each must be a player or an earlier merge, below \
         {available}, and may be joined once"
    )]
    Merge {
        /// The merge, counted from 0.
        merge: usize,
        /// Its first part.
        left: usize,
        /// Its second part.
        right: usize,
        /// The number of players and earlier merges.
        available: usize,
    },
    /// A covariance that a conditional expectation cannot be taken from.
    #[error(
        "the covariance of features {features:?} is singular: they determine each other; leave one of them out, or take \
         independent values"
    )]
    Collinear {
        /// The features.
        features: Vec<usize>,
    },
}

impl Error {
    /// As an error of the vocabulary, under the method's name.
    pub(crate) fn of(self, method: &'static str) -> rationale_core::Error {
        rationale_core::Error::method(method, self)
    }
}
