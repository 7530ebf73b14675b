//! What a network answers, in words.

use rationale::vision::Labels;

use crate::failure::Usage;

/// How many classes are shown.
pub(super) const SHOWN: usize = 5;

/// The outputs of one picture, and their names where they are known.
pub(super) struct Answer {
    pub(super) probabilities: Vec<f64>,
    labels: Option<Labels>,
}

impl Answer {
    /// Takes logits, or probabilities as they are.
    pub(super) fn new(outputs: &[f64], labels: Option<Labels>) -> Self {
        Self { probabilities: probabilities(outputs), labels }
    }

    pub(super) fn name(&self, class: usize) -> String {
        let named = self.labels.as_ref().and_then(|it| it.name(class));
        named.map_or_else(|| format!("class {class}"), |it| it.split(',').next().unwrap_or(it).to_owned())
    }

    /// The classes with the largest probabilities, best first.
    pub(super) fn best(&self) -> Vec<(String, f64)> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|a, b| self.probabilities[*b].total_cmp(&self.probabilities[*a]));
        order.into_iter().take(SHOWN).map(|class| (self.name(class), self.probabilities[class])).collect()
    }
}

fn probabilities(outputs: &[f64]) -> Vec<f64> {
    let sum: f64 = outputs.iter().sum();
    if outputs.iter().all(|it| (0.0..=1.0).contains(it)) && (sum - 1.0).abs() < 1e-3 {
        return outputs.to_vec();
    }
    let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = outputs.iter().map(|it| (it - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|it| it / total).collect()
}

/// The class that a text means: its number, or its name.
pub(super) fn class(text: &str, labels: Option<&Labels>, n_classes: usize) -> anyhow::Result<usize> {
    if let Ok(number) = text.parse::<usize>() {
        if number < n_classes {
            return Ok(number);
        }
        return Err(Usage::new(format!(
            "class {number} was asked for, but there are {n_classes} (counted from 0)"
        ))
        .into());
    }
    let Some(labels) = labels else {
        return Err(Usage::new(format!(
            "`{text}`: the outputs have no names; give a number, or names with --labels"
        ))
        .into());
    };
    match labels.find(text)[..] {
        [found] => Ok(found),
        [] => Err(Usage::new(format!("no output is called `{text}`")).into()),
        ref several => {
            Err(Usage::new(format!("`{text}` is the name of several outputs: give one of {several:?}"))
                .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_become_probabilities_and_probabilities_stay() {
        assert_eq!(probabilities(&[0.25, 0.75]), [0.25, 0.75]);
        let of_logits = probabilities(&[0.0, 3.0_f64.ln()]);
        assert!((of_logits[1] - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_class_is_a_number_or_a_name() {
        let labels = Labels::new(vec!["tabby, tabby cat".into(), "crane".into(), "crane".into()]);
        assert_eq!(class("Tabby Cat", Some(&labels), 3).unwrap(), 0);
        assert_eq!(class("2", None, 3).unwrap(), 2);
        for (text, expected) in [("crane", "[1, 2]"), ("dog", "no output"), ("3", "there are 3")] {
            let message = class(text, Some(&labels), 3).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
