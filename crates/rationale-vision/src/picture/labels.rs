//! The names of a network's outputs.

use std::collections::BTreeMap;

use crate::Error;

/// One name an output, in order.
///
/// ```
/// use rationale_vision::Labels;
///
/// let labels = Labels::parse("tench, Tinca tinca\ngoldfish\n")?;
/// assert_eq!(labels.name(1), Some("goldfish"));
/// assert_eq!(labels.find("Tench"), [0]);
/// // A network with one output more than there are labels has "background" before them.
/// assert_eq!(labels.for_outputs(3)?.name(0), Some("background"));
/// # Ok::<(), rationale_vision::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(Vec<String>);

impl Labels {
    /// These names.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// A JSON list of names, a JSON object from "0", "1" and so on to names, or one name a line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.trim_start().starts_with('{') {
            return numbered(serde_json::from_str(text)?);
        }
        if text.trim_start().starts_with('[') {
            return Ok(Self(serde_json::from_str(text)?));
        }
        Ok(Self(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()))
    }

    /// For a network with this many outputs: as they are, or after "background" where there is one output more.
    pub fn for_outputs(&self, n_outputs: usize) -> Result<Self, Error> {
        let n_labels = self.0.len();
        if n_outputs == n_labels {
            return Ok(self.clone());
        }
        if n_outputs == n_labels + 1 {
            return Ok(Self(
                [String::from("background")].into_iter().chain(self.0.iter().cloned()).collect(),
            ));
        }
        Err(Error::Labels { n_labels, n_outputs })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of an output.
    pub fn name(&self, output: usize) -> Option<&str> {
        self.0.get(output).map(String::as_str)
    }

    /// The outputs with this name, or with this one among the names that commas separate; capitals do not count. More
    /// than one where a list names two things alike, as ImageNet's does with its cranes.
    pub fn find(&self, name: &str) -> Vec<usize> {
        let wanted = name.trim().to_lowercase();
        let is_it = |label: &str| {
            let label = label.to_lowercase();
            label == wanted || label.split(',').any(|one| one.trim() == wanted)
        };
        (0..self.0.len()).filter(|output| is_it(&self.0[*output])).collect()
    }
}

/// The numbers must run from 0 without a gap.
fn numbered(names: BTreeMap<usize, String>) -> Result<Labels, Error> {
    match names.keys().enumerate().find(|(position, number)| position != *number) {
        Some((position, &number)) => Err(Error::Unnumbered { position, number }),
        None => Ok(Labels(names.into_values().collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_lines_are_read_alike() {
        assert_eq!(Labels::parse("[\"a\", \"b\"]").unwrap(), Labels::parse("a\r\nb\r\n").unwrap());
        let numbered = Labels::parse(r#"{"1": "b", "0": "a"}"#).unwrap();
        assert_eq!(numbered, Labels::parse("a\nb").unwrap());
        assert!(Labels::parse("[1, 2]").is_err());
        let gap = Labels::parse(r#"{"0": "a", "2": "b"}"#).unwrap_err().to_string();
        assert_eq!(gap, "the labels are numbered with gaps: number 2 stands where 1 is due");
    }

    #[test]
    fn names_that_occur_twice_are_all_found() {
        let labels = Labels::parse("crane\nheron\ncrane, hoist").unwrap();
        assert_eq!((labels.find("crane"), labels.find("stork")), (vec![0, 2], vec![]));
    }

    #[test]
    fn a_wrong_number_of_outputs_is_refused() {
        let error = Labels::parse("a\nb").unwrap().for_outputs(4).unwrap_err();
        assert_eq!(error.to_string(), "there are 2 labels, but the network has 4 outputs");
    }
}
