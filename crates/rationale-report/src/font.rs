//! The embedded font: how wide a text is, and which characters it can draw.

use std::sync::LazyLock;

use ttf_parser::Face;

/// DejaVu Sans; see `assets/SOURCES.md`.
pub(crate) const BYTES: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");
pub(crate) const FAMILY: &str = "DejaVu Sans";

/// Takes no room and is not drawn: what stands beside it is ordered as in a text from left to right.
const LEFT_TO_RIGHT: char = '\u{200e}';

static FACE: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(BYTES, 0).ok());

/// The width of a text at a size in pixels. A character that the font lacks counts as a full em.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|character| advance(character) * size).sum()
}

/// Whether the font can draw the character, or need not.
pub(crate) fn covers(character: char) -> bool {
    character == LEFT_TO_RIGHT || FACE.as_ref().is_some_and(|face| face.glyph_index(character).is_some())
}

/// The text without what cannot be seen and would disturb: control characters, marks that turn the direction, and code
/// points that XML forbids. The mark that [`pair`] sets stays.
pub(crate) fn visible(text: &str) -> String {
    let disturbs = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}' | '\u{61c}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !disturbs(*c)).collect()
}

/// The text, shortened in the middle until it fits.
pub(crate) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let (mut head, mut tail) = (0, 0);
    let mut used = width("…", size);
    while head + tail < characters.len() {
        let takes_head = head <= tail;
        let next = if takes_head { characters[head] } else { characters[characters.len() - 1 - tail] };
        used += width(next.encode_utf8(&mut [0; 4]), size);
        if used > room {
            break;
        }
        if takes_head { head += 1 } else { tail += 1 }
    }
    let head: String = characters[..head].iter().collect();
    let tail: String = characters[characters.len() - tail..].iter().collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// A name and its value in one line. After letters that run from right to left stands a mark that keeps the value from
/// becoming part of them.
pub(crate) fn pair(name: &str, value: &str) -> String {
    let is_right_to_left =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let mark = if name.chars().any(is_right_to_left) { "\u{200e}" } else { "" };
    format!("{name}{mark} = {value}")
}

/// As [`pair`], each part shortened by itself until both fit: the value keeps at least two fifths of the room.
pub(crate) fn fitted_pair(name: &str, value: &str, size: f64, room: f64) -> String {
    let (name, value) = (visible(name), visible(value));
    let room = room - width(" = ", size);
    let beside_name = (room - width(&name, size)).max(0.4 * room);
    let value_room = width(&value, size).min(beside_name);
    pair(&fitted(&name, size, room - value_room), &fitted(&value, size, value_room))
}

/// In ems.
fn advance(character: char) -> f64 {
    if character == LEFT_TO_RIGHT {
        return 0.0;
    }
    let of_face = |face: &Face<'_>| {
        let glyph = face.glyph_index(character)?;
        Some(f64::from(face.glyph_hor_advance(glyph)?) / f64::from(face.units_per_em()))
    };
    FACE.as_ref().and_then(of_face).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_latin_and_arabic_but_not_chinese() {
        assert!(covers('é') && covers('ب') && !covers('信'));
        assert!((width("信", 10.0) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        let short = fitted("status_of_existing_checking_account=no checking account", 12.0, 160.0);
        assert!(
            short.starts_with("status_of") && short.ends_with("account") && short.contains('…'),
            "{short}"
        );
        assert!(width(&short, 12.0) <= 160.0);
        assert_eq!(fitted("age", 12.0, 160.0), "age");
    }

    #[test]
    fn a_long_name_and_a_long_value_both_stay() {
        let long = "a very long text that nobody can show in full";
        let short = fitted_pair(long, long, 12.0, 160.0);
        assert_eq!(short, "a very…n full = a ve…full");
        assert!(width(&short, 12.0) <= 160.0);
        assert_eq!(fitted_pair("age", "33", 12.0, 160.0), "age = 33");
        assert!(fitted_pair(long, "33", 12.0, 160.0).ends_with("full = 33"));
    }

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        assert_eq!(visible("a\u{202e}b\nc\u{7}\u{ffff}"), "ab c");
    }
}
