//! Links between the documents.

use super::violation::Violation;
use crate::repository::Repository;

/// A relative link leads to a file or folder that git has, so that it works in every clone.
pub(crate) fn lead_somewhere(path: &str, text: &str, repository: &Repository) -> Vec<Violation> {
    let dead = |target: &str| resolved(path, target).is_none_or(|target| !repository.holds(&target));
    let mut found = Vec::new();
    for (line_no, line) in prose(text) {
        let dead_targets = targets(&line).into_iter().filter(|target| is_relative(target) && dead(target));
        found.extend(
            dead_targets.map(|it| Violation::at(path, line_no, format!("the link `{it}` leads nowhere"))),
        );
    }
    found
}

/// The lines outside code, without their code spans, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(idx, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then(|| (idx + 1, line.split('`').step_by(2).collect()))
    })
}

/// What a line links to: `[text](target "title")`, `[label]: target`, `src="target"`, `href="target"`.
fn targets(line: &str) -> Vec<&str> {
    let between = |begin: &'static str, end: char| {
        let rest = line.match_indices(begin).map(move |(at, _)| &line[at + begin.len()..]);
        rest.filter_map(move |rest| rest.split(end).next())
    };
    let label = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    let all = between("](", ')').chain(between("src=\"", '"')).chain(between("href=\"", '"'));
    all.chain(label.map(|(_, target)| target)).map(without_title).collect()
}

/// The file that a target names, without its title, its brackets and the place inside the file.
fn without_title(target: &str) -> &str {
    let target = target.split_whitespace().next().unwrap_or_default();
    target.trim_matches(['<', '>']).split('#').next().unwrap_or_default()
}

fn is_relative(target: &str) -> bool {
    !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")
}

/// The path from the root that a target means inside the file at `path`; none where it leaves the repository.
fn resolved(path: &str, target: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let from = if target.starts_with('/') { "" } else { folder };
    let mut steps = Vec::new();
    for step in from.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::violation::lines;
    use super::*;

    fn dead(text: &str) -> Vec<usize> {
        let files = [("docs/guide.md", ""), ("docs/pictures/one.svg", ""), ("README.md", "")];
        lines(&lead_somewhere("docs/guide.md", text, &Repository::of(&files)))
    }

    #[test]
    fn finds_a_dead_link_in_every_form() {
        assert_eq!(dead("\n[a](gone.md)"), [2]);
        assert_eq!(dead("[a](gone.md#part \"title\")"), [1]);
        assert_eq!(dead("![a](<pictures/two.svg>)"), [1]);
        assert_eq!(dead("[a]: gone.md"), [1]);
        assert_eq!(dead("<img src=\"gone.svg\"> <a href=\"gone.md\">"), [1, 1]);
        assert_eq!(dead("[`a`](gone.md) and [b](../../outside.md)"), [1, 1]);
        assert_eq!(dead("```\n```\n[a](gone.md)"), [3]);
    }

    #[test]
    fn a_living_link_passes() {
        assert!(
            dead("[a](../README.md#part) [b](pictures/one.svg) [c](pictures/) [d](/README.md)").is_empty()
        );
        assert!(
            dead("[a](https://example.org/gone.md) [b](mailto:a@example.org) [c](#part) [d](..)").is_empty()
        );
    }

    #[test]
    fn code_holds_no_links() {
        assert!(dead("```rust\nlet a = b[0](gone);\n```\nSay `[a](gone.md)`.").is_empty());
    }
}
