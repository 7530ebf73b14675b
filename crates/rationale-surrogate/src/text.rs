//! LIME for texts: Ribeiro, Singh and Guestrin 2016, <https://arxiv.org/abs/1602.04938>, as in the Python library lime.
//!
//! ```text
//! draw how many words go, 1 to d, all sizes alike; then which;  z'_j = 1 where word j stays
//! w(z) = sqrt(exp(-D^2 / width^2)),  D = 100 (1 - cosine(z', 1)),  width = 25
//! ```
//!
//! | symbol | name here | unit |
//! |---|---|---|
//! | d | the number of words: different ones ([`Words::Bag`]) or places ([`Words::Positions`]) | words |
//! | z' | mask | 1 or 0 |
//!
//! **Holds**: a word that is removed is gone in every place (bag), or its place holds a filler (positions).
//! **Costs**: `n_samples` model calls, less those that are the same; memory samples x words x 8 bytes twice.
//! **Departs**: from lime 0.2.0.1 in nothing that can be seen but its filler: words are runs of letters, digits and
//! `_`; what stands between them stays. A tokenizer of choice and lime's character mode are not offered.
//!
//! ```
//! use ndarray::Array2;
//! use rationale_core::Silent;
//! use rationale_surrogate::{LimeText, Words};
//!
//! let model = |texts: &[String]| {
//!     let score = |text: &String| f64::from(u8::from(text.contains("good")));
//!     Ok(Array2::from_shape_fn((texts.len(), 1), |(row, _)| score(&texts[row])))
//! };
//! let explained = LimeText::new(&model).explain("a good, good film", &Silent)?;
//! let terms = &explained.models[0].terms;
//! assert_eq!(terms[0].name, "good");
//! assert!(terms[0].coefficient > 0.9 && terms[1].coefficient.abs() < 0.05);
//! # Ok::<(), rationale_surrogate::Error>(())
//! ```

use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use rationale_core::{Draws, Error as CoreError, Fingerprint, Game, Progress};

use crate::engine::explain;
use crate::masks::{Draw, MaskNeighbours};
use crate::{Error, Explanation, Lime};

/// A model that reads: texts in, outputs `[text, output]` out. Any closure of that shape is one.
pub trait PredictText: Send + Sync {
    /// Outputs `[text, output]`; the same texts give the same outputs.
    fn predict(&self, texts: &[String]) -> Result<Array2<f64>, CoreError>;
}

impl<F> PredictText for F
where
    F: Fn(&[String]) -> Result<Array2<f64>, CoreError> + Send + Sync,
{
    fn predict(&self, texts: &[String]) -> Result<Array2<f64>, CoreError> {
        self(texts)
    }
}

/// What counts as one word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Words {
    /// The same word is one wherever it stands; it is removed everywhere. lime 0.2.0.1's default.
    #[default]
    Bag,
    /// Each place is a word of its own; what is removed leaves a filler, so that the others keep their places.
    Positions {
        /// What stands in its place; lime 0.2.0.1's is [`FILLER`].
        filler: String,
    },
}

/// The filler of lime 0.2.0.1.
pub const FILLER: &str = "UNKWORDZ";

/// LIME on one text.
pub struct LimeText<'a> {
    model: &'a dyn PredictText,
    words: Words,
    lime: Lime,
}

impl<'a> LimeText<'a> {
    /// Takes a model of texts.
    pub fn new(model: &'a dyn PredictText) -> Self {
        Self { model, words: Words::default(), lime: Lime::default() }
    }

    /// What counts as one word (a bag of words).
    pub fn with_words(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// The settings that all kinds of input share.
    pub fn with_lime(self, lime: Lime) -> Self {
        Self { lime, ..self }
    }

    /// Explains one text. Tells `progress` one unit for each sample answered.
    pub fn explain(&self, text: &str, progress: &dyn Progress) -> Result<Explanation, Error> {
        let game = TextGame::new(self.model, text, &self.words)?;
        let mut explanation = Self::explain_game(&game, game.names(), &self.lime, progress)?;
        let evidence = explanation.evidence.with_data(Fingerprint::of_bytes(text.as_bytes()));
        explanation.evidence = evidence.with_baseline("words removed from the text");
        Ok(explanation)
    }

    /// Explains a text that is a game of another kind, such as one over a network's tokens, whose players have these names.
    pub fn explain_game(
        game: &dyn Game,
        names: Vec<String>,
        lime: &Lime,
        progress: &dyn Progress,
    ) -> Result<Explanation, Error> {
        let (expected, actual) = (game.n_players(), names.len());
        if expected != actual {
            return Err(Error::Size { what: "the list of names", unit: "players", expected, actual });
        }
        let idle = vec![false; expected];
        let (draw, width, scale) = (Draw::Removing, 25.0, 100.0);
        explain(&MaskNeighbours { engine: "text", names, idle, game, draw, width, scale }, lime, 0, progress)
    }
}

/// A text as a game whose players are its words.
pub struct TextGame<'a> {
    model: &'a dyn PredictText,
    text: &'a str,
    filler: &'a str,
    players: Vec<Player>,
    /// Pieces of the text: a word's player, or none.
    pieces: Vec<(Range<usize>, Option<usize>)>,
}

struct Player {
    name: String,
    places: Vec<Range<usize>>,
}

impl<'a> TextGame<'a> {
    /// Takes a text with at least one word.
    pub fn new(model: &'a dyn PredictText, text: &'a str, words: &'a Words) -> Result<Self, Error> {
        let (filler, is_bag) = match words {
            Words::Bag => ("", true),
            Words::Positions { filler } => (filler.as_str(), false),
        };
        let mut game = Self { model, text, filler, players: Vec::new(), pieces: Vec::new() };
        let mut known = std::collections::BTreeMap::new();
        for (range, is_word) in pieces(text) {
            let player = is_word.then(|| {
                let word = &text[range.clone()];
                let new = game.players.len();
                let player = if is_bag { *known.entry(word).or_insert(new) } else { new };
                if player == new {
                    game.players.push(Player { name: word.to_owned(), places: Vec::new() });
                }
                game.players[player].places.push(range.clone());
                player
            });
            game.pieces.push((range, player));
        }
        if game.players.is_empty() {
            return Err(Error::NoWords { length: text.len() });
        }
        Ok(game)
    }

    /// The words, in the order in which they first stand.
    pub fn names(&self) -> Vec<String> {
        self.players.iter().map(|player| player.name.clone()).collect()
    }

    /// Where a word stands, as bytes of the text.
    pub fn places(&self, player: usize) -> &[Range<usize>] {
        self.players.get(player).map_or(&[], |player| &player.places)
    }

    /// The text with only some words.
    fn without(&self, present: ndarray::ArrayView1<'_, bool>) -> String {
        let piece = |(range, player): &(Range<usize>, Option<usize>)| match player {
            Some(player) if !present[*player] => self.filler,
            _ => &self.text[range.clone()],
        };
        self.pieces.iter().map(piece).collect()
    }
}

impl Game for TextGame<'_> {
    fn n_players(&self) -> usize {
        self.players.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, CoreError> {
        let texts: Vec<String> = coalitions.rows().into_iter().map(|present| self.without(present)).collect();
        self.model.predict(&texts)
    }
}

/// Runs of word characters and of others.
fn pieces(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut pieces: Vec<(Range<usize>, bool)> = Vec::new();
    for (start, letter) in text.char_indices() {
        let is_word = letter.is_alphanumeric() || letter == '_';
        let end = start + letter.len_utf8();
        match pieces.last_mut() {
            Some((range, last)) if *last == is_word => range.end = end,
            _ => pieces.push((start..end, is_word)),
        }
    }
    pieces
}

/// Removes between one word and all of them: each number alike, then each choice alike.
pub(crate) fn remove_some(draws: &mut Draws, present: &mut ndarray::ArrayViewMut1<'_, bool>) {
    let n = present.len();
    let n_removed = 1 + draws.below(n);
    let mut order: Vec<usize> = (0..n).collect();
    for position in 0..n_removed {
        let other = position + draws.below(n - position);
        order.swap(position, other);
        present[order[position]] = false;
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rationale_core::Seed;

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "the shape of a model")]
    fn lengths(texts: &[String]) -> Result<Array2<f64>, CoreError> {
        Ok(Array2::from_shape_fn((texts.len(), 1), |(row, _)| texts[row].len() as f64))
    }

    #[test]
    fn a_bag_loses_a_word_everywhere_and_positions_keep_places() {
        let bag = TextGame::new(&lengths, "no, no good", &Words::Bag).unwrap();
        assert_eq!(
            (bag.names(), bag.places(0)),
            (vec!["no".to_owned(), "good".to_owned()], &[0..2, 4..6][..])
        );
        assert_eq!(bag.without(array![false, true].view()), ",  good");
        let words = Words::Positions { filler: FILLER.to_owned() };
        let positions = TextGame::new(&lengths, "no, no good", &words).unwrap();
        assert_eq!(positions.without(array![true, false, true].view()), "no, UNKWORDZ good");
    }

    #[test]
    fn words_of_any_script_are_words() {
        let game = TextGame::new(&lengths, "caf\u{e9} \u{4f60}\u{597d}! x_1", &Words::Bag).unwrap();
        assert_eq!(game.names(), ["caf\u{e9}", "\u{4f60}\u{597d}", "x_1"]);
    }

    #[test]
    fn a_text_without_words_is_refused() {
        for text in ["", " ?! "] {
            let error =
                LimeText::new(&lengths).explain(text, &rationale_core::Silent).unwrap_err().to_string();
            assert_eq!(error, format!("the text has no words to remove (it is {} bytes long)", text.len()));
        }
    }

    #[test]
    fn every_number_of_words_is_removed_equally_often() {
        let mut counts = [0_u32; 5];
        for sample in 0..20_000 {
            let mut present = ndarray::Array1::from_elem(4, true);
            remove_some(&mut Seed::new(0).draws("text", 0, sample), &mut present.view_mut());
            counts[present.iter().filter(|it| !**it).count()] += 1;
        }
        assert!(
            counts[0] == 0 && counts[1..].iter().all(|count| (4_700..5_300).contains(count)),
            "{counts:?}"
        );
    }
}
