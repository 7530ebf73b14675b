//! A text as tokens, and from tokens back to words.

use std::ops::Range;

/// A text as tokens: their ids, and where in the text they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub(crate) ids: Vec<u32>,
    pub(crate) type_ids: Vec<u32>,
    pub(crate) tokens: Vec<String>,
    pub(crate) spans: Vec<Range<usize>>,
    pub(crate) is_special: Vec<bool>,
}

/// What tokens say, summed into words.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The sum over each word's tokens; 0 for a word that has none.
    pub of_words: Vec<f64>,
    /// The sum over tokens that stand for no word: those that the tokenizer adds, and spaces.
    pub of_others: f64,
}

impl Encoded {
    /// The tokens' ids.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Which of several texts a token belongs to; 0 where there is one.
    pub fn type_ids(&self) -> &[u32] {
        &self.type_ids
    }

    /// The tokens as the vocabulary spells them.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Where each token stands, as bytes of the text; empty for one that the tokenizer added.
    pub fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// Which tokens the tokenizer added (`[CLS]`, `</s>`).
    pub fn is_special(&self) -> &[bool] {
        &self.is_special
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The word of each token: the one of which it covers most bytes, the first among equals. None for special tokens and
    /// for spaces.
    pub fn words_of_tokens(&self, words: &[Range<usize>]) -> Vec<Option<usize>> {
        let place =
            |(span, special): (&Range<usize>, &bool)| if *special { None } else { word_of(span, words) };
        self.spans.iter().zip(&self.is_special).map(place).collect()
    }

    /// The tokens of each word. A word may have none: where the tokenizer drops it, or the text was cut.
    pub fn tokens_of_words(&self, words: &[Range<usize>]) -> Vec<Vec<usize>> {
        let mut found = vec![Vec::new(); words.len()];
        for (token, word) in self.words_of_tokens(words).into_iter().enumerate() {
            if let Some(word) = word {
                found[word].push(token);
            }
        }
        found
    }

    /// Sums values of tokens into words. Tokens beyond the values count as 0.
    pub fn merge(&self, of_tokens: &[f64], words: &[Range<usize>]) -> Merged {
        let mut merged = Merged { of_words: vec![0.0; words.len()], of_others: 0.0 };
        for (word, value) in self.words_of_tokens(words).into_iter().zip(of_tokens) {
            match word {
                Some(word) => merged.of_words[word] += value,
                None => merged.of_others += value,
            }
        }
        merged
    }

    /// At most `limit` tokens, and how many were cut: the last ones that the tokenizer did not add go first.
    pub fn cut_to(&self, limit: usize) -> (Self, usize) {
        let n_cut = self.len().saturating_sub(limit);
        let mut keep = vec![true; self.len()];
        let own = (0..self.len()).rev().filter(|token| !self.is_special[*token]);
        let special = (0..self.len()).rev().filter(|token| self.is_special[*token]);
        own.chain(special).take(n_cut).for_each(|token| keep[token] = false);
        (self.select(&keep), n_cut)
    }

    fn select(&self, keep: &[bool]) -> Self {
        fn kept<T: Clone>(list: &[T], keep: &[bool]) -> Vec<T> {
            list.iter().zip(keep).filter(|(_, keep)| **keep).map(|(it, _)| it.clone()).collect()
        }
        Self {
            ids: kept(&self.ids, keep),
            type_ids: kept(&self.type_ids, keep),
            tokens: kept(&self.tokens, keep),
            spans: kept(&self.spans, keep),
            is_special: kept(&self.is_special, keep),
        }
    }
}

/// Words stand in order and apart, so those that a span meets lie together.
fn word_of(span: &Range<usize>, words: &[Range<usize>]) -> Option<usize> {
    let first = words.partition_point(|word| word.end <= span.start);
    let met = words[first..].iter().take_while(|word| word.start < span.end);
    let shared = met.map(|word| word.end.min(span.end) - word.start.max(span.start));
    let mut best: Option<(usize, usize)> = None;
    for (word, n_bytes) in shared.enumerate() {
        if best.is_none_or(|(_, most)| n_bytes > most) {
            best = Some((first + word, n_bytes));
        }
    }
    best.map(|(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[CLS] un ##like ly_go od [SEP]` of `unlikely good`, one token across the space.
    fn encoded() -> Encoded {
        let spans = vec![0..0, 0..2, 2..6, 6..11, 11..13, 0..0];
        Encoded {
            ids: vec![1, 2, 3, 4, 5, 6],
            type_ids: vec![0; 6],
            tokens: vec![String::new(); 6],
            is_special: vec![true, false, false, false, false, true],
            spans,
        }
    }

    #[test]
    fn a_token_belongs_to_the_word_it_covers_most_of() {
        let words = [0..8, 9..13];
        assert_eq!(encoded().words_of_tokens(&words), [None, Some(0), Some(0), Some(0), Some(1), None]);
        assert_eq!(encoded().tokens_of_words(&words), [vec![1, 2, 3], vec![4]]);
    }

    #[test]
    fn nothing_is_lost_when_tokens_are_merged() {
        let merged = encoded().merge(&[10.0, 1.0, 2.0, 3.0, 4.0, 20.0], &[0..8, 9..13]);
        assert_eq!((merged.of_words, merged.of_others), (vec![6.0, 4.0], 30.0));
    }

    #[test]
    fn a_cut_text_keeps_what_the_tokenizer_adds() {
        let (cut, n_cut) = encoded().cut_to(4);
        assert_eq!((cut.ids(), n_cut), (&[1, 2, 3, 6][..], 2));
        assert_eq!(encoded().cut_to(6), (encoded(), 0));
        assert_eq!(encoded().cut_to(1).0.ids(), [1]);
    }

    #[test]
    fn ten_thousand_words_are_merged_at_once() {
        let n = 10_000;
        let spans: Vec<Range<usize>> = (0..n).map(|i| 2 * i..2 * i + 1).collect();
        let encoded = Encoded {
            ids: vec![0; n],
            type_ids: vec![0; n],
            tokens: vec![String::new(); n],
            is_special: vec![false; n],
            spans: spans.clone(),
        };
        assert_eq!(encoded.merge(&vec![1.0; n], &spans).of_words, vec![1.0; n]);
    }
}
