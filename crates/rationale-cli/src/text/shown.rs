//! Words and their values on a terminal and as JSON, and how far methods agree.

use std::ops::Range;

use rationale::metrics::FullEvidence;
use rationale::{Attributions, json};
use serde_json::{Value, json};

use crate::evaluate::{document, sentences};

/// A text, what the network says of it, and what each method says of its words.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) words: Vec<Range<usize>>,
    /// Classes and the network's output for each.
    pub(super) outputs: Vec<(String, f64)>,
    pub(super) target: usize,
    pub(super) n_cut: usize,
    pub(super) found: Vec<(&'static str, Attributions)>,
    /// What the network itself says of each, where that was asked for.
    pub(super) full: Vec<FullEvidence>,
}

/// What must be known to read any of these values.
pub(super) const CAUTION: &str = "A value says how much a word adds to this network's output, compared with the text without \
                                  it; it says nothing of what lies outside the network.";

impl Shown {
    pub(super) fn headline(&self) -> String {
        let (class, output) = &self.outputs[self.target];
        let (best, _) =
            self.outputs.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(("", 0.0), |it| (&it.0, it.1));
        format!("the network says `{best}`; explained is `{class}` ({output:.3})")
    }

    /// The values of a method's words, and its largest magnitude.
    pub(super) fn values(attributions: &Attributions) -> (Vec<f64>, f64) {
        let values = attributions.row(0, 0).to_vec();
        let largest = values.iter().fold(0.0, |most: f64, it| most.max(it.abs()));
        (values, largest)
    }

    /// For a terminal: the text with its words coloured, then the words with the largest values.
    pub(super) fn terminal(&self, coloured: bool, top: usize) -> String {
        let mut lines = vec![self.headline()];
        if self.n_cut > 0 {
            lines.push(format!("the last {} tokens were cut: the network takes no more", self.n_cut));
        }
        for (place, (method, attributions)) in self.found.iter().enumerate() {
            let (values, largest) = Self::values(attributions);
            let gap = attributions.completeness_gap();
            lines.push(format!("{method} (base {:.3}, gap {gap:.1e})", attributions.base_values()[[0, 0]]));
            if coloured {
                lines.push(self.painted(&values, largest));
            }
            lines.extend(self.table(attributions, top));
            lines.extend(self.sentences(place).into_iter().map(|it| format!("  {it}")));
        }
        lines.extend(self.agreement_table());
        lines.join("\n")
    }

    /// What the network says of one method's values.
    pub(super) fn sentences(&self, place: usize) -> Vec<String> {
        self.full.get(place).map(sentences).unwrap_or_default()
    }

    fn painted(&self, values: &[f64], largest: f64) -> String {
        let (mut text, mut end) = (String::new(), 0);
        for (word, value) in self.words.iter().zip(values) {
            text.push_str(&plain(&self.text[end..word.start]));
            let strength = if largest > 0.0 { value.abs() / largest } else { 0.0 };
            let colour = if *value > 0.0 { [194, 65, 12] } else { [25, 113, 194] };
            let word_text = plain(&self.text[word.clone()]);
            if strength < 0.1 {
                text.push_str(&word_text);
            } else {
                let [r, g, b] = colour.map(|it| (f64::from(it) * (0.35 + 0.65 * strength)).round());
                let painted = format!("\u{1b}[48;2;{r};{g};{b}m\u{1b}[97m{word_text}\u{1b}[0m");
                text.push_str(&painted);
            }
            end = word.end;
        }
        text + &plain(&self.text[end..])
    }

    fn table(&self, attributions: &Attributions, top: usize) -> Vec<String> {
        let rows = ranked(attributions);
        let line = |row: &Ranked| {
            let word = plain(&self.text[self.words[row.word].clone()]);
            let error = row.error.map_or_else(String::new, |it| format!(" +- {it:.3}"));
            let tie = if row.is_tied { "  (its place before the next could be chance)" } else { "" };
            format!("  {:+.3}{error}  {word}{tie}", row.value)
        };
        let mut lines: Vec<String> = rows.iter().take(top).map(line).collect();
        if rows.len() > top {
            lines.push(format!("  ... {} more words", rows.len() - top));
        }
        lines
    }

    fn agreement_table(&self) -> Vec<String> {
        if self.found.len() < 2 {
            return Vec::new();
        }
        let width = self.found.iter().map(|it| it.0.len()).max().unwrap_or(0);
        let mut lines = vec!["Agreement (Kendall's tau-b of words; 1 is the same order)".to_owned()];
        for ((method, _), row) in self.found.iter().zip(self.agreement()) {
            let cells: Vec<String> = row.iter().map(|it| format!("{it:6.2}")).collect();
            lines.push(format!("{method:width$} {}", cells.join(" ")));
        }
        lines
    }

    pub(super) fn agreement(&self) -> Vec<Vec<f64>> {
        let values: Vec<Vec<f64>> = self.found.iter().map(|(_, it)| Self::values(it).0).collect();
        values.iter().map(|a| values.iter().map(|b| kendall(a, b)).collect()).collect()
    }

    pub(super) fn json(&self) -> Value {
        let word =
            |it: &Range<usize>| json!({"word": self.text[it.clone()], "start": it.start, "end": it.end});
        let of_method = |(place, (method, it)): (usize, &(&str, Attributions))| {
            let values: Value = serde_json::from_str(&json::attributions(it)).unwrap_or_default();
            let mut explanation = json!({"method": method, "attributions": values});
            if let Some(full) = self.full.get(place) {
                explanation["full"] = document(full);
            }
            explanation
        };
        let outputs: serde_json::Map<String, Value> =
            self.outputs.iter().map(|(class, value)| (class.clone(), (*value).into())).collect();
        json!({
            "text": self.text,
            "words": self.words.iter().map(word).collect::<Vec<_>>(),
            "outputs": outputs,
            "target": self.outputs[self.target].0,
            "tokens_cut": self.n_cut,
            "explanations": self.found.iter().enumerate().map(of_method).collect::<Vec<_>>(),
            "kendall": self.agreement(),
            "note": CAUTION,
        })
    }
}

/// A word at its rank.
pub(super) struct Ranked {
    pub(super) word: usize,
    pub(super) value: f64,
    pub(super) error: Option<f64>,
    /// Whether it cannot be told from the next one.
    pub(super) is_tied: bool,
}

/// Words by falling magnitude.
pub(super) fn ranked(attributions: &Attributions) -> Vec<Ranked> {
    let values = attributions.row(0, 0);
    let evidence = attributions.evidence();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].abs().total_cmp(&values[*a].abs()));
    let one = |(rank, word): (usize, usize)| Ranked {
        word,
        value: values[word],
        error: evidence.standard_error.as_ref().map(|it| it[[0, word, 0]]),
        is_tied: evidence.separable.as_ref().is_some_and(|it| it.get([0, rank, 0]) == Some(&false)),
    };
    order.into_iter().enumerate().map(one).collect()
}

/// Without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' { '\u{fffd}' } else { it }).collect()
}

/// Kendall's tau-b (Kendall 1945); 0 where either does not vary.
fn kendall(a: &[f64], b: &[f64]) -> f64 {
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let sign = |it: &[f64]| if it[i] == it[j] { 0.0 } else { (it[i] - it[j]).signum() };
            let (x, y): (f64, f64) = (sign(a), sign(b));
            both += x * y;
            of_a += x.abs();
            of_b += y.abs();
        }
    }
    let scale = f64::sqrt(of_a * of_b);
    if scale > 0.0 { both / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kendall_is_known_by_hand() {
        assert_eq!(kendall(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 1.0);
        assert_eq!(kendall(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        // Two of three pairs agree, one does not.
        assert!((kendall(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(kendall(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn a_terminal_is_told_nothing_that_it_would_obey() {
        assert_eq!(plain("a\u{1b}[31mb"), "a\u{fffd}[31mb");
    }
}
