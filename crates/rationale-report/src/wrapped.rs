//! Sentences in lines.

use crate::font;

/// The text in lines that fit into the room, broken between words; a word wider than the room is broken where it must be.
pub(crate) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in font::visible(text).split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if font::width(&longer, size) <= room {
            line = longer;
            continue;
        }
        lines.extend(Some(std::mem::take(&mut line)).filter(|line| !line.is_empty()));
        let mut parts = broken(word, size, room);
        line = parts.pop().unwrap_or_default();
        lines.append(&mut parts);
    }
    lines.extend(Some(line).filter(|line| !line.is_empty()));
    lines
}

/// A word in parts that fit; each has at least one character.
fn broken(word: &str, size: f64, room: f64) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0.0;
    for character in word.chars() {
        let width = font::width(character.encode_utf8(&mut [0; 4]), size);
        if used > 0.0 && used + width > room {
            parts.push(String::new());
            used = 0.0;
        }
        used += width;
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_lose_none() {
        let text = "The map shows where the network looks and not why it decides so.";
        let lines = wrapped(text, 11.0, 120.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| font::width(line, 11.0) <= 120.0), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert!(wrapped(" \n", 11.0, 120.0).is_empty());
    }

    #[test]
    fn a_word_that_is_too_wide_is_broken() {
        let lines = wrapped("/layer4/layer4.2/relu_2/Relu_output_0 信信信信信信信信信", 12.0, 60.0);
        assert!(lines.iter().all(|line| font::width(line, 12.0) <= 60.0), "{lines:?}");
        assert_eq!(wrapped("WW", 12.0, 1.0), ["W", "W"]);
    }
}
