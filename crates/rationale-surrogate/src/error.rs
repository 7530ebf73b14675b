//! What can go wrong when a model is asked about a neighbourhood.

/// Why an explanation cannot be given as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    /// An array has another size than the columns, the picture or the text ask for.
    #[error("{what} has {actual} {unit}, but {expected} are needed")]
    Size {
        /// Which array.
        what: &'static str,
        /// What is counted.
        unit: &'static str,
        /// The number that would be right.
        expected: usize,
        /// The number that was given.
        actual: usize,
    },
    /// Two columns have one name.
    #[error("the columns {first} and {second} are both called `{name}`; names must differ")]
    DuplicateColumn {
        /// The name.
        name: String,
        /// The column that has it first, counted from 0.
        first: usize,
        /// The column that has it again.
        second: usize,
    },
    /// A value is not a code of its categorical column.
    #[error("{what}, row {row}, holds {value} in the column `{column}`, which has the codes 0 to {last}")]
    Code {
        /// Which rows.
        what: &'static str,
        /// The row, counted from 0.
        row: usize,
        /// The column's name.
        column: String,
        /// The value.
        value: f64,
        /// The largest code.
        last: usize,
    },
    /// A text is neither a number nor a category of its column.
    #[error("the column `{column}` has no value `{text}`; {expected}")]
    Cell {
        /// The column's name.
        column: String,
        /// The text.
        text: String,
        /// What would be right.
        expected: String,
    },
    /// A number that must be finite is not.
    #[error("{what}, position {at}, is {value}; only finite values can be explained")]
    Infinite {
        /// Which array.
        what: &'static str,
        /// The position in row-major order, counted from 0.
        at: usize,
        /// The value.
        value: f64,
    },
    /// The model answered with something that is no number.
    #[error(
        "the model answered {value} for output {output} of sample {sample}; it must give finite numbers for every \
         input near the one explained, missing values included"
    )]
    Answer {
        /// The sample, counted from 0; sample 0 is the input itself.
        sample: usize,
        /// The output, counted from 0.
        output: usize,
        /// What it answered.
        value: f64,
    },
    /// The model answered another number of rows than it was asked about.
    #[error("the model gave {actual} answers to {expected} inputs")]
    Answers {
        /// How many inputs it was asked about.
        expected: usize,
        /// How many answers came.
        actual: usize,
    },
    /// An entropy discretisation needs a class for each training row.
    #[error("{n_labels} labels were given for {n_rows} training rows; entropy needs one for each row")]
    Labels {
        /// How many labels.
        n_labels: usize,
        /// How many rows.
        n_rows: usize,
    },
    /// A text without any word.
    #[error("the text has no words to remove (it is {length} bytes long)")]
    NoWords {
        /// Its length.
        length: usize,
    },
    /// The vocabulary's own error.
    #[error(transparent)]
    Core(#[from] rationale_core::Error),
}

impl Error {
    /// As the vocabulary's error, which [`rationale_core::Explain`] gives.
    pub(crate) fn of_method(self, method: &'static str) -> rationale_core::Error {
        match self {
            Self::Core(error) => error,
            error => rationale_core::Error::method(method, error),
        }
    }
}
