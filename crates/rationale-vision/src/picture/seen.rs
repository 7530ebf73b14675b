//! What bytes that are no picture look like, in words.

/// How files of a kind begin, and what the kind is called.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"version https://git-lfs", "a pointer to a file that Git LFS keeps elsewhere"),
];

/// Says what the bytes are, or how they begin.
pub(super) fn seen(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "empty".to_owned();
    }
    if let Some((_, name)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return (*name).to_owned();
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return container(bytes.get(8..12).unwrap_or_default());
    }
    text(bytes).unwrap_or_else(|| format!("something that begins with the bytes {}", hex(bytes)))
}

/// HEIC, AVIF and films share a container and differ in its brand.
fn container(brand: &[u8]) -> String {
    match brand {
        b"avif" | b"avis" => "an AVIF picture".to_owned(),
        b"heic" | b"heix" | b"hevc" | b"mif1" => "a HEIC picture".to_owned(),
        _ => format!("a film or other MP4 container (`{}`)", brand.escape_ascii()),
    }
}

/// What can be read is shown; an SVG is named.
fn text(bytes: &[u8]) -> Option<String> {
    const SHOWN: usize = 24;
    let head = &bytes[..bytes.len().min(512)];
    let is_text = |byte: &u8| *byte >= b' ' && *byte != 0x7f || byte.is_ascii_whitespace();
    let text = String::from_utf8_lossy(head.iter().all(is_text).then_some(head)?).trim_start().to_owned();
    if text.contains("<svg") {
        return Some("an SVG drawing".to_owned());
    }
    let shown: String = text.chars().take(SHOWN).collect();
    Some(format!("text that begins with `{}`", shown.escape_debug()))
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_there() {
        let cases: [(&[u8], &str); 7] = [
            (b"", "empty"),
            (b"%PDF-1.7", "a PDF document"),
            (b"\x00\x00\x00\x1cftypheic\x00", "a HEIC picture"),
            (b"\x00\x00\x00\x1cftypisom\x00", "a film or other MP4 container (`isom`)"),
            (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "an SVG drawing"),
            (b"  hello\nthere", "text that begins with `hello\\nthere`"),
            (b"\x00\x01\x02", "something that begins with the bytes 00 01 02"),
        ];
        for (bytes, words) in cases {
            assert_eq!(seen(bytes), words);
        }
    }
}
