//! Bad input: each has a message that names the file, the column or row and the remedy, and nothing is written.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::sync::LazyLock;

use rationale_tests::{Answer, Room};

/// The demo's folder, made once; its files are the good input that each case spoils.
static DEMO: LazyLock<Room> = LazyLock::new(|| {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    assert_eq!(room.run(&["demo", "--out", "demo", "--quiet"]).code, 0);
    room
});

fn demo_file(name: &str) -> String {
    DEMO.path("demo").join(name).display().to_string()
}

fn applicants() -> String {
    std::fs::read_to_string(demo_file("applicants.csv")).unwrap()
}

/// Audits a table that is put into a room of its own, and checks that nothing else is left there.
fn audit(table: &str, more: &[&str]) -> Answer {
    let room = Room::new(DEMO.program());
    room.put("loans.csv", table);
    let model = demo_file("model.json");
    let usual = ["audit", &model, "loans.csv", "--out", "out", "--approve-rate", "0.7"];
    let label = ["--label", "creditability", "--favourable", "good"];
    let label: &[&str] = if more.contains(&"--favourable") { &[] } else { &label };
    let answer = room.run(&[&usual, label, more].concat());
    assert_eq!(room.entries(), ["loans.csv"], "nothing may be written; {}", answer.err);
    answer
}

/// Fails with code 1 and a message that holds all parts.
#[track_caller]
fn check(answer: &Answer, parts: &[&str]) {
    assert_eq!(answer.code, 1, "{}", answer.err);
    for part in parts {
        assert!(answer.err.contains(part), "`{part}` is not in: {}", answer.err);
    }
    assert_eq!(answer.err.lines().count(), 1, "{}", answer.err);
}

/// The table with one cell of a data row (counted from 1) replaced.
fn with_cell(column: &str, row: usize, value: &str) -> String {
    let text = applicants();
    let table = rationale::tabular::Table::from_csv_bytes("t", text.as_bytes()).unwrap();
    let place = table.column_names().iter().position(|name| *name == column).unwrap();
    let cells = |row: usize| {
        let text = |(_, column): (&str, &rationale::tabular::Column)| {
            column.text_at(row).map_or_else(String::new, |text| format!("\"{}\"", text.replace('"', "\"\"")))
        };
        table.columns().map(text).collect::<Vec<String>>()
    };
    let mut lines = vec![table.column_names().join(",")];
    for at in 0..table.n_rows() {
        let mut cells = cells(at);
        if at + 1 == row {
            value.clone_into(&mut cells[place]);
        }
        lines.push(cells.join(","));
    }
    lines.join("\n")
}

#[test]
fn a_missing_file() {
    let room = Room::new(DEMO.program());
    let model = demo_file("model.json");
    let common = ["--approve-rate", "0.7", "--output", "good", "--out", "out"];
    let answer = room.run(&[&["audit", &model, "nowhere.csv"], &common[..]].concat());
    check(&answer, &["there is no file `nowhere.csv`", "starts at the current folder"]);
    let answer = room.run(&[&["audit", "nowhere.json", "nowhere.csv"], &common[..]].concat());
    check(&answer, &["there is no model file `nowhere.json`"]);
    assert!(room.entries().is_empty());
}

#[test]
fn an_empty_file() {
    check(&audit("", &[]), &["`loans.csv` is empty", "a header line and at least one data row"]);
    let header = applicants().lines().next().unwrap().to_owned();
    check(&audit(&header, &[]), &["`loans.csv` has 22 columns and no data rows"]);
}

#[test]
fn a_ragged_row() {
    let mut lines: Vec<String> = applicants().lines().map(str::to_owned).collect();
    lines[3].push_str(",surplus");
    check(
        &audit(&lines.join("\n"), &[]),
        &["`loans.csv`, line 4: 23 fields, but the header has 22", "double quotes"],
    );
}

#[test]
fn an_unknown_column() {
    let answer = audit(&applicants(), &["--protected", "sax"]);
    check(&answer, &["`loans.csv` has no column `sax` (did you mean `sex`?)"]);
    let answer = audit(&applicants(), &["--label", "creditabilty", "--favourable", "good"]);
    check(&answer, &["no column `creditabilty` (did you mean `creditability`?)"]);
}

#[test]
fn a_label_with_one_class_only() {
    let text = applicants().replace(",bad,", ",good,");
    check(
        &audit(&text, &[]),
        &["label column `creditability`: all 300 labels are `good`", "two classes are needed"],
    );
}

#[test]
fn a_favourable_value_that_does_not_occur() {
    let answer =
        audit(&applicants(), &["--label", "creditability", "--favourable", "goood", "--output", "good"]);
    check(&answer, &["label column `creditability`: `goood` does not occur", "`bad`, `good`"]);
}

#[test]
fn a_category_never_seen_in_training() {
    let text = with_cell("purpose", 5, "spaceship");
    let answer = audit(&text, &[]);
    check(
        &answer,
        &["column `purpose`, data row 5 (line 6): `spaceship` did not occur in training", "`business`"],
    );

    let room = Room::new(DEMO.program());
    room.put("loans.csv", text);
    let model = demo_file("model.json");
    let lenient = ["--unseen", "missing", "--output", "good", "--approve-rate", "0.7", "--out", "out"];
    let answer = room.run(&[&["audit", &model, "loans.csv"], &lenient[..]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn infinity_is_no_amount_and_nan_is_missing() {
    let answer = audit(&with_cell("credit_amount", 2, "inf"), &[]);
    check(
        &answer,
        &["column `credit_amount`, data row 2 (line 3): inf is not finite", "leave the cell empty"],
    );
    let room = Room::new(DEMO.program());
    room.put("loans.csv", with_cell("credit_amount", 2, "NaN"));
    let model = demo_file("model.json");
    let usual = ["--output", "good", "--approve-rate", "0.7", "--out", "out"];
    assert_eq!(room.run(&[&["audit", &model, "loans.csv"], &usual[..]].concat()).code, 0);
}

#[test]
fn an_all_missing_column_cannot_be_learnt_from() {
    use rationale::tabular::{Schema, Table};
    let table = Table::from_csv_bytes("loans.csv", b"a,b\n1,\n2,\n").unwrap();
    let error = Schema::learn(&table, &[] as &[&str]).unwrap_err().to_string();
    assert!(
        error.contains("`loans.csv`: every value is missing in `b`") && error.contains("exclude them"),
        "{error}"
    );
}

#[test]
fn a_model_with_more_features_than_the_data() {
    let text: Vec<String> =
        applicants().lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
    let answer = audit(&text.join("\n"), &[]);
    check(&answer, &["`loans.csv` has no column `status_of_existing_checking_account`", "its columns are"]);
}

#[test]
fn an_output_folder_that_is_not_empty() {
    let room = Room::new(DEMO.program());
    std::fs::create_dir(room.path("out")).unwrap();
    room.put("out/mine.txt", "mine");
    let answer = room.run(&["demo", "--out", "out"]);
    check(&answer, &["`out` exists and is not an empty folder", "nothing was written", "--force"]);
    assert_eq!(std::fs::read_to_string(room.path("out/mine.txt")).unwrap(), "mine");
    let answer = room.run(&["demo", "--out", "out", "--force", "--quiet"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(!room.path("out/mine.txt").exists() && room.path("out/index.html").exists());
    assert_eq!(room.entries(), ["out"]);
}

#[test]
fn a_file_where_the_folder_should_be() {
    let room = Room::new(DEMO.program());
    room.put("out", "mine");
    let answer = room.run(&["demo", "--out", "out", "--force"]);
    check(&answer, &["`out` exists and is not an empty folder"]);
    assert_eq!(std::fs::read_to_string(room.path("out")).unwrap(), "mine");
}

/// A disk of a few kilobytes, where a user may make one.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let room = Room::new(DEMO.program());
    std::fs::create_dir(room.path("disk")).unwrap();
    let script = "mount -t tmpfs -o size=600k tmpfs disk || exit 77; \"$0\" demo --out disk/out --quiet; \
                  code=$?; ls -A disk; exit $code";
    let program = room.program().display().to_string();
    let answer = room.run_by("unshare", &["--map-root-user", "--mount", "sh", "-c", script, &program]);
    if answer.code != 1 && !answer.err.starts_with("error:") {
        println!("skipped: no disk of our own can be mounted here ({})", answer.err.trim());
        return;
    }
    assert!(answer.err.contains("nothing was written to `disk/out`"), "{}", answer.err);
    assert!(answer.err.contains("No space left on device"), "{}", answer.err);
    assert_eq!(answer.out, "", "something is left");
}

#[test]
fn something_that_is_no_model() {
    let room = Room::new(DEMO.program());
    room.put("loans.csv", "a\n1\n");
    room.put("model.json", "{\"format\": \"other\", \"version\": 3}");
    for (model, part) in [("model.json", "it is `other` version 3"), ("loans.csv", "line 1 column 1")] {
        let answer = room.run(&["inspect", model]);
        check(&answer, &[&format!("`{model}`"), part]);
    }
}

#[test]
fn a_catalogue_with_a_mistake() {
    let catalogue = demo_file("catalogue.toml");
    let text = std::fs::read_to_string(&catalogue).unwrap().replace("\"purpose\"", "\"purpos\"");
    let room = Room::new(DEMO.program());
    room.put("c.toml", text);
    let path = room.path("c.toml").display().to_string();
    check(&audit(&applicants(), &["--catalogue", &path]), &["columns that the model does not use: `purpos`"]);
}
