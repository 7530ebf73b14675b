//! What holds of every source file as a whole.

use super::violation::Violation;

/// Past this, a file is split or says why not.
const MOST_LINES: usize = 600;

/// What a file that is longer says, with the reason behind it.
const LONG_BECAUSE: &str = "//! Long because ";

/// A reader learns from the first line what the file is.
pub(crate) fn begins_with_its_doc(path: &str, text: &str) -> Vec<Violation> {
    if text.starts_with("//!") {
        return Vec::new();
    }
    vec![Violation::at(path, 1, "begins without `//!`: say in one line what the file holds")]
}

/// Long files are split, except where their head gives the reason.
pub(crate) fn is_short_or_says_why(path: &str, text: &str) -> Vec<Violation> {
    let n_lines = text.lines().count();
    let mut head = text.lines().take_while(|line| line.starts_with("//!"));
    if n_lines <= MOST_LINES || head.any(|line| line.starts_with(LONG_BECAUSE)) {
        return Vec::new();
    }
    let message = format!(
        "has {n_lines} lines, more than {MOST_LINES}: split it, or give the reason in its head as `{LONG_BECAUSE}...`"
    );
    vec![Violation::at(path, MOST_LINES + 1, message)]
}

#[cfg(test)]
mod tests {
    use super::super::violation::lines;
    use super::*;

    #[test]
    fn a_file_begins_with_its_doc() {
        assert_eq!(lines(&begins_with_its_doc("a.rs", "fn a() {}\n")), [1]);
        assert_eq!(lines(&begins_with_its_doc("a.rs", "\n//! Late.\n")), [1]);
        assert_eq!(lines(&begins_with_its_doc("a.rs", "")), [1]);
        assert!(begins_with_its_doc("a.rs", "//! What it is.\nfn a() {}\n").is_empty());
    }

    fn long(head: &str, n_lines: usize) -> String {
        head.to_owned() + &"//\n".repeat(n_lines - head.lines().count())
    }

    #[test]
    fn a_long_file_says_why_in_its_head() {
        let silent = "//! A table.\n";
        assert!(is_short_or_says_why("a.rs", &long(silent, 600)).is_empty());
        assert_eq!(lines(&is_short_or_says_why("a.rs", &long(silent, 601))), [601]);
        let speaking = "//! A table.\n//!\n//! Long because it is one table.\n";
        assert!(is_short_or_says_why("a.rs", &long(speaking, 601)).is_empty());
        let late = "//! A table.\n\n//! Long because it is one table.\n";
        assert_eq!(lines(&is_short_or_says_why("a.rs", &long(late, 601))), [601]);
    }
}
