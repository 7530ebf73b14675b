//! What can be wrong with a question about an explanation.

/// Why an explanation cannot be judged as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A metric needs something that the case does not have.
    #[error("{metric} needs {what}; give it with {with}")]
    Missing {
        /// The metric.
        metric: &'static str,
        /// What it needs.
        what: &'static str,
        /// The method that hands it over.
        with: &'static str,
    },
    /// An array has another length than its neighbours ask for.
    #[error("{what} has {actual} values, but {expected} are needed")]
    Length {
        /// Which array.
        what: &'static str,
        /// The length that would be right.
        expected: usize,
        /// The length that was given.
        actual: usize,
    },
    /// A number that must be finite is not.
    #[error("{what} holds {value} at position {at}; only finite numbers can be judged")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// The position, counted from 0.
        at: usize,
        /// The value.
        value: f64,
    },
    /// Something that must hold at least one element holds none.
    #[error("{what} is empty; at least one is needed")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// A setting is out of its range.
    #[error("{setting} is {value}, but must be {range}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What it was set to.
        value: f64,
        /// What would be right.
        range: &'static str,
    },
    /// A part of the input is named by two groups, or by none.
    #[error("player {player} is in {times} groups; each player must be in one")]
    Groups {
        /// The player.
        player: usize,
        /// How many groups name it.
        times: usize,
    },
    /// A group names a player that does not exist.
    #[error("a group names player {player}, but there are {available} (counted from 0)")]
    Player {
        /// The player.
        player: usize,
        /// How many there are.
        available: usize,
    },
    /// A box has no pixel in the picture.
    #[error(
        "the box from column {left}, row {top} to column {right}, row {bottom} has no pixel in a picture of {width} x {height}"
    )]
    Box {
        /// Its first column.
        left: f64,
        /// Its first row.
        top: f64,
        /// Where its columns end.
        right: f64,
        /// Where its rows end.
        bottom: f64,
        /// The picture's width.
        width: usize,
        /// The picture's height.
        height: usize,
    },
    /// The model answered another number of rows than it was asked about.
    #[error("the model gave {actual} answers to {expected} questions")]
    Answers {
        /// How many it was asked.
        expected: usize,
        /// How many answers came.
        actual: usize,
    },
    /// The budget does not reach for one case of the cheapest metric.
    #[error(
        "a budget of {budget} model calls is too small for any metric asked for; the smallest that works is {smallest} ({metric}, one row)"
    )]
    Budget {
        /// The budget.
        budget: u64,
        /// What the cheapest metric costs.
        smallest: u64,
        /// That metric.
        metric: &'static str,
    },
    /// The vocabulary's own error: of the model or of the explainer.
    #[error(transparent)]
    Core(#[from] rationale_core::Error),
}

/// Fails where a number is not finite.
pub(crate) fn check_finite<'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), Error> {
    match values.into_iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, &value)) => Err(Error::NotFinite { what, at, value }),
        None => Ok(()),
    }
}

/// Fails where a length is not as needed.
pub(crate) fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::Length { what, expected, actual }) }
}

/// Fails where a setting is out of its range.
pub(crate) fn check_setting(
    setting: &'static str,
    value: f64,
    is_right: bool,
    range: &'static str,
) -> Result<(), Error> {
    if is_right { Ok(()) } else { Err(Error::Setting { setting, value, range }) }
}
