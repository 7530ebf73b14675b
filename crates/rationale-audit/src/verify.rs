//! Is an audit still what was written, and does the model still say so?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rationale_core::{Attributions, Fingerprint, Seed};
use rationale_tabular::Table;

use crate::configuration::found;
use crate::decided::Decided;
use crate::manifest::{Hashed, MANIFEST, Manifest, SIGNATURE, files_of, hashed, is_signed, sound};
use crate::{Case, Configuration, Error, Scorer};

/// Rows named in a message; the others are counted.
const MOST_NAMED: usize = 5;

/// What to check.
#[derive(Debug, Clone)]
pub struct Verify {
    rows: usize,
    model: Option<Scorer>,
    public_key: Option<String>,
}

/// What was checked, and what differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// How many files have the recorded hash.
    pub n_files: usize,
    /// How many applicants' scores and decisions were computed again.
    pub n_scored: usize,
    /// How many applicants were explained again.
    pub n_explained: usize,
    /// Who signed, where somebody did.
    pub signed_by: Option<String>,
    /// What differs.
    pub problems: Vec<Problem>,
    /// What could not be looked at, and other remarks.
    pub remarks: Vec<String>,
}

/// Something that is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

impl Verified {
    fn differs(&mut self, file: &str, what: impl Into<String>) {
        self.problems.push(Problem { file: file.to_owned(), what: what.into() });
    }
}

impl Default for Verify {
    fn default() -> Self {
        Self { rows: 100, model: None, public_key: None }
    }
}

impl Verify {
    /// Explains so many applicants again, chosen at random; 100 by default, 0 for none.
    pub fn with_rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// Recomputes with this model where scores came from a program, which is never started on the word of a folder.
    pub fn with_model(mut self, model: impl Into<Scorer>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Demands the signature of this key, 64 hexadecimal digits.
    pub fn with_public_key(mut self, key: impl Into<String>) -> Self {
        self.public_key = Some(key.into());
        self
    }

    /// Checks an audit's folder. What differs is in the answer; an error is a folder that is no audit.
    #[tracing::instrument(name = "verify", skip_all, fields(folder = %folder.display()))]
    pub fn check(&self, folder: &Path) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        let path = folder.join(MANIFEST);
        let bytes = fs::read(&path)
            .map_err(|source| Error::NoManifest { file: path.display().to_string(), source })?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let Some(manifest) = sound(&text) else {
            verified.differs(MANIFEST, "it is not as it was written; nothing else can be relied on");
            return Ok(verified);
        };
        self.check_signature(folder, &text, &manifest, &mut verified);
        check_files(folder, &manifest, &mut verified)?;
        check_previous(&manifest, folder, &mut verified);
        let inputs = check_inputs(folder, &manifest, &mut verified)?;
        if inputs && self.rows > 0 {
            let recomputed = self.recompute(folder, &manifest, &mut verified);
            recomputed.or_else(|error| {
                verified.differs("audit.toml", format!("the audit cannot be done again: {error}"));
                Ok::<_, Error>(())
            })?;
        }
        Ok(verified)
    }

    fn check_signature(&self, folder: &Path, text: &str, manifest: &Manifest, verified: &mut Verified) {
        let signature = fs::read_to_string(folder.join(SIGNATURE));
        match (&manifest.signed_by, signature) {
            (None, Err(_)) => verified.remarks.push("The manifest is not signed.".to_owned()),
            (None, Ok(_)) => verified.differs(SIGNATURE, "the manifest says that it is not signed"),
            (Some(_), Err(error)) => verified.differs(SIGNATURE, format!("cannot be read: {error}")),
            (Some(key), Ok(signature)) if is_signed(text, &signature, manifest) => {
                verified.signed_by = Some(key.clone());
            }
            (Some(_), Ok(_)) => verified.differs(SIGNATURE, "the signature is not that of the manifest"),
        }
        if let Some(wanted) = self.public_key.as_ref().filter(|key| verified.signed_by.as_ref() != Some(key))
        {
            verified.differs(SIGNATURE, format!("there is no sound signature of the key {wanted}"));
        }
    }

    /// Decides again on all applicants, and explains some.
    fn recompute(&self, folder: &Path, manifest: &Manifest, verified: &mut Verified) -> Result<(), Error> {
        let configuration = Configuration::of_audit(folder)?;
        let audit = match (&configuration.predict_command, &self.model) {
            (None, _) => configuration.audit()?,
            (Some(_), Some(model)) => configuration.audit_of(model.clone())?,
            (Some(command), None) => {
                verified.remarks.push(format!(
                    "The scores came from the program `{command}`: nothing is recomputed unless you name it yourself."
                ));
                return Ok(());
            }
        };
        let table = configuration.table()?;
        let decided = audit.decide(&table)?;
        if !compare_decisions(folder, &decided, verified)? {
            return Ok(());
        }
        let rows = sampled(table.n_rows(), self.rows, manifest);
        let (attributions, cases) = decided.explain_rows(&rows)?;
        compare_attributions(folder, manifest, &rows, &attributions, verified)?;
        compare_reasons(folder, &rows, &cases, manifest.tolerance, verified)?;
        verified.n_explained = rows.len();
        Ok(())
    }
}

fn check_files(folder: &Path, manifest: &Manifest, verified: &mut Verified) -> Result<(), Error> {
    for file in &manifest.files {
        match hashed(&folder.join(&file.path), None, file.path.clone()) {
            Err(_) => verified.differs(&file.path, "is not there, or cannot be read"),
            Ok(now) if now == *file => verified.n_files += 1,
            Ok(now) => verified.differs(&file.path, difference(file, &now)),
        }
    }
    for path in files_of(folder)? {
        if !manifest.files.iter().any(|file| file.path == path) {
            verified.differs(&path, "is not in the manifest");
        }
    }
    Ok(())
}

fn difference(file: &Hashed, now: &Hashed) -> String {
    if file.bytes == now.bytes {
        return "its SHA-256 is not the recorded one".to_owned();
    }
    format!("has {} bytes, and {} are recorded", now.bytes, file.bytes)
}

fn check_previous(manifest: &Manifest, folder: &Path, verified: &mut Verified) {
    let Some(previous) = &manifest.previous else { return };
    let path = Path::new(&previous.folder).join(MANIFEST);
    let place = found(&path.display().to_string(), folder);
    let text = place.and_then(|place| fs::read_to_string(place).ok());
    match text.as_deref().map(sound) {
        None => verified.remarks.push(format!("The previous audit, `{}`, is not here.", previous.folder)),
        Some(Some(found)) if found.manifest_sha256 == previous.manifest_sha256 => {
            verified.remarks.push(format!("The previous audit is `{}`, as recorded.", previous.folder));
        }
        Some(_) => {
            verified
                .differs(&path.display().to_string(), "is not the manifest that this audit is chained to");
        }
    }
}

/// Whether all inputs are here, be they as recorded or not.
fn check_inputs(folder: &Path, manifest: &Manifest, verified: &mut Verified) -> Result<bool, Error> {
    let mut all = true;
    for input in &manifest.inputs {
        let role = input.role.as_deref().unwrap_or("input");
        let Some(place) = found(&input.path, folder) else {
            verified
                .remarks
                .push(format!("The {role}, `{}`, is not here: nothing is recomputed.", input.path));
            all = false;
            continue;
        };
        let now = hashed(&place, input.role.clone(), input.path.clone())?;
        if now != *input {
            verified.differs(
                &input.path,
                format!("the {role} is not the one that was audited: {}", difference(input, &now)),
            );
        }
    }
    Ok(all)
}

/// Rows at random, the same for the same manifest.
fn sampled(n_rows: usize, wanted: usize, manifest: &Manifest) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n_rows).collect();
    let seed = Seed::new(Fingerprint::of_bytes(manifest.manifest_sha256.as_bytes()).prefix());
    seed.draws("verify", 0, 0).shuffle(&mut rows);
    rows.truncate(wanted);
    rows.sort_unstable();
    rows
}

/// Whether there are as many applicants as recorded.
fn compare_decisions(folder: &Path, decided: &Decided<'_>, verified: &mut Verified) -> Result<bool, Error> {
    let file = "decisions.csv";
    let recorded = Table::read(&folder.join(file))?;
    let (scores, n) = (decided.scores(), recorded.n_rows());
    if n != scores.len() {
        verified.differs(file, format!("has {n} applicants, and the data now have {}", scores.len()));
        return Ok(false);
    }
    let (known, decisions) = (recorded.column("score")?, recorded.column("decision")?);
    let known = known.numbers().unwrap_or_default();
    let word = |row: usize| if decided.decisions().approved[row] { "approved" } else { "declined" };
    let is_same = |row: usize| {
        let score = known.get(row).copied().unwrap_or(f64::NAN);
        (score == scores[row] || (score.is_nan() && scores[row].is_nan()))
            && decisions.text_at(row).as_deref() == Some(word(row))
    };
    let wrong: Vec<usize> = (0..n).filter(|&row| !is_same(row)).collect();
    if !wrong.is_empty() {
        let what = format!("the model now gives other scores or decisions: {}", named(&wrong, decided));
        verified.differs(file, what);
    }
    verified.n_scored = n;
    Ok(true)
}

fn named(rows: &[usize], decided: &Decided<'_>) -> String {
    let name = |row: &usize| format!("row {row} (`{}`)", decided.ids().of(*row));
    let first: Vec<String> = rows.iter().take(MOST_NAMED).map(name).collect();
    match rows.len().saturating_sub(MOST_NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn compare_attributions(
    folder: &Path,
    manifest: &Manifest,
    rows: &[usize],
    attributions: &Attributions,
    verified: &mut Verified,
) -> Result<(), Error> {
    let file = "attributions.parquet";
    let recorded = Table::read(&folder.join(file))?;
    // Columns in their order: the row, the features, base value and prediction.
    let columns: Vec<&[f64]> = recorded.columns().filter_map(|(_, column)| column.numbers()).collect();
    if columns.len() != attributions.n_features() + 3 {
        verified.differs(file, "has other columns than the model now has");
        return Ok(());
    }
    let is_same_engine = manifest.engine == attributions.evidence().engine;
    let tolerance = if is_same_engine { 0.0 } else { manifest.tolerance };
    let mut wrong = Vec::new();
    for (place, &row) in rows.iter().enumerate() {
        let now = attributions.row(place, 0);
        let scale = now.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let differs = |(column, now): (&&[f64], &f64)| !close(column[row], *now, tolerance * scale);
        if columns[1..].iter().zip(&now).any(differs) {
            wrong.push(row);
        }
    }
    if !wrong.is_empty() {
        let first: Vec<String> = wrong.iter().take(MOST_NAMED).map(|row| format!("row {row}")).collect();
        let what =
            format!("{} of {} recomputed rows differ, such as {}", wrong.len(), rows.len(), first.join(", "));
        verified.differs(file, what);
    }
    if !is_same_engine {
        verified.remarks.push(format!(
            "Recorded with the engine {}, recomputed with {}: compared within {tolerance:e} of a row's largest value.",
            manifest.engine,
            attributions.evidence().engine
        ));
    }
    Ok(())
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance
}

fn compare_reasons(
    folder: &Path,
    rows: &[usize],
    cases: &[Case],
    tolerance: f64,
    verified: &mut Verified,
) -> Result<(), Error> {
    let file = "reasons.csv";
    let mut recorded: BTreeMap<usize, Vec<[f64; 3]>> = BTreeMap::new();
    // Without a declined applicant there is a header and no row, which no table is.
    if cases.iter().any(|case| !case.reasons.is_empty()) {
        let table = Table::read(&folder.join(file))?;
        let column = |name: &str| Ok::<_, Error>(table.column(name)?.numbers().unwrap_or_default());
        let (row, ends) = (column("row")?, [column("value")?, column("low")?, column("high")?]);
        for (place, row) in row.iter().enumerate() {
            #[expect(clippy::cast_sign_loss, reason = "a row is a count")]
            let reasons = recorded.entry(*row as usize).or_default();
            reasons.push(ends.map(|end| end.get(place).copied().unwrap_or(f64::NAN)));
        }
    }
    let of = |case: &Case| -> Vec<[f64; 3]> {
        let ends = |interval: Option<[f64; 2]>| interval.unwrap_or([f64::NAN; 2]);
        case.reasons.iter().map(|it| [it.value, ends(it.interval)[0], ends(it.interval)[1]]).collect()
    };
    let is_same = |case: &&Case| {
        let (now, then) = (of(case), recorded.get(&case.row).cloned().unwrap_or_default());
        let scale = now.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
        let pairs = || now.iter().flatten().zip(then.iter().flatten());
        now.len() == then.len() && pairs().all(|(a, b)| close(*a, *b, tolerance * scale))
    };
    let wrong: Vec<usize> = cases.iter().filter(|case| !is_same(case)).map(|case| case.row).collect();
    if let Some(first) = wrong.first() {
        let what = format!(
            "{} of {} recomputed applicants have other reasons, such as row {first}",
            wrong.len(),
            rows.len()
        );
        verified.differs(file, what);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rationale_core::Silent;
    use rationale_core::whole::Existing;
    use tempfile::TempDir;

    use super::*;
    use crate::example::{model, table};
    use crate::folder::write_text;

    /// A room with inputs and an audit of them in `out`.
    fn audited(key: bool) -> TempDir {
        let room = tempfile::tempdir().unwrap();
        let path = |name: &str| room.path().join(name);
        write_text(&path("model.json"), &model().to_json().unwrap()).unwrap();
        rationale_tabular::write_table(&table(), &path("loans.csv"), rationale_tabular::OutputFormat::Csv)
            .unwrap();
        write_text(&path("key.hex"), &format!("{}\n", "1f".repeat(32))).unwrap();
        let text = "model = \"model.json\"\ndata = \"loans.csv\"\nlabel = \"paid\"\nfavourable = \"good\"\ncut_off = 0.5\n\
                    reference = \"all\"\ncatalogue = \"hmda\"\n[reason_columns]\njob = \"2\"\n[[protected]]\ncolumn = \"sex\"\n";
        let text = if key { format!("signing_key = \"key.hex\"\n{text}") } else { text.to_owned() };
        write_text(&path("audit.toml"), &text).unwrap();
        write(&room, "out", None);
        room
    }

    fn write(room: &TempDir, out: &str, previous: Option<&str>) {
        let mut configuration = Configuration::read(&room.path().join("audit.toml")).unwrap();
        configuration.previous = previous.map(|name| room.path().join(name).display().to_string());
        let (audit, table) = (configuration.audit().unwrap(), configuration.table().unwrap());
        let findings = audit.decide(&table).unwrap().explain(&Silent).unwrap();
        findings.write_bundle(&room.path().join(out), Existing::Replace, &configuration, |_| Ok(())).unwrap();
    }

    fn problems(room: &TempDir) -> Vec<String> {
        let verified = Verify::default().check(&room.path().join("out")).unwrap();
        verified.problems.into_iter().map(|problem| format!("{}: {}", problem.file, problem.what)).collect()
    }

    fn flip(path: &Path, at: usize) -> Vec<u8> {
        let sound = fs::read(path).unwrap();
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        put(path, &bytes);
        sound
    }

    fn put(path: &Path, bytes: &[u8]) {
        rationale_core::whole::write_file(path, |out| out.write_all(bytes)).unwrap();
    }

    #[test]
    fn a_sound_audit_is_recomputed_and_repeats_itself() {
        let room = audited(true);
        let verified = Verify::default().check(&room.path().join("out")).unwrap();
        assert_eq!(verified.problems, []);
        assert_eq!((verified.n_scored, verified.n_explained), (6, 6));
        assert!(verified.signed_by.is_some());
        let manifest = |name: &str| fs::read(room.path().join(name).join(MANIFEST)).unwrap();
        let first = manifest("out");
        write(&room, "again", None);
        assert_eq!(first, manifest("again"));
        let other =
            Verify::default().with_public_key("00".repeat(32)).check(&room.path().join("out")).unwrap();
        assert_eq!(other.problems[0].file, SIGNATURE);
    }

    #[test]
    fn a_byte_flipped_anywhere_names_its_file() {
        let room = audited(true);
        let out = room.path().join("out");
        let mut names = files_of(&out).unwrap();
        names.extend([MANIFEST, SIGNATURE].map(String::from));
        for name in names {
            let path = out.join(&name);
            let n = fs::read(&path).unwrap().len();
            let places: Vec<usize> = if n < 2000 && !name.contains("figures") {
                (0..n).step_by(7).chain([n - 1]).collect()
            } else {
                vec![0, n / 2, n - 1]
            };
            for at in places {
                let sound = flip(&path, at);
                let verified = Verify::default().with_rows(0).check(&out).unwrap();
                assert!(verified.problems.iter().any(|it| it.file == name), "{name} at {at}");
                put(&path, &sound);
            }
        }
        assert!(problems(&room).is_empty());
    }

    #[test]
    fn a_changed_row_of_data_is_named() {
        let room = audited(false);
        let path = room.path().join("loans.csv");
        let text = fs::read_to_string(&path).unwrap();
        write_text(&path, &text.replace("clerk,800", "clerk,100")).unwrap();
        let found = problems(&room).join("\n");
        assert!(found.contains("the data is not the one that was audited"), "{found}");
        assert!(
            found.contains("decisions.csv: the model now gives other scores or decisions: row 2"),
            "{found}"
        );
        write_text(&path, text.trim_end().rsplit_once('\n').unwrap().0).unwrap();
        assert!(problems(&room).join("\n").contains("has 6 applicants, and the data now have 5"));
    }

    #[test]
    fn files_more_or_less_are_named_and_missing_inputs_remarked() {
        let room = audited(false);
        let out = room.path().join("out");
        write_text(&out.join("more.txt"), "x").unwrap();
        fs::remove_file(out.join("notices.csv")).unwrap();
        let found = problems(&room).join("\n");
        assert!(
            found.contains("more.txt: is not in the manifest") && found.contains("notices.csv: is not there"),
            "{found}"
        );
        fs::remove_file(room.path().join("model.json")).unwrap();
        let verified = Verify::default().check(&out).unwrap();
        assert!(
            verified.remarks.iter().any(|it| it.contains("nothing is recomputed"))
                && verified.n_explained == 0
        );
    }

    #[test]
    fn audits_are_chained() {
        let room = audited(false);
        write(&room, "second", Some("out"));
        let check = || Verify::default().check(&room.path().join("second")).unwrap();
        assert!(check().problems.is_empty() && check().remarks.iter().any(|it| it.contains("as recorded")));
        let path = room.path().join("loans.csv");
        let text = fs::read_to_string(&path).unwrap();
        write_text(&path, &text.replace("clerk,800", "clerk,100")).unwrap();
        write(&room, "out", None);
        write_text(&path, &text).unwrap();
        assert!(check().problems[0].what.contains("chained to"), "{:?}", check());
    }

    #[test]
    fn what_is_no_audit_is_refused() {
        let room = tempfile::tempdir().unwrap();
        let error = Verify::default().check(room.path()).unwrap_err().to_string();
        assert!(error.contains("manifest.json") && error.contains("rationale audit"), "{error}");
    }
}
