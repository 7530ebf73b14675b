//! A text as a game whose players are its words or tokens.
//!
//! ```text
//! value(S) = f(tokens of the words in S, the others' tokens hidden or cut out)
//! ```
//!
//! | symbol | name here | unit |
//! |---|---|---|
//! | S | coalition | words |
//! | f | [`TextNetwork`] | the output's own |
//!
//! **Holds**: with every word present the tokens are the text's own, to the last one. A word without tokens (one that the
//! tokenizer drops, or that was cut off) changes nothing, so every method that is fair gives it 0.
//! **Costs**: one pass a different coalition.
//! **Departs**: shap's `Text` masker joins hidden words next to each other into one mask token and encodes the text
//! anew; here each token is hidden in its place, so positions stay.

use ndarray::{Array2, ArrayView1, ArrayView2};
use rationale_core::{Error as CoreError, Game};

use crate::{Encoded, Error, Sequence, TextNetwork};

/// What stands where a word is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// A token for each that is hidden; the others keep their places.
    Masked {
        /// Its id.
        id: u32,
        /// Its spelling.
        token: String,
    },
    /// Nothing: the others move together.
    Cut,
}

impl Absent {
    /// In words, for evidence.
    pub fn words(&self) -> String {
        match self {
            Self::Masked { token, .. } => format!("each token of an absent word is {token}"),
            Self::Cut => "the tokens of absent words are cut out".to_owned(),
        }
    }
}

/// A text as a game; its players are words, tokens, or any groups of tokens.
pub struct TextGame<'a> {
    network: &'a TextNetwork<'a>,
    whole: Sequence,
    /// The player of each token; tokens of none are always there.
    players: Vec<Option<usize>>,
    n_players: usize,
    absent: Absent,
}

impl<'a> TextGame<'a> {
    /// A game of groups of tokens. A token of two groups belongs to the last one.
    pub fn new(
        network: &'a TextNetwork<'a>,
        encoded: &Encoded,
        groups: &[Vec<usize>],
        absent: Absent,
    ) -> Result<Self, Error> {
        network.check_length(encoded.len())?;
        let mut players = vec![None; encoded.len()];
        for (player, tokens) in groups.iter().enumerate() {
            tokens.iter().filter(|it| **it < encoded.len()).for_each(|token| players[*token] = Some(player));
        }
        Ok(Self { network, whole: Sequence::of(encoded), players, n_players: groups.len(), absent })
    }

    /// A game of each token that the tokenizer did not add.
    pub fn of_tokens(network: &'a TextNetwork<'a>, encoded: &Encoded, absent: Absent) -> Result<Self, Error> {
        let own = (0..encoded.len()).filter(|token| !encoded.is_special()[*token]);
        Self::new(network, encoded, &own.map(|token| vec![token]).collect::<Vec<_>>(), absent)
    }

    /// The tokens with only some players.
    fn with_only(&self, present: ArrayView1<'_, bool>) -> Sequence {
        let mut kept = Sequence::new(Vec::new());
        let tokens = self.whole.ids.iter().zip(&self.whole.type_ids).zip(&self.players);
        for ((&id, &type_id), player) in tokens {
            let is_there = player.is_none_or(|player| present[player]);
            let id = match &self.absent {
                _ if is_there => id,
                Absent::Masked { id, .. } => *id,
                Absent::Cut => continue,
            };
            kept.ids.push(id);
            kept.type_ids.push(type_id);
        }
        kept
    }
}

impl Game for TextGame<'_> {
    fn n_players(&self) -> usize {
        self.n_players
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, CoreError> {
        let texts: Vec<Sequence> = coalitions.rows().into_iter().map(|it| self.with_only(it)).collect();
        Ok(self.network.answers(&texts)?)
    }
}

#[cfg(test)]
#[cfg(feature = "flex")]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::network::tests::sums;
    use crate::tokenizer::tests::tokenizer;
    use crate::words;

    fn check(absent: Absent, expected: &Array2<f64>) {
        let (network, text) = (sums(), "Unlikely good");
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let encoded = tokenizer().encode(text).unwrap();
        let groups = encoded.tokens_of_words(&words(text));
        let game = TextGame::new(&network, &encoded, &groups, absent).unwrap();
        let coalitions = array![[true, true], [false, true], [true, false], [false, false]];
        assert_eq!(&game.value(coalitions.view()).unwrap(), expected);
    }

    #[test]
    fn hidden_words_leave_their_places() {
        // [CLS] 2, un 7, ##like 8, ##ly 9, good 5, [SEP] 3; [MASK] is 4.
        let masked = Absent::Masked { id: 4, token: "[MASK]".to_owned() };
        check(masked, &array![[34.0, 6.0], [22.0, 6.0], [33.0, 6.0], [21.0, 6.0]]);
    }

    #[test]
    fn words_that_are_cut_out_leave_none() {
        check(Absent::Cut, &array![[34.0, 6.0], [10.0, 3.0], [29.0, 5.0], [5.0, 2.0]]);
    }

    #[test]
    fn tokens_are_players_too_and_those_that_the_tokenizer_adds_are_not() {
        let network = sums();
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let encoded = tokenizer().encode("Unlikely good").unwrap();
        let game = TextGame::of_tokens(&network, &encoded, Absent::Cut).unwrap();
        assert_eq!(game.n_players(), 4);
        let nobody = Array2::from_elem((1, 4), false);
        assert_eq!(game.value(nobody.view()).unwrap(), array![[5.0, 2.0]]);
    }

    #[test]
    fn a_text_over_the_limit_is_refused_before_the_game() {
        let network = sums();
        let network = TextNetwork::new(&network, &tokenizer()).unwrap();
        let encoded = tokenizer().encode("good good good good good good good").unwrap();
        let game = TextGame::of_tokens(&network, &encoded, Absent::Cut);
        assert!(matches!(game.err(), Some(Error::TooLong { n_tokens: 9, limit: 8 })));
    }
}
