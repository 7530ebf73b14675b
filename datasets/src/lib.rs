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
