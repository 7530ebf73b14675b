//! Texts for explanations: tokens and where they stand, words, texts as networks take them, and texts as games.
//!
//! ```
//! use rationale_text::{Tokenizer, words};
//!
//! let file = r###"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
//!     "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null, "model": {"type": "WordPiece",
//!     "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
//!     "vocab": {"[UNK]": 0, "good": 1, "un": 2, "##like": 3, "##ly": 4}}}"###;
//! let tokenizer = Tokenizer::from_bytes(file.as_bytes())?;
//! let text = "Unlikely good";
//! let encoded = tokenizer.encode(text)?;
//! assert_eq!(encoded.ids(), [2, 3, 4, 1]);
//!
//! // What tokens say is summed into words.
//! let words = words(text);
//! let merged = encoded.merge(&[0.5, 0.25, 0.25, -2.0], &words);
//! assert_eq!(merged.of_words, [1.0, -2.0]);
//! # Ok::<(), rationale_text::Error>(())
//! ```
//!
//! | to | take |
//! |---|---|
//! | read `tokenizer.json` and encode a text | [`Tokenizer`], [`Encoded`] |
//! | find the words of a text, in any script | [`words()`] |
//! | find out which input of a network takes what | [`Inputs`] |
//! | ask a network about tokens | [`TextNetwork`] |
//! | let LIME, Shapley values and occlusion ask about words | [`TextGame`], [`StringGame`] |
//!
//! # Should I be using this crate?
//!
//! Take it to explain a network that reads. It knows no method of explanation: a [`TextGame`] is a
//! [`Game`](rationale_core::Game), which `rationale-shapley` and `rationale-surrogate` explain.

mod encoded;
mod error;
mod game;
mod inputs;
mod network;
mod string_game;
mod tokenizer;
mod word;

pub use encoded::{Encoded, Merged};
pub use error::Error;
pub use game::{Absent, TextGame};
pub use inputs::{Inputs, Role};
pub use network::{Scale, Sequence, TextNetwork};
pub use string_game::StringGame;
pub use tokenizer::Tokenizer;
pub use word::words;
