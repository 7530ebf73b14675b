//! Tokenizers as their files describe them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Encoded, Error};

/// A tokenizer from a `tokenizer.json`, as Hugging Face's tokenizers write it.
///
/// Whatever the file says of padding and cutting is not done here: a text is encoded whole, and its limit is told by
/// [`Tokenizer::limit`].
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    limit: Option<usize>,
    pad: Option<u32>,
    highest: (u32, String),
}

/// How vocabularies spell the token that fills a batch.
const PADS: [&str; 4] = ["[PAD]", "<pad>", "<|pad|>", "<|endoftext|>"];
/// How they spell a token that is hidden.
const MASKS: [&str; 3] = ["[MASK]", "<mask>", "<|mask|>"];
/// How they spell one that is not known.
const UNKNOWNS: [&str; 3] = ["[UNK]", "<unk>", "<|unk|>"];

impl Tokenizer {
    /// Reads a file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = path.as_ref();
        let bytes =
            std::fs::read(file).map_err(|source| Error::Read { file: file.display().to_string(), source })?;
        Self::from_bytes(&bytes)
    }

    /// Reads a file's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |error: tokenizers::Error| Error::Tokenizer { message: error.to_string() };
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(wrong)?;
        let limit = inner.get_truncation().map(|it| it.max_length);
        let named = inner.get_padding().map(|it| it.pad_id);
        inner.with_truncation(None).map_err(wrong)?.with_padding(None);
        // In order, so that of two spellings of one id the same is shown every time.
        let by_id: BTreeMap<u32, String> =
            inner.get_vocab(true).into_iter().map(|(token, id)| (id, token)).collect();
        let Some((&id, token)) = by_id.last_key_value() else {
            return Err(Error::Tokenizer { message: "it has no tokens".to_owned() });
        };
        let highest = (id, token.clone());
        let pad = named.or_else(|| first_of(&inner, &PADS));
        Ok(Self { inner, limit, pad, highest })
    }

    /// A text as tokens, with those that the tokenizer adds around it.
    pub fn encode(&self, text: &str) -> Result<Encoded, Error> {
        let failed = |error: tokenizers::Error| Error::Encode { message: error.to_string() };
        let encoding = self.inner.encode(text, true).map_err(failed)?;
        let span = |(start, end): &(usize, usize)| *start..*end;
        Ok(Encoded {
            ids: encoding.get_ids().to_vec(),
            type_ids: encoding.get_type_ids().to_vec(),
            tokens: encoding.get_tokens().to_vec(),
            spans: encoding.get_offsets().iter().map(span).collect(),
            is_special: encoding.get_special_tokens_mask().iter().map(|it| *it != 0).collect(),
        })
    }

    /// How many tokens a text may have, where the file says so.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// The token that fills a batch, where there is one.
    pub fn pad_id(&self) -> Option<u32> {
        self.pad
    }

    /// The token that stands for a hidden one, or else for one that is not known; with its spelling.
    pub fn mask(&self) -> Option<(u32, String)> {
        let id = first_of(&self.inner, &MASKS).or_else(|| first_of(&self.inner, &UNKNOWNS))?;
        Some((id, self.inner.id_to_token(id)?))
    }

    /// The highest id, and its token.
    pub fn highest(&self) -> (u32, &str) {
        (self.highest.0, &self.highest.1)
    }

    /// A token's id.
    pub fn id_of(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("limit", &self.limit)
            .field("highest", &self.highest)
            .finish_non_exhaustive()
    }
}

fn first_of(inner: &tokenizers::Tokenizer, spellings: &[&str]) -> Option<u32> {
    spellings.iter().find_map(|it| inner.token_to_id(it))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Lower-case words, `[CLS]` and `[SEP]` around them.
    pub(crate) const FILE: &str = r###"{"version": "1.0",
        "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [
            {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
            {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "good": 5, "bad": 6, "un": 7, "##like": 8,
                "##ly": 9, "!": 10}}}"###;

    pub(crate) fn tokenizer() -> Tokenizer {
        Tokenizer::from_bytes(FILE.as_bytes()).unwrap()
    }

    #[test]
    fn a_text_becomes_tokens_and_the_places_where_they_stand() {
        let text = "Unlikely  GOOD! \u{1f600}";
        let encoded = tokenizer().encode(text).unwrap();
        assert_eq!(encoded.ids(), [2, 7, 8, 9, 5, 10, 1, 3]);
        let spelled: Vec<&str> = encoded.spans()[1..7].iter().map(|it| &text[it.clone()]).collect();
        assert_eq!(spelled, ["Un", "like", "ly", "GOOD", "!", "\u{1f600}"]);
        assert_eq!(encoded.is_special(), [true, false, false, false, false, false, false, true]);
    }

    #[test]
    fn nothing_is_cut_or_filled_up() {
        let long = "good ".repeat(10_000);
        assert_eq!(tokenizer().encode(&long).unwrap().len(), 10_002);
        assert_eq!(tokenizer().encode("").unwrap().ids(), [2, 3]);
        assert_eq!(tokenizer().limit(), Some(8));
    }

    #[test]
    fn known_tokens_are_found() {
        let tokenizer = tokenizer();
        assert_eq!(tokenizer.pad_id(), Some(0));
        assert_eq!(tokenizer.mask(), Some((4, "[MASK]".to_owned())));
        assert_eq!(tokenizer.highest(), (10, "!"));
    }

    #[test]
    fn what_is_no_tokenizer_is_refused() {
        for bytes in [&b"{}"[..], b"", b"\x89PNG", b"{\"model\": 3}"] {
            let message = Tokenizer::from_bytes(bytes).unwrap_err().to_string();
            assert!(message.starts_with("this is no tokenizer.json that can be read: "), "{message}");
        }
        let message = Tokenizer::read("no/such/tokenizer.json").unwrap_err().to_string();
        assert!(message.starts_with("`no/such/tokenizer.json` cannot be read"), "{message}");
    }
}
