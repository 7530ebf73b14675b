//! The audit's folder: whole or absent. Rows count from 0; `id` is the applicant's name where a column of names was given, else
//! the row again. Values of reasons and attributions are in the unit that `audit.json` names.
//!
//! | file | what |
//! |---|---|
//! | `index.html` | the report, all in one file |
//! | `audit.json` | what was asked and what came out, `rationale/audit/2` |
//! | `reasons.json`, `reasons.csv` | the principal reasons of each declined applicant, with all that is known of them |
//! | `notices.csv` | one line a declined applicant: codes and sentences |
//! | `letters.txt` | one letter a declined applicant, form feeds between, where there is a template |
//! | `attributions.parquet`, `attributions.evidence.json` | every applicant's attributions by column, and what they rest on |
//! | `decisions.csv` | every applicant's score and decision, and the outcome where it is known |
//! | `groups.csv`, `gaps.csv`, `proxies.csv` | groups by protected column, where there are any |
//! | `figures/` | every figure as SVG and PNG |
//! | `audit.toml` | what was asked, as a configuration that does it again |
//! | `manifest.json`, `manifest.signature.json` | the SHA-256 of every file and input, and its signature where a key was given |

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use rationale_core::json;
use rationale_core::whole::{Existing, WholeFolder, write_file};
use rationale_tabular::{Cell, OutputFormat, write_attributions, write_csv};
use serde::Serialize;

use crate::page::Figures;
use crate::wire::{AuditDocument, Cases};
use crate::{
    Case, Configuration, Error, Estimate, Findings, GroupFigures, MOST_REASONS, Reason, letter, manifest,
    page,
};

impl Findings {
    /// Writes everything into a folder, which is there whole or not at all.
    pub fn write(&self, folder: &Path, existing: Existing) -> Result<(), Error> {
        self.write_with(folder, existing, |_| Ok(()))
    }

    /// As [`Findings::write`]; `more` puts further files into the folder before it takes its place.
    #[tracing::instrument(name = "write_audit", skip_all, fields(folder = %folder.display()))]
    pub fn write_with(
        &self,
        folder: &Path,
        existing: Existing,
        more: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let part = WholeFolder::begin(folder, existing).map_err(|source| begun(folder, source))?;
        let filled = self.fill(part.path()).and_then(|()| more(part.path()));
        let path = || folder.display().to_string();
        filled.map_err(|source| Error::Folder { folder: path(), source: Box::new(source) })?;
        part.commit().map_err(|source| begun(folder, source))
    }

    /// As [`Findings::write_with`], and puts the configuration and a manifest of all files beside them: what
    /// [`crate::Verify`] checks.
    pub fn write_bundle(
        &self,
        folder: &Path,
        existing: Existing,
        configuration: &Configuration,
        more: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.write_with(folder, existing, |part| {
            more(part)?;
            write_text(&part.join("audit.toml"), &configuration.to_toml())?;
            manifest::write(part, configuration, &self.attributions.evidence().engine)
        })
    }

    /// What was asked and what came out, without the rows: the text of `audit.json`.
    pub fn to_json(&self) -> Result<String, Error> {
        json_text(&AuditDocument::of(self))
    }

    fn fill(&self, folder: &Path) -> Result<(), Error> {
        let figures = Figures::new(self)?;
        write_pictures(&figures, &folder.join("figures"))?;
        page::page(self, &figures).save(&folder.join("index.html"))?;
        self.write_tables(folder)
    }

    fn write_tables(&self, folder: &Path) -> Result<(), Error> {
        let attributions = folder.join("attributions.parquet");
        write_attributions(&self.attributions, &attributions, OutputFormat::Parquet)?;
        let evidence = json::evidence_alone(self.attributions.evidence());
        write_text(&folder.join("attributions.evidence.json"), &evidence)?;
        write_text(&folder.join("audit.json"), &self.to_json()?)?;
        write_json(&folder.join("reasons.json"), &Cases(self))?;
        self.write_reasons(&folder.join("reasons.csv"))?;
        self.write_notices(&folder.join("notices.csv"))?;
        self.write_letters(&folder.join("letters.txt"))?;
        self.write_decisions(&folder.join("decisions.csv"))?;
        if self.comparisons.is_empty() {
            return Ok(());
        }
        self.write_groups(&folder.join("groups.csv"))?;
        self.write_gaps(&folder.join("gaps.csv"))?;
        self.write_proxies(&folder.join("proxies.csv"))
    }

    fn write_reasons(&self, path: &Path) -> Result<(), Error> {
        let header = [
            "row",
            "id",
            "score",
            "rank",
            "code",
            "group",
            "sentence",
            "value",
            "low",
            "high",
            "share",
            "separable",
            "actionable",
            "immutable",
            "refits_low",
            "refits_high",
            "refits_kept",
        ];
        let rows = self.cases.iter().flat_map(|case| {
            case.reasons.iter().enumerate().map(|(rank, reason)| self.reason_row(case, rank, reason))
        });
        Ok(write_csv(path, &header, rows)?)
    }

    fn reason_row<'a>(&'a self, case: &Case, rank: usize, reason: &Reason) -> Vec<Cell<'a>> {
        let entry = self.entry(reason);
        let or_empty = |is: Option<bool>| is.map_or(Cell::Empty, |is| yes_or_no(is).into());
        vec![
            case.row.into(),
            Cell::Text(self.ids.of(case.row)),
            self.scores[case.row].into(),
            (rank + 1).into(),
            entry.code.as_str().into(),
            entry.group.as_str().into(),
            entry.sentence.as_str().into(),
            reason.value.into(),
            end(reason.interval, 0),
            end(reason.interval, 1),
            reason.share.into(),
            or_empty(reason.separable),
            or_empty(entry.actionable),
            yes_or_no(entry.immutable).into(),
            end(reason.refits.map(|refits| refits.range), 0),
            end(reason.refits.map(|refits| refits.range), 1),
            reason.refits.map_or(Cell::Empty, |refits| refits.kept.into()),
        ]
    }

    /// One line a declined applicant: what a system that sends notices reads.
    fn write_notices(&self, path: &Path) -> Result<(), Error> {
        let most = MOST_REASONS + usize::from(self.setup.reasons.entries.iter().any(|it| it.inquiries));
        let mut header = vec!["row".to_owned(), "id".to_owned(), "decision".to_owned(), "score".to_owned()];
        header.extend((1..=most).flat_map(|rank| [format!("code_{rank}"), format!("reason_{rank}")]));
        let rows = self.cases.iter().map(|case| {
            let id = Cell::Text(self.ids.of(case.row));
            let mut cells = vec![case.row.into(), id, "declined".into(), self.scores[case.row].into()];
            for rank in 0..most {
                let entry = case.reasons.get(rank).map(|reason| self.entry(reason));
                cells.push(entry.map_or(Cell::Empty, |entry| entry.code.as_str().into()));
                cells.push(entry.map_or(Cell::Empty, |entry| entry.sentence.as_str().into()));
            }
            cells
        });
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        Ok(write_csv(path, &header, rows)?)
    }

    /// All letters, a form feed between two; where there is a template.
    fn write_letters(&self, path: &Path) -> Result<(), Error> {
        let Some(template) = &self.setup.letter else { return Ok(()) };
        letter::check(template)?;
        let write = |out: &mut dyn Write| -> Result<(), Error> {
            for (place, case) in self.cases.iter().enumerate() {
                let feed = if place > 0 { "\u{c}\n" } else { "" };
                write!(out, "{feed}{}", letter::write(template, self, case)?)
                    .map_err(|it| wrong(path, it))?;
            }
            Ok(())
        };
        write_whole(path, write)
    }

    fn write_decisions(&self, path: &Path) -> Result<(), Error> {
        let header = ["row", "id", "score", "decision", "favourable_outcome"];
        let outcome = |row: usize| match self.outcomes.as_ref().and_then(|outcomes| outcomes[row]) {
            Some(outcome) => yes_or_no(outcome).into(),
            None => Cell::Empty,
        };
        let rows = (0..self.scores.len()).map(|row| {
            let decision = if self.decisions.approved[row] { "approved" } else { "declined" };
            let id = Cell::Text(self.ids.of(row));
            vec![row.into(), id, self.scores[row].into(), decision.into(), outcome(row)]
        });
        Ok(write_csv(path, &header, rows)?)
    }

    fn write_groups(&self, path: &Path) -> Result<(), Error> {
        let header = ["protected", "group", "n", "figure", "value", "low", "high"];
        let columns = self.attributions.feature_names();
        let rows = self.comparisons.iter().flat_map(|comparison| {
            comparison.groups.iter().flat_map(move |group| {
                let ends = group.named();
                let means = columns.iter().map(String::as_str).zip(group.attributions.iter().copied());
                ends.into_iter().chain(means).map(move |(figure, estimate)| {
                    vec![
                        comparison.column.as_str().into(),
                        group.group.as_str().into(),
                        group.n_rows.into(),
                        figure.into(),
                        estimate.value.into(),
                        end(estimate.interval, 0),
                        end(estimate.interval, 1),
                    ]
                })
            })
        });
        Ok(write_csv(path, &header, rows)?)
    }

    fn write_gaps(&self, path: &Path) -> Result<(), Error> {
        let header = [
            "protected",
            "group",
            "compared_with",
            "column",
            "difference",
            "low",
            "high",
            "p",
            "p_holm",
            "found",
            "share_of_margin_gap",
        ];
        let columns = self.attributions.feature_names();
        let rows = self.comparisons.iter().flat_map(|comparison| {
            let name = |group: usize| comparison.groups[group].group.as_str();
            comparison.gaps.iter().map(move |gap| {
                vec![
                    comparison.column.as_str().into(),
                    name(gap.group).into(),
                    name(comparison.against).into(),
                    gap.column.map_or("(all)", |column| columns[column].as_str()).into(),
                    gap.difference.value.into(),
                    end(gap.difference.interval, 0),
                    end(gap.difference.interval, 1),
                    gap.p.into(),
                    gap.adjusted.into(),
                    yes_or_no(gap.is_found).into(),
                    gap.share.map_or(Cell::Empty, Cell::Number),
                ]
            })
        });
        Ok(write_csv(path, &header, rows)?)
    }

    fn write_proxies(&self, path: &Path) -> Result<(), Error> {
        let columns = self.attributions.feature_names();
        let rows = self.comparisons.iter().flat_map(|comparison| {
            comparison.proxies.iter().map(move |proxy| {
                let column = columns[proxy.column].as_str();
                vec![comparison.column.as_str().into(), column.into(), proxy.strength.into()]
            })
        });
        Ok(write_csv(path, &["protected", "column", "cramers_v"], rows)?)
    }
}

impl GroupFigures {
    /// The figures but for the attributions, by their names in tables.
    fn named(&self) -> Vec<(&'static str, Estimate)> {
        let mut named = vec![("approve_rate", self.approve_rate)];
        named.extend(self.ratio.map(|ratio| ("approve_rate_ratio", ratio)));
        named.push(("score", self.score));
        let quantiles = ["score_10%", "score_25%", "score_50%", "score_75%", "score_90%"];
        named.extend(quantiles.into_iter().zip(self.quantiles.map(Estimate::without_interval)));
        named.extend(self.opportunity.map(|it| ("approved_of_favourable", it)));
        named.extend(self.wrongly_approved.map(|it| ("approved_of_unfavourable", it)));
        let fifths = [
            "favourable_fifth_1",
            "favourable_fifth_2",
            "favourable_fifth_3",
            "favourable_fifth_4",
            "favourable_fifth_5",
        ];
        named.extend(
            fifths.into_iter().zip(&self.outcome_by_score).filter_map(|(name, it)| Some((name, (*it)?))),
        );
        named
    }
}

fn write_pictures(figures: &Figures, folder: &Path) -> Result<(), Error> {
    fs::create_dir(folder).map_err(|source| wrong(folder, source))?;
    for (name, light, _) in figures.named() {
        light.save(&folder.join(format!("{name}.svg")))?;
        light.save(&folder.join(format!("{name}.png")))?;
    }
    Ok(())
}

pub(crate) fn json_text(document: &impl Serialize) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), Error> {
    write_file(path, |out| out.write_all(text.as_bytes())).map_err(|source| wrong(path, source))
}

/// As JSON, without ever holding the text.
fn write_json(path: &Path, document: &impl Serialize) -> Result<(), Error> {
    write_whole(path, |out| {
        serde_json::to_writer_pretty(&mut *out, document)?;
        out.write_all(b"\n").map_err(|source| wrong(path, source))
    })
}

fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<(), Error> {
    let mut failed = None;
    let written = write_file(path, |out| {
        write(out).map_err(|error| {
            failed = Some(error);
            io::Error::other("the content could not be made")
        })
    });
    match failed {
        Some(error) => Err(error),
        None => written.map_err(|source: io::Error| wrong(path, source)),
    }
}

pub(crate) fn begun(path: &Path, source: io::Error) -> Error {
    let folder = path.display().to_string();
    match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Occupied { folder },
        io::ErrorKind::ResourceBusy => Error::Current { folder },
        _ => wrong(path, source),
    }
}

/// Fails where a folder cannot be written in the end: before the long work.
pub fn check_folder(folder: &Path, existing: Existing) -> Result<(), Error> {
    WholeFolder::begin(folder, existing).map(|_| ()).map_err(|source| begun(folder, source))
}

pub(crate) fn wrong(path: &Path, source: io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}

fn end<'a>(interval: Option<[f64; 2]>, k: usize) -> Cell<'a> {
    interval.map_or(Cell::Empty, |ends| Cell::Number(ends[k]))
}

fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use rationale_core::Silent;

    use super::*;
    use crate::example::{model, table};
    use crate::{Audit, Label, Protected, Reference, Rule};

    fn findings() -> Findings {
        let label = Label { column: "paid".into(), favourable: "good".into() };
        Audit::new(model(), Rule::CutOff(0.5))
            .with_label(label)
            .with_reference(Reference::All)
            .with_protected(vec![Protected::new("sex")])
            .decide(&table())
            .unwrap()
            .explain(&Silent)
            .unwrap()
    }

    fn entries(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_folder_holds_every_file_and_the_same_bytes_each_time() {
        let room = tempfile::tempdir().unwrap();
        let (one, two) = (room.path().join("one"), room.path().join("two"));
        findings().write(&one, Existing::Refuse).unwrap();
        findings().write(&two, Existing::Refuse).unwrap();
        let expected = [
            "attributions.evidence.json",
            "attributions.parquet",
            "audit.json",
            "decisions.csv",
            "figures",
            "gaps.csv",
            "groups.csv",
            "index.html",
            "notices.csv",
            "proxies.csv",
            "reasons.csv",
            "reasons.json",
        ];
        assert_eq!(entries(&one), expected);
        for name in expected.iter().filter(|name| **name != "figures") {
            assert!(fs::read(one.join(name)).unwrap() == fs::read(two.join(name)).unwrap(), "{name}");
        }
        assert_eq!(entries(room.path()), ["one", "two"]);
    }

    #[test]
    fn reasons_have_the_promised_keys() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().join("out");
        findings().write(&folder, Existing::Refuse).unwrap();
        let text = fs::read_to_string(folder.join("reasons.json")).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let case = &read[0];
        assert_eq!(case["decision"], "declined");
        for key in ["group", "code", "sentence", "share", "interval", "separable"] {
            assert!(case["reasons"][0].get(key).is_some(), "{key}");
        }
    }

    #[test]
    fn what_is_there_is_left_alone_until_it_is_replaced_whole() {
        let room = tempfile::tempdir().unwrap();
        let folder = room.path().join("out");
        fs::create_dir(&folder).unwrap();
        write_text(&folder.join("mine.txt"), "mine").unwrap();
        let error = findings().write(&folder, Existing::Refuse).unwrap_err().to_string();
        assert!(error.contains("is not an empty folder") && error.contains("--force"), "{error}");
        assert_eq!(entries(&folder), ["mine.txt"]);

        let fails = |_: &Path| Err(Error::ApproveRate { rate: 7.0 });
        findings().write_with(&folder, Existing::Replace, fails).unwrap_err();
        assert_eq!(entries(&folder), ["mine.txt"]);

        findings().write(&folder, Existing::Replace).unwrap();
        assert!(!entries(&folder).contains(&"mine.txt".to_owned()));
        assert_eq!(entries(room.path()), ["out"]);
    }
}
