//! A vocabulary for WordPiece, made of counts: frequent words whole, frequent ends of the others, and single letters, so that
//! every word of known letters can be spelled.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

pub(crate) const PAD: u32 = 0;
pub(crate) const MASK: u32 = 4;
const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// A `tokenizer.json` for these texts.
pub(crate) fn tokenizer<'a>(
    texts: impl Iterator<Item = &'a str>,
    n_words: usize,
    n_ends: usize,
    limit: usize,
) -> String {
    let counts = count(texts);
    let letters = most(letters(&counts), 120);
    let words: BTreeSet<String> = most(counts.clone(), n_words).into_iter().collect();
    let ends = most(ends(&counts, &words), n_ends);
    let mut vocabulary: Vec<String> = SPECIAL.iter().map(|it| (*it).to_owned()).collect();
    vocabulary.extend(letters.iter().cloned());
    vocabulary.extend(letters.iter().map(|it| format!("##{it}")));
    vocabulary.extend(words);
    vocabulary.extend(ends.into_iter().map(|it| format!("##{it}")));
    let mut known = BTreeSet::new();
    vocabulary.retain(|it| known.insert(it.clone()));
    file(&vocabulary, limit)
}

fn count<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for text in texts {
        for word in text.to_lowercase().split_whitespace().flat_map(pieces) {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

/// Runs of letters and digits; each sign alone.
fn pieces(word: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut goes_on = false;
    for letter in word.chars() {
        match pieces.last_mut() {
            Some(last) if goes_on && letter.is_alphanumeric() => last.push(letter),
            _ => pieces.push(letter.to_string()),
        }
        goes_on = letter.is_alphanumeric();
    }
    pieces
}

fn letters(counts: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut letters = BTreeMap::new();
    for (word, count) in counts {
        word.chars().for_each(|it| *letters.entry(it.to_string()).or_default() += count);
    }
    letters
}

/// What is left of rare words behind the longest word that begins them.
fn ends(counts: &BTreeMap<String, u64>, words: &BTreeSet<String>) -> BTreeMap<String, u64> {
    let mut ends = BTreeMap::new();
    for (word, count) in counts.iter().filter(|(word, _)| !words.contains(*word)) {
        let cuts = word.char_indices().map(|(at, _)| at).skip(3);
        if let Some(at) = cuts.filter(|at| words.contains(&word[..*at])).last() {
            *ends.entry(word[at..].to_owned()).or_default() += count;
        }
    }
    ends
}

/// The most frequent ones, the first in order among equals.
fn most(counts: BTreeMap<String, u64>, n: usize) -> Vec<String> {
    let mut order: Vec<(String, u64)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    order.into_iter().take(n).map(|it| it.0).collect()
}

fn file(vocabulary: &[String], limit: usize) -> String {
    let ids: serde_json::Map<String, serde_json::Value> =
        vocabulary.iter().zip(0_u32..).map(|(token, id)| (token.clone(), id.into())).collect();
    let added = |(token, id): (&&str, u32)| {
        json!({"id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            "special": true})
    };
    let special = |token: &str, id: u32| json!({"id": token, "ids": [id], "tokens": [token]});
    let document = json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": limit, "strategy": "LongestFirst", "stride": 0},
        "padding": null,
        "added_tokens": SPECIAL.iter().zip(0_u32..).map(added).collect::<Vec<_>>(),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": false,
            "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": special("[CLS]", 2), "[SEP]": special("[SEP]", 3)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids},
    });
    format!("{document}\n")
}
