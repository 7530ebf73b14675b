//! Words and where they stand, by Unicode Standard Annex 29, <https://www.unicode.org/reports/tr29/#Word_Boundaries>.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// The words of a text as ranges of its bytes, in the text's order.
///
/// Words are those of Unicode's Annex 29, so `don't` is one, each ideograph is one, and an emoji with its modifiers is
/// one. What is neither letter nor digit is a word too, for networks read it: a comma, an exclamation mark; the same sign
/// several times in a row is one. Spaces belong to no word.
///
/// ```
/// let text = "Don't  go!!! \u{1f469}\u{200d}\u{1f680}";
/// let found: Vec<&str> = rationale_text::words(text).into_iter().map(|it| &text[it]).collect();
/// assert_eq!(found, ["Don't", "go", "!!!", "\u{1f469}\u{200d}\u{1f680}"]);
/// ```
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, word) in text.split_word_bound_indices().filter(|(_, word)| !is_space(word)) {
        let range = start..start + word.len();
        match found.last_mut() {
            Some(last) if last.end == start && is_repeated(&text[last.clone()], word) => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

fn is_space(word: &str) -> bool {
    word.chars().all(|it| it.is_whitespace() || it.is_control())
}

/// Whether a sign follows itself.
fn is_repeated(last: &str, next: &str) -> bool {
    let is_sign = |it: char| it.is_ascii_punctuation() && it != '_';
    let mut signs = next.chars();
    match (signs.next(), signs.next()) {
        (Some(sign), None) => is_sign(sign) && last.chars().all(|it| it == sign),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};

    use super::words;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = words(text).into_iter().map(|it| &text[it]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn spaces_are_no_words() {
        check("", &[]);
        check(" \t\n\u{a0} ", &[]);
        check(" one ", &["one"]);
    }

    #[test]
    fn signs_are_words_and_the_same_ones_in_a_row_are_one() {
        check("well-made, 3.5 stars...", &["well", "-", "made", ",", "3.5", "stars", "..."]);
        check("(\"oh\")", &["(", "\"", "oh", "\"", ")"]);
    }

    #[test]
    fn every_script_has_words() {
        check(
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}!",
            &["\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{5e2}\u{5d5}\u{5dc}\u{5dd}", "!"],
        );
        check("\u{4f60}\u{597d}", &["\u{4f60}", "\u{597d}"]);
        check("\u{1f600}\u{1f44d}\u{1f3fd} caf\u{e9}", &["\u{1f600}", "\u{1f44d}\u{1f3fd}", "caf\u{e9}"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn words_stand_in_order_and_between_them_are_only_spaces(text in "\\PC{0,40}[ \\n\u{200d}\u{5d0}]{0,4}\\PC{0,40}") {
            let mut end = 0;
            for word in words(&text) {
                assert!(word.start >= end && word.end > word.start);
                assert!(text[end..word.start].chars().all(|it| it.is_whitespace() || it.is_control()));
                end = word.end;
            }
        }
    }
}
