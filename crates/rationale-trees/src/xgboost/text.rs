//! XGBoost's dialect of JSON: not-a-number and infinity stand in it as bare words.
//!
//! The threshold of every categorical split is such a `NaN`. Standard JSON has no word for it, so the words become texts
//! (`"NaN"`) before the parser sees them, and [`super::wire::Real`] reads the texts.

use std::borrow::Cow;

/// A bare word, and the same as a JSON text.
const WORDS: [(&[u8], &[u8]); 3] =
    [(b"NaN", b"\"NaN\""), (b"Infinity", b"\"Infinity\""), (b"-Infinity", b"\"-Infinity\"")];

/// The same JSON without bare words; borrowed where there was none.
pub(super) fn standard(json: &[u8]) -> Cow<'_, [u8]> {
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while let Some(&byte) = json.get(at) {
        let word = match byte {
            b'N' | b'I' | b'-' => WORDS.iter().find(|(word, _)| json[at..].starts_with(word)),
            _ => None,
        };
        if let Some((word, text)) = word {
            out.extend_from_slice(&json[copied..at]);
            out.extend_from_slice(text);
            at += word.len();
            copied = at;
        } else {
            at = if byte == b'"' { end_of_text(json, at) } else { at + 1 };
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.extend_from_slice(&json[copied..]);
    Cow::Owned(out)
}

/// The place after the text that begins with the quotation mark at `start`.
fn end_of_text(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_texts_outside_of_texts_only() {
        let json = br#"{"NaN": [NaN, -1, -Infinity,Infinity], "a\"NaN": "Infinity"}"#;
        let expected = br#"{"NaN": ["NaN", -1, "-Infinity","Infinity"], "a\"NaN": "Infinity"}"#;
        assert_eq!(standard(json), &expected[..]);
    }

    #[test]
    fn other_json_is_not_copied() {
        for json in [&b"{\"a\": [-1.5, \"NaN\"]}"[..], b"\"", b"\"\\", b""] {
            assert!(matches!(standard(json), Cow::Borrowed(same) if same == json));
        }
    }
}
