//! What can go wrong with texts.

use std::io;

/// An error of tokenizers, texts and the networks that read them. The offending value is inside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read at all.
    #[error("`{file}` cannot be read: {source}")]
    Read {
        /// The path.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The bytes are no tokenizer.
    #[error("this is no tokenizer.json that can be read: {message}")]
    Tokenizer {
        /// What the reader said.
        message: String,
    },
    /// The tokenizer fails on a text.
    #[error("the tokenizer fails on this text: {message}")]
    Encode {
        /// What it said.
        message: String,
    },
    /// A text of nothing but spaces, or of nothing.
    #[error("the text has no words (it is {length} bytes long)")]
    NoWords {
        /// The text's length in bytes.
        length: usize,
    },
    /// More tokens than the network takes.
    #[error(
        "the text has {n_tokens} tokens, but the network takes {limit} at most: shorten the text, or have it cut"
    )]
    TooLong {
        /// How many tokens the text has.
        n_tokens: usize,
        /// How many the network takes.
        limit: usize,
    },
    /// The tokenizer gives ids that the network does not know.
    #[error(
        "the tokenizer does not fit the network: it has ids up to {highest} (`{token}`), but the network's table of \
         embeddings has {n_rows} rows (ids 0 to {})", n_rows.saturating_sub(1)
    )]
    Vocabulary {
        /// The tokenizer's highest id.
        highest: u32,
        /// Its token.
        token: String,
        /// How many ids the network knows.
        n_rows: usize,
    },
    /// The network takes something that no text gives.
    #[error(
        "a text is no input of this network: {what}; it takes {inputs}, and needed is one input of whole numbers for the ids \
         of tokens ({{batch, token}}), beside it an attention mask, token types or positions"
    )]
    Inputs {
        /// What is wrong.
        what: String,
        /// The network's inputs.
        inputs: String,
    },
    /// The network's answer is not one row a text.
    #[error(
        "the network's first output has shape {actual:?}, but one row of classes a text is needed: [{n_texts}, class]"
    )]
    Output {
        /// How many texts there were.
        n_texts: usize,
        /// The output's shape.
        actual: Vec<usize>,
    },
    /// A setting that makes no sense.
    #[error("{setting} is {value}, but must be {range}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What was given.
        value: usize,
        /// What would be right.
        range: &'static str,
    },
    /// The network fails.
    #[error("the network fails on a text of {n_tokens} tokens: {source}")]
    Network {
        /// How many tokens.
        n_tokens: usize,
        /// What it said.
        source: rationale_tensor::Error,
    },
}

impl From<Error> for rationale_core::Error {
    fn from(error: Error) -> Self {
        Self::model(error)
    }
}
