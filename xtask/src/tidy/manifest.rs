//! What holds of every `Cargo.toml`.

use toml::{Table, Value};

use super::violation::Violation;
use crate::repository::is_outside;

/// A lint that is switched off for good has its reason in a comment above it.
pub(crate) fn allowed_lints_have_comments(path: &str, text: &str) -> Vec<Violation> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let allows = |line: &str| !line.starts_with('#') && line.contains("= \"allow\"");
    let has_comment = |idx: usize| idx > 0 && lines[idx - 1].starts_with('#');
    let silent = (0..lines.len()).filter(|idx| allows(lines[*idx]) && !has_comment(*idx));
    silent
        .map(|idx| Violation::at(path, idx + 1, "allows a lint without a comment above that says why"))
        .collect()
}

/// Every crate takes the workspace's lints; one that is published introduces itself.
///
/// `readme` is the text beside the manifest. Crates outside the workspace answer to nobody's lints.
pub(crate) fn says_what_it_must(path: &str, text: &str, readme: Option<&str>) -> Vec<Violation> {
    if is_outside(path) {
        return Vec::new();
    }
    match text.parse::<Table>() {
        Err(error) => vec![Violation::at(path, 1, format!("is no TOML: {}", error.message()))],
        Ok(manifest) => missing(&manifest, readme).into_iter().map(|it| Violation::at(path, 1, it)).collect(),
    }
}

fn missing(manifest: &Table, readme: Option<&str>) -> Vec<&'static str> {
    let Some(package) = manifest.get("package") else { return Vec::new() };
    let is_published = package.get("publish") != Some(&Value::Boolean(false));
    let has_lints =
        manifest.get("lints").and_then(|lints| lints.get("workspace")) == Some(&Value::Boolean(true));
    let has_description = package.get("description").and_then(Value::as_str).is_some_and(is_said);
    let wrong = [
        (!has_lints, "lacks `[lints] workspace = true`"),
        (is_published && !has_description, "lacks a `description`"),
        (is_published && !readme.is_some_and(is_said), "has no README.md beside it, or an empty one"),
    ];
    wrong.into_iter().filter_map(|(is_wrong, message)| is_wrong.then_some(message)).collect()
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::violation::lines;
    use super::*;

    #[test]
    fn an_allowed_lint_needs_a_comment() {
        let text =
            "[workspace.lints.clippy]\n# Meant.\na = \"allow\"\nb = \"allow\"\nc = { level = \"allow\" }\n";
        assert_eq!(lines(&allowed_lints_have_comments("Cargo.toml", text)), [4, 5]);
        assert_eq!(lines(&allowed_lints_have_comments("Cargo.toml", "a = \"allow\"")), [1]);
    }

    const GOOD: &str = "[package]\nname = \"a\"\ndescription = \"Adds.\"\n[lints]\nworkspace = true\n";

    fn messages(text: &str, readme: Option<&str>) -> Vec<String> {
        says_what_it_must("crates/a/Cargo.toml", text, readme).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_published_crate_has_lints_a_description_and_a_readme() {
        assert!(messages(GOOD, Some("# a\n")).is_empty());
        let bad = messages("[package]\nname = \"a\"\ndescription = \" \"\n", Some("\n"));
        assert_eq!(bad.len(), 3, "{bad:?}");
        assert_eq!(messages(GOOD, None).len(), 1);
        assert_eq!(messages(&GOOD.replace("true", "false"), Some("# a\n")).len(), 1);
    }

    #[test]
    fn an_unpublished_crate_has_lints() {
        let bare = "[package]\nname = \"a\"\npublish = false\n";
        assert_eq!(messages(bare, None), ["crates/a/Cargo.toml:1: lacks `[lints] workspace = true`"]);
    }

    #[test]
    fn a_manifest_of_a_workspace_alone_or_outside_it_is_left_alone() {
        assert!(messages("[workspace]\n", None).is_empty());
        assert!(says_what_it_must("examples/outside/a/Cargo.toml", "[package]\n", None).is_empty());
    }

    #[test]
    fn what_is_no_toml_is_named() {
        assert!(messages("[package", None)[0].contains("is no TOML"));
    }
}
