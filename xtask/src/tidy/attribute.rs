//! Attributes that silence something: a lint, a test, a doctest.

use super::violation::Violation;

/// Whoever silences a lint says why, where it is silenced.
pub(crate) fn lints_have_reasons(path: &str, text: &str) -> Vec<Violation> {
    let silent =
        attributes(text).filter(|it| it.names(&["allow(", "expect("]) && !it.body.contains("reason = \""));
    silent.map(|it| Violation::at(path, it.line, "silences a lint without `reason = \"...\"`")).collect()
}

/// A test that does not run proves nothing, and one that must panic does not say where.
pub(crate) fn every_test_runs(path: &str, text: &str) -> Vec<Violation> {
    let switched_off = attributes(text).filter(|it| it.names(&["ignore", "should_panic"]));
    switched_off
        .map(|it| Violation::at(path, it.line, format!("`{}`: mend the test or remove it", it.body)))
        .collect()
}

/// A doctest that does not run is prose in a code's clothes.
pub(crate) fn every_doctest_runs(path: &str, text: &str) -> Vec<Violation> {
    let is_off = |line: &str| {
        let fence = line.trim_start().strip_prefix("//").and_then(|doc| doc.get(1..));
        let tags = fence.and_then(|doc| doc.trim_start().strip_prefix("```"));
        tags.is_some_and(|tags| tags.split(',').any(|tag| matches!(tag.trim(), "ignore" | "should_panic")))
    };
    let switched_off = text.lines().enumerate().filter(|(_, line)| is_off(line));
    switched_off
        .map(|(idx, _)| {
            Violation::at(path, idx + 1, "a doctest that does not run: mend it or mark it `text`")
        })
        .collect()
}

/// What stands between `#[` and `]`, and the line it begins on.
struct Attribute<'a> {
    line: usize,
    body: &'a str,
}

impl Attribute<'_> {
    /// Whether it is one of these, directly or by `cfg_attr`.
    fn names(&self, beginnings: &[&str]) -> bool {
        let conditional = self.body.strip_prefix("cfg_attr(").into_iter().flat_map(|body| body.split(", "));
        conditional
            .chain([self.body])
            .any(|part| beginnings.iter().any(|it| part.trim_start().starts_with(it)))
    }
}

fn attributes(text: &str) -> impl Iterator<Item = Attribute<'_>> {
    let mut offset = 0;
    text.split_inclusive('\n').enumerate().flat_map(move |(idx, line)| {
        let begin = offset;
        offset += line.len();
        begins_in(line).map(move |at| Attribute { line: idx + 1, body: body(&text[begin + at..]) })
    })
}

/// Where in a line an attribute's body begins; what looks like one in a text or a comment is none.
fn begins_in(line: &str) -> impl Iterator<Item = usize> {
    let is_code = |at: &usize| !line[..*at].contains(['"', '`']) && !line[..*at].contains("//");
    let begins = ["#[", "#!["].into_iter().flat_map(|mark| line.match_indices(mark));
    begins.map(|(at, mark)| at + mark.len()).filter(is_code)
}

fn body(text: &str) -> &str {
    let (mut depth, mut is_quoted) = (1, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '[' if !is_quoted => depth += 1,
            ']' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::violation::lines;
    use super::*;

    fn without_reason(text: &str) -> Vec<usize> {
        lines(&lints_have_reasons("a.rs", text))
    }

    #[test]
    fn a_silenced_lint_needs_a_reason() {
        assert_eq!(without_reason("fn a() {}\n#[allow(dead_code)]\nfn b() {}\n"), [2]);
        assert_eq!(without_reason("#![expect(dead_code)]\n"), [1]);
        assert_eq!(without_reason("fn a(#[allow(unused)] b: u8) {}\n"), [1]);
        assert_eq!(without_reason("#[cfg_attr(test, allow(dead_code))]\n"), [1]);
        assert_eq!(without_reason("#[allow(\n    dead_code,\n)]\nfn a() {} // reason = \"late\"\n"), [1]);
    }

    #[test]
    fn a_reason_may_stand_on_another_line_and_hold_brackets() {
        assert!(without_reason("#[allow(dead_code, reason = \"kept\")]\n").is_empty());
        assert!(without_reason("#[expect(\n    dead_code,\n    reason = \"a [b] c)]\"\n)]\n").is_empty());
    }

    #[test]
    fn what_is_quoted_or_commented_is_no_attribute() {
        assert!(without_reason("let a = \"#[allow(dead_code)]\";\n// #[allow(dead_code)]\n").is_empty());
    }

    #[test]
    fn no_test_is_switched_off() {
        let text = "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n#[test]\n#[should_panic(expected = \"b\")]\nfn b() {}\n";
        assert_eq!(lines(&every_test_runs("a.rs", text)), [2, 5]);
        assert_eq!(lines(&every_test_runs("a.rs", "#[cfg_attr(miri, ignore)]\n")), [1]);
        assert!(every_test_runs("a.rs", "#[test]\nfn ignored_rows_are_counted() {}\n").is_empty());
    }

    #[test]
    fn no_doctest_is_switched_off() {
        let text = "//! ```ignore\n//! ```\n/// ```rust,should_panic\n/// ```\n";
        assert_eq!(lines(&every_doctest_runs("a.rs", text)), [1, 3]);
        assert!(every_doctest_runs("a.rs", "//! ```\n/// ```text\n/// ```no_run\n// é\n//\n").is_empty());
    }
}
