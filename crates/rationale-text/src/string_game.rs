//! A text as a game for a model that takes texts and not tokens: an outside program, an interface over a network.

use std::ops::Range;

use ndarray::{Array2, ArrayView1, ArrayView2};
use rationale_core::{Error, Game};

/// A model of texts: outputs `[text, output]`.
type Model<'a> = dyn Fn(&[String]) -> Result<Array2<f64>, Error> + Send + Sync + 'a;

/// A text as a game whose players are its words; an absent word is replaced by a filler, which may be empty.
///
/// ```
/// use ndarray::{Array2, array};
/// use rationale_core::Game;
/// use rationale_text::{StringGame, words};
///
/// let lengths = |texts: &[String]| Ok(Array2::from_shape_fn((texts.len(), 1), |(row, _)| texts[row].len() as f64));
/// let text = "not good";
/// let game = StringGame::new(&lengths, text, &words(text), "");
/// assert_eq!(game.value(array![[true, true], [false, true]].view())?, array![[8.0], [5.0]]);
/// # Ok::<(), rationale_core::Error>(())
/// ```
pub struct StringGame<'a> {
    model: &'a Model<'a>,
    text: &'a str,
    words: Vec<Range<usize>>,
    filler: &'a str,
}

impl<'a> StringGame<'a> {
    /// Takes a model, a text, its words in order, and what stands for an absent one.
    pub fn new(model: &'a Model<'a>, text: &'a str, words: &[Range<usize>], filler: &'a str) -> Self {
        Self { model, text, words: words.to_vec(), filler }
    }

    /// The text with only some words; what stands between them stays.
    fn with_only(&self, present: ArrayView1<'_, bool>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut end = 0;
        for (word, is_there) in self.words.iter().zip(present) {
            text.push_str(&self.text[end..word.start]);
            text.push_str(if *is_there { &self.text[word.clone()] } else { self.filler });
            end = word.end;
        }
        text + &self.text[end..]
    }
}

impl Game for StringGame<'_> {
    fn n_players(&self) -> usize {
        self.words.len()
    }

    fn value(&self, coalitions: ArrayView2<'_, bool>) -> Result<Array2<f64>, Error> {
        let texts: Vec<String> = coalitions.rows().into_iter().map(|it| self.with_only(it)).collect();
        (self.model)(&texts)
    }
}
