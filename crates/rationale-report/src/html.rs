//! Texts as HTML and SVG.

/// A text for inside or between tags.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No document may hold it.
            '\0' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Prose: what stands between two backticks is a name from the data or from the program, and is set as code.
///
/// ```
/// use rationale_report::html::prose;
///
/// assert_eq!(prose("the class `<b>` of `a"), "the class <code>&lt;b&gt;</code> of `a");
/// ```
pub fn prose(text: &str) -> String {
    let (mut html, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('`')
        && let Some((code, after)) = after.split_once('`')
    {
        html += &escape(before);
        html += "<code>";
        html += &escape(code);
        html += "</code>";
        rest = after;
    }
    html + &escape(rest)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn markup_is_text() {
        assert_eq!(escape("<b a='\"'>&\0"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
    }
}
