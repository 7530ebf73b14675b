//! Small open data sets, embedded in the program.
//!
//! Sources, licences and what is known to be wrong with the data stand in `SOURCES.md` beside this crate.
//!
//! ```
//! let header = rationale_datasets::GERMAN_CREDIT.lines().next();
//! assert!(header.is_some_and(|names| names.ends_with(",creditability")));
//! ```

/// German Credit (UCI Statlog): 1000 loan applications as CSV with a header, 20 attributes and the outcome
/// `creditability`, which is `good` or `bad`. Licence CC BY 4.0.
pub const GERMAN_CREDIT: &str = include_str!("../data/german_credit.csv");

/// ImageNet: the names of the 1000 classes of ILSVRC 2012, one a line, synonyms separated by commas.
///
/// ```
/// let name = rationale_datasets::IMAGENET_LABELS.lines().nth(285);
/// assert_eq!(name, Some("Egyptian cat"));
/// ```
pub const IMAGENET_LABELS: &str = include_str!("../data/imagenet_labels.txt");

/// MobileNet v1 (1.0, 224 pixels) by Google, trained on ImageNet, as an ONNX file whose weights are stored in half
/// precision: input `[N, 3, 224, 224]` from -1 to 1, output 1001 logits, of which the first is "background". Licence
/// Apache-2.0.
pub const MOBILENET: &[u8] = include_bytes!("../data/mobilenet_v1.onnx");

/// A photograph of a cat, 451 x 300 pixels, as PNG. Public domain (CC0).
pub const CHELSEA: &[u8] = include_bytes!("../data/chelsea.png");

/// A small network that tells positive from negative sentences about films, trained by this project, as an ONNX file whose
/// weights are stored in half precision: inputs `input_ids` and `attention_mask` `[N, token]`, at most 256 tokens, output
/// two logits, negative and positive. Its tokenizer is [`SENTIMENT_TOKENIZER`].
pub const SENTIMENT: &[u8] = include_bytes!("../data/sentiment.onnx");

/// The tokenizer of [`SENTIMENT`], as a `tokenizer.json`.
pub const SENTIMENT_TOKENIZER: &str = include_str!("../data/sentiment_tokenizer.json");

/// A small network for [`GERMAN_CREDIT`], trained by this project on the 700 rows from which the demo's forest learns, as an
/// ONNX file: input `[N, feature]` one-hot encoded by the schema in its metadata, output two logits, bad and good.
pub const GERMAN_CREDIT_NETWORK: &[u8] = include_bytes!("../data/german_credit.onnx");
