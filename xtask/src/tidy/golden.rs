//! Golden files and the scripts that made them.

use super::violation::Violation;
use crate::repository::{Repository, extension};

/// A golden file that nobody can make again is a number without a source.
///
/// Its script stands in the same folder and has its name, or writes it by name.
pub(crate) fn scripts_are_there(repository: &Repository) -> Vec<Violation> {
    let orphans = repository.paths().filter(|path| is_golden(path) && !has_script(path, repository));
    orphans.map(|path| Violation::at(path, 1, "no script `golden/*.py` beside it makes this file")).collect()
}

fn is_golden(path: &str) -> bool {
    folder_and_name(path).is_some_and(|(folder, _)| folder.ends_with("/golden")) && extension(path) == "json"
}

fn has_script(path: &str, repository: &Repository) -> bool {
    let Some((folder, name)) = folder_and_name(path) else { return false };
    let twin = format!("{}.py", path.trim_end_matches(".json"));
    repository.texts().any(|(script, text)| {
        let is_beside = extension(script) == "py" && folder_and_name(script).is_some_and(|it| it.0 == folder);
        script == twin || (is_beside && text.contains(name))
    })
}

fn folder_and_name(path: &str) -> Option<(&str, &str)> {
    path.rsplit_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphans(files: &[(&str, &str)]) -> usize {
        scripts_are_there(&Repository::of(files)).len()
    }

    #[test]
    fn a_golden_file_needs_the_script_that_makes_it() {
        let golden = ("crates/a/golden/shap.json", "{}");
        assert_eq!(orphans(&[golden]), 1);
        assert_eq!(orphans(&[golden, ("crates/a/golden/shap.py", "")]), 0);
        assert_eq!(orphans(&[golden, ("crates/a/golden/all.py", "write('shap.json')")]), 0);
        assert_eq!(orphans(&[golden, ("crates/a/golden/all.py", "write('other.json')")]), 1);
        assert_eq!(orphans(&[golden, ("crates/b/golden/all.py", "write('shap.json')")]), 1);
    }

    #[test]
    fn other_json_needs_none() {
        assert_eq!(orphans(&[("crates/a/tests/model.json", "{}"), ("model.json", "{}")]), 0);
    }
}
