//! Letters to declined applicants, from a template in any language.
//!
//! | in the template | becomes |
//! |---|---|
//! | `{id}` | what the applicant is called |
//! | `{score}`, `{cut_off}` | the score, and the score at the line |
//! | `{reasons}` | the principal reasons, one a line, numbered |
//! | `{reasons_with_codes}` | the same with their codes |
//! | `{actionable}` | of them, those that the catalogue calls actionable |
//! | `{{`, `}}` | a brace |
//!
//! What comes from the data becomes text of one line: characters that control a terminal or turn the direction of
//! writing are left out, so that no name can rearrange a letter.

use rationale_report::number;

use crate::{Case, Error, Findings, Reason};

const KNOWN: [&str; 6] = ["id", "score", "cut_off", "reasons", "reasons_with_codes", "actionable"];
/// No name is longer than this in a letter.
const MOST_CHARACTERS: usize = 200;

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    Brace(char),
    Slot(&'a str),
}

/// Fails where a template has a slot that is not known.
pub(crate) fn check(template: &str) -> Result<(), Error> {
    pieces(template).map(|_| ())
}

/// The letter to one applicant.
pub(crate) fn write(template: &str, findings: &Findings, case: &Case) -> Result<String, Error> {
    let mut letter = String::new();
    for piece in pieces(template)? {
        match piece {
            Piece::Text(text) => letter.push_str(text),
            Piece::Brace(brace) => letter.push(brace),
            Piece::Slot(slot) => letter.push_str(&filled(slot, findings, case)),
        }
    }
    Ok(letter)
}

fn filled(slot: &str, findings: &Findings, case: &Case) -> String {
    match slot {
        "id" => plain(&findings.ids.of(case.row)),
        "score" => number(findings.scores[case.row]),
        "cut_off" => number(findings.decisions.cut_off),
        "actionable" => {
            listed(findings, &case.reasons, |reason| findings.entry(reason).actionable == Some(true), false)
        }
        other => listed(findings, &case.reasons, |_| true, other == "reasons_with_codes"),
    }
}

fn listed(
    findings: &Findings,
    reasons: &[Reason],
    is_wanted: impl Fn(&Reason) -> bool,
    has_codes: bool,
) -> String {
    let line = |(place, reason): (usize, &Reason)| {
        let entry = findings.entry(reason);
        let code = if has_codes { format!("[{}] ", plain(&entry.code)) } else { String::new() };
        format!("{}. {code}{}", place + 1, plain(&entry.sentence))
    };
    let lines: Vec<String> =
        reasons.iter().filter(|reason| is_wanted(reason)).enumerate().map(line).collect();
    lines.join("\n")
}

/// A text of one line without controls, and of bounded length.
fn plain(text: &str) -> String {
    let is_control = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
    };
    let one_line = text.replace(['\n', '\r', '\t'], " ");
    let mut plain: String = one_line.chars().filter(|c| !is_control(*c)).collect();
    if plain.chars().count() > MOST_CHARACTERS {
        plain = plain.chars().take(MOST_CHARACTERS).chain(['\u{2026}']).collect();
    }
    plain
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Error> {
    let (mut pieces, mut rest) = (Vec::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        pieces.push(Piece::Text(&rest[..at]));
        let brace = if rest[at..].starts_with('{') { '{' } else { '}' };
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix(brace) {
            pieces.push(Piece::Brace(brace));
            rest = after;
            continue;
        }
        let line = template[..template.len() - after.len()].lines().count();
        let slot = after.split_once('}').filter(|_| brace == '{');
        match slot.filter(|(name, _)| KNOWN.contains(name)) {
            Some((name, after)) => {
                pieces.push(Piece::Slot(name));
                rest = after;
            }
            None => return Err(Error::Letter { line, slot: slot.map_or("", |(name, _)| name).to_owned() }),
        }
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// What templates may hold, for messages.
pub(crate) fn known() -> String {
    KNOWN.map(|slot| format!("{{{slot}}}")).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_is_not_known_is_named_with_its_line() {
        assert!(check("Dear {id}\n{{a brace}}\n{reasons}").is_ok());
        let error = check("Dear {id}\n{reason}").unwrap_err().to_string();
        assert!(error.starts_with("line 2 of the letter holds `{reason}`"), "{error}");
        assert!(check("a } b").is_err() && check("a { b").is_err());
    }

    #[test]
    fn names_cannot_rearrange_a_letter() {
        assert_eq!(plain("Ada\u{202e}\nx\u{7}\u{1b}[2J"), "Ada x[2J");
        assert_eq!(plain(&"x".repeat(10_000)).chars().count(), 201);
        assert_eq!(plain("שלום"), "שלום");
    }
}
