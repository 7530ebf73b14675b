//! The audit from end to end: every format of model, hostile data, tampering, drift, a configuration from nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use rationale::Seed;
use rationale::audit::ScoringModel;
use rationale::tabular::{ColumnKind, Encoder, Encoding, OutputFormat, Schema, Table, labels, write_table};
use rationale::trees::linfa::{Leaves, RandomForest, Training, ensemble_learner};
use rationale_tests::{Answer, Room};
use serde_json::Value;

fn room() -> Room {
    Room::new(env!("CARGO_BIN_EXE_rationale-under-test"))
}

#[track_caller]
fn good(answer: Answer) -> Answer {
    assert_eq!(answer.code, 0, "{}{}", answer.out, answer.err);
    answer
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// All files of a folder and of those in it, by their paths there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A score that two columns add to and one does not touch.
fn additive(names: [&str; 3], output: &str) -> String {
    let names = names.map(|name| Value::from(name).to_string()).join(", ");
    format!(
        r#"{{"format": "rationale-trees", "version": 1, "feature_names": [{names}],
    "output_names": [{}], "base_score": [0.0], "link": "identity", "input": "double",
    "cover_source": "model", "trees": [
    {{"weight": 1.0, "output": null, "nodes": [
        {{"feature": 0, "test": {{"less": 0.5}}, "missing": "right", "left": 1, "right": 2, "cover": 40.0}},
        {{"leaf": [1.0], "cover": 30.0}}, {{"leaf": [3.0], "cover": 10.0}}]}},
    {{"weight": 1.0, "output": null, "nodes": [
        {{"feature": 1, "test": {{"less": 0.5}}, "missing": "right", "left": 1, "right": 2, "cover": 4.0}},
        {{"leaf": [0.0], "cover": 2.0}}, {{"leaf": [1.0], "cover": 2.0}}]}}]}}"#,
        Value::from(output)
    )
}

/// Sixty applicants in a table of `a,b,c,who,group,paid`.
fn applicants() -> String {
    let row = |k: usize| {
        let (a, b) = (k % 2, (k / 2) % 2);
        format!(
            "{a},{b},{},p{k},{},{}\n",
            k % 7,
            if k.is_multiple_of(3) { "x" } else { "y" },
            if a + b > 0 { "yes" } else { "no" }
        )
    };
    format!("a,b,c,who,group,paid\n{}", (0..60).map(row).collect::<String>())
}

fn furnished() -> Room {
    let room = room();
    room.put("model.json", additive(["a", "b", "c"], "points"));
    room.put("loans.csv", applicants());
    room
}

const AUDIT: [&str; 15] = [
    "audit",
    "model.json",
    "loans.csv",
    "--id",
    "who",
    "--label",
    "paid",
    "--favourable",
    "yes",
    "--cut-off",
    "3",
    "--protected",
    "group",
    "--out",
    "audit",
];

#[test]
fn every_format_gives_the_same_kind_of_audit() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/audit_formats");
    let said = json(golden.join("scores.json"));
    let columns: Vec<&str> =
        said["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for (file, of_file) in said["models"].as_object().unwrap() {
        let room = room();
        room.put("german.csv", rationale_datasets::GERMAN_CREDIT);
        room.put(file, fs::read(golden.join(file)).unwrap());
        let outputs = good(room.run(&["inspect", file, "--json"])).json()["outputs"].clone();
        let output = outputs.as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
        let names = columns.join(",");
        good(room.run(&[
            "audit",
            file,
            "german.csv",
            "--feature-names",
            &names,
            "--output",
            &output,
            "--approve-rate",
            "0.7",
            "--label",
            "creditability",
            "--favourable",
            "good",
            "--protected",
            "foreign_worker",
            "--reference-rows",
            "200",
            "--out",
            "audit",
            "--quiet",
        ]));
        let decisions = Table::read(&room.path("audit/decisions.csv")).unwrap();
        let scores = decisions.column("score").unwrap().numbers().unwrap();
        let tolerance = of_file["tolerance"].as_f64().unwrap();
        for (row, (ours, theirs)) in scores.iter().zip(of_file["scores"].as_array().unwrap()).enumerate() {
            let gap = (ours - theirs.as_f64().unwrap()).abs();
            assert!(gap <= tolerance, "{file}, row {row}: {ours} and {theirs}");
        }
        let found = json(room.path("audit/audit.json"));
        assert!(found["completeness_gap"].as_f64().unwrap() < 1e-9, "{file}");
        assert_eq!(found["importance"].as_array().unwrap().len(), columns.len(), "{file}");
        assert!(found["performance"]["auc"]["value"].as_f64().unwrap() > 0.65, "{file}");
        let cases = json(room.path("audit/reasons.json"));
        let cases = cases.as_array().unwrap();
        assert_eq!(cases.len() as u64, found["n_declined"].as_u64().unwrap());
        assert!((250..=330).contains(&cases.len()), "{file}: {}", cases.len());
        assert!(
            cases.iter().all(|case| (1..=4).contains(&case["reasons"].as_array().unwrap().len())),
            "{file}"
        );
        let verified = good(room.run(&["verify", "audit", "--rows", "20", "--json"])).json();
        assert_eq!((verified["n_scored"].as_u64(), verified["n_explained"].as_u64()), (Some(1000), Some(20)));
    }
}

/// A forest of linfa on all columns but some, its outputs the label's other value and the favourable one.
fn linfa(table: &Table, label: &str, [other, favourable]: [&str; 2], unseen: &[&str]) -> String {
    let excluded: Vec<&str> = unseen.iter().copied().chain([label]).collect();
    let encoder = Encoder::new(Schema::learn(table, &excluded).unwrap(), Encoding::OneHot).unwrap();
    let rows = encoder.encode(table).unwrap().rows;
    let good = labels(table, label, favourable).unwrap();
    let forest =
        RandomForest::new(10).with_max_depth(5).with_seed(Seed::new(0)).fit(rows.view(), &good).unwrap();
    let training = Training::new(rows.view(), &good).unwrap();
    let trees = ensemble_learner(&forest, &training, Leaves::ClassShares)
        .unwrap()
        .with_feature_names(encoder.feature_names().to_vec())
        .unwrap()
        .with_output_names(vec![other.to_owned(), favourable.to_owned()])
        .unwrap();
    ScoringModel::new(trees, encoder).unwrap().to_json().unwrap()
}

#[test]
fn large_tables_are_audited_where_they_are() {
    let Some(data) = std::env::var_os("RATIONALE_TESTDATA") else {
        println!("skipped: no test data");
        return;
    };
    let of = |file: &str| Table::read(&Path::new(&data).join("tabular").join(file)).unwrap();
    let cases = [
        ("taiwan_UCI_Credit_Card.csv", "Y", ["1", "0"], "X2", &["ID", "X2", "X3", "X4", "X5"][..]),
        (
            "AER_HMDA.csv",
            "deny",
            ["yes", "no"],
            "afam",
            &["rownames", "afam", "single", "hschool", "condomin"],
        ),
    ];
    for (file, label, values, protected, unseen) in cases {
        let room = room();
        let table = of(file);
        let rows: Vec<usize> = (0..table.n_rows().min(3000)).collect();
        let table = table.select_rows(&rows);
        room.put("model.json", linfa(&table, label, values, unseen));
        write_table(&table, &room.path("loans.csv"), OutputFormat::Csv).unwrap();
        good(room.run(&[
            "audit",
            "model.json",
            "loans.csv",
            "--label",
            label,
            "--favourable",
            values[1],
            "--approve-rate",
            "0.8",
            "--protected",
            protected,
            "--reference",
            "just-above",
            "--catalogue",
            "hmda",
            "--out",
            "audit",
            "--quiet",
        ]));
        let found = json(room.path("audit/audit.json"));
        assert!(found["performance"]["auc"]["value"].as_f64().unwrap() > 0.7, "{file}");
        assert_eq!(found["n_rows"].as_u64().unwrap() as usize, table.n_rows(), "{file}");
        let n_declined = found["n_declined"].as_u64().unwrap();
        let letters = fs::read_to_string(room.path("audit/letters.txt")).unwrap();
        assert_eq!(letters.split('\u{c}').count() as u64, n_declined, "{file}");
        assert!(!found["comparisons"][0]["gaps"].as_array().unwrap().is_empty(), "{file}");
        good(room.run(&["verify", "audit", "--rows", "20"]));
    }
}

/// 10 b less a, asked of a shell.
const PROGRAM: &str = "sh -c 'while IFS=, read -r a b; do echo $((10 * b - a)); done'";

#[test]
fn a_program_is_audited_and_asked_again() {
    let room = room();
    let row = |k: usize| {
        format!("{},{},p{k},{}\n", (k * 7) % 23, (k * 5) % 3, if k.is_multiple_of(2) { "x" } else { "y" })
    };
    let table =
        |rows: std::ops::Range<usize>| format!("a,b,who,group\n{}", rows.map(row).collect::<String>());
    room.put("loans.csv", table(0..60));
    room.put("reference.csv", table(100..140));
    let asked = ["--predict-command", PROGRAM, "--predict-format", "csv"];
    let usual = [
        "audit",
        "-",
        "loans.csv",
        "--id",
        "who",
        "--protected",
        "group",
        "--cut-off",
        "0",
        "--reference",
        "reference.csv",
        "--out",
        "audit",
    ];
    let told = good(room.run(&[&usual[..], &asked].concat()));
    assert!(told.err.contains("the program is sent, in this order: a, b"), "{}", told.err);
    // Of a line the value is its slope times the distance from the reference's mean, whatever the orders.
    let reference = Table::read(&room.path("reference.csv")).unwrap();
    let mean = |name: &str| reference.column(name).unwrap().numbers().unwrap().iter().sum::<f64>() / 40.0;
    let (loans, values) = (
        Table::read(&room.path("loans.csv")).unwrap(),
        Table::read(&room.path("audit/attributions.parquet")).unwrap(),
    );
    for (name, slope) in [("a", -1.0), ("b", 10.0)] {
        let (of_loans, of_values) = (loans.column(name).unwrap(), values.column(name).unwrap());
        for (x, value) in of_loans.numbers().unwrap().iter().zip(of_values.numbers().unwrap()) {
            assert!((value - slope * (x - mean(name))).abs() < 1e-9, "{name} = {x}: {value}");
        }
    }
    let found = json(room.path("audit/audit.json"));
    assert_eq!((&found["model"]["n_trees"], &found["unit"]), (&Value::Null, &Value::from("score")));
    let page = fs::read_to_string(room.path("audit/index.html")).unwrap();
    assert!(page.contains("interventional, sampled") && page.contains("Values are sampled"));

    // A folder's word starts no program; a person's does.
    let alone = room.run(&["verify", "audit"]);
    assert!(
        alone.code == 1 && alone.out.contains("nothing is recomputed unless you name it"),
        "{}",
        alone.out
    );
    let verified = good(room.run(&[&["verify", "audit", "--json"][..], &asked].concat())).json();
    assert_eq!((verified["n_scored"].as_u64(), verified["n_explained"].as_u64()), (Some(60), Some(60)));
    let other = PROGRAM.replace("10 * b", "9 * b");
    let differs = room.run(&["verify", "audit", "--predict-command", &other, "--predict-format", "csv"]);
    assert!(differs.code == 1 && differs.out.contains("decisions.csv"), "{}", differs.out);
    let again = ["audit", "--config", "audit/audit.toml", "--out", "again"];
    room.put("audit/loans.csv", table(0..60));
    room.put("audit/reference.csv", table(100..140));
    good(room.run(&again));
    let [one, two] =
        ["audit", "again"].map(|folder| fs::read(room.path(folder).join("reasons.csv")).unwrap());
    assert!(one == two);
}

#[test]
fn a_configuration_from_nothing_leads_to_letters() {
    let room = furnished();
    good(room.run(&["audit", "init", "model.json", "loans.csv"]));
    let unsaid = room.run(&["audit", "--config", "audit.toml", "--out", "audit"]);
    assert!(unsaid.code == 2 && unsaid.err.contains("who is approved must be stated"), "{}", unsaid.err);
    let text = fs::read_to_string(room.path("audit.toml")).unwrap();
    let odd = text.replace("# cut_off = 0.5", "cut_off = 3").replace("# id = \"...\"", "id = \"whom\"");
    room.put("audit.toml", &odd);
    let line = 1 + odd.lines().position(|line| line.starts_with("id = ")).unwrap();
    let wrong = room.run(&["audit", "--config", "audit.toml", "--out", "audit"]);
    assert!(wrong.code == 1 && wrong.err.contains(&format!("`audit.toml`, line {line}: ")), "{}", wrong.err);
    let text = text.replace("# cut_off = 0.5", "cut_off = 3").replace("# \"a\" = \"C01\"", "\"a\" = \"C01\"");
    room.put("audit.toml", text);
    good(room.run(&["audit", "--config", "audit.toml", "--out", "audit"]));
    let n_declined = json(room.path("audit/audit.json"))["n_declined"].as_u64().unwrap();
    let letters = fs::read_to_string(room.path("audit/letters.txt")).unwrap();
    assert_eq!(letters.split('\u{c}').count() as u64, n_declined);
    assert_eq!(Table::read(&room.path("audit/notices.csv")).unwrap().n_rows() as u64, n_declined);
    good(room.run(&["verify", "audit"]));
}

#[test]
fn a_byte_changed_anywhere_names_its_file() {
    let room = furnished();
    room.put("key.hex", "5a".repeat(32));
    good(room.run(&[&AUDIT[..], &["--signing-key", "key.hex"]].concat()));
    let names = files(&room.path("audit"));
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let path = format!("audit/{name}");
        let whole = fs::read(room.path(&path)).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            room.put(&path, flipped);
            let answer = room.run(&["verify", "audit", "--rows", "0", "--json"]);
            let problems = answer.json()["problems"].clone();
            let named = problems.as_array().unwrap().iter().any(|problem| problem["file"] == name);
            assert!(answer.code == 1 && named, "{name}, byte {at}: {problems}");
        }
        room.put(&path, whole);
    }
    good(room.run(&["verify", "audit"]));
    room.put("audit/more.txt", "more");
    assert!(room.run(&["verify", "audit", "--rows", "0"]).out.contains("more.txt: is not in the manifest"));
}

#[test]
fn a_changed_row_of_data_is_said() {
    let room = furnished();
    good(room.run(&AUDIT));
    room.put("loans.csv", applicants().replace("1,0,1,p1,", "0,0,1,p1,"));
    let answer = room.run(&["verify", "audit"]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("loans.csv: the data is not the one that was audited"), "{}", answer.out);
    assert!(answer.out.contains("other scores or decisions: row 1 (`p1`)"), "{}", answer.out);
}

#[test]
fn drift_is_code_1_and_the_same_portfolio_is_not() {
    let room = furnished();
    let drift = |after: &str, out: &str| {
        room.run(&["audit", "drift", "model.json", "loans.csv", after, "--out", out])
    };
    good(drift("loans.csv", "same"));
    room.put("later.csv", applicants().replace("\n0,", "\n1,"));
    let moved = drift("later.csv", "moved");
    assert!(moved.code == 1 && moved.err.contains("exceed a limit"), "{}", moved.err);
    let found = json(room.path("moved/drift.json"));
    let is_exceeded = |what: &str, column: &str| {
        let all = found["drift"].as_array().unwrap();
        all.iter().find(|it| it["what"] == what && it["column"] == column).unwrap()["is_exceeded"]
            .as_bool()
            .unwrap()
    };
    assert!(is_exceeded("input", "a") && is_exceeded("attribution", "a") && is_exceeded("score", "points"));
    assert!(!is_exceeded("input", "b") && !is_exceeded("attribution", "b") && !is_exceeded("input", "c"));
}

/// What people who mean harm, or write from right to left, call themselves.
fn hostile() -> Vec<String> {
    let mut names = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>",
        "=cmd|' /C calc'!A1",
        "+1+cmd|' /C calc'!A1",
        "@SUM(1+1)*cmd|' /C calc'!A1",
        "-2+3+cmd|' /C calc'!A1",
        "\"quoted\", and 'single'",
        "`code` {{ 7 * 7 }} {% raw %} ${7*7}",
        "\u{202e}gnp.exe\u{202c} שלום \u{200f}",
        "javascript:alert(1)//\u{0}",
    ]
    .map(String::from)
    .to_vec();
    names.push("x".repeat(10_000));
    names
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[test]
fn hostile_names_stay_words() {
    let room = room();
    let hostile = hostile();
    let names = [hostile[0].as_str(), &hostile[2], &hostile[10]];
    let (id, group) = (&hostile[1], &hostile[6]);
    room.put("model.json", additive(names, "good\"><svg onload=alert(1)>"));
    let header = [names[0], names[1], names[2], id, group].map(quoted).join(",");
    let row = |k: usize| {
        let name = |at: usize| quoted(&hostile[at % hostile.len()]);
        format!("{},{},{},{},{}\n", k % 2, (k / 2) % 2, k % 7, name(k), name(k / 40))
    };
    room.put("loans.csv", format!("{header}\n{}", (0..120).map(row).collect::<String>()));
    good(room.run(&[
        "audit",
        "model.json",
        "loans.csv",
        "--cut-off",
        "3",
        "--id",
        id,
        "--protected",
        group,
        "--catalogue",
        "consumer-credit",
        "--out",
        "audit",
        "--output",
        "good\"><svg onload=alert(1)>",
    ]));
    let page = fs::read_to_string(room.path("audit/index.html")).unwrap();
    // The data of the applicants and the script of the page, and nothing that came with the data.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    for open in ["<img", "<svg onload", "=alert(1)>"] {
        assert!(!page.contains(open), "{open}");
    }
    for name in files(&room.path("audit")) {
        let path = room.path("audit").join(&name);
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => cells_are_tame(&path),
            Some("svg") => {
                let drawn = fs::read_to_string(&path).unwrap();
                assert!(!drawn.contains("<script") && !drawn.contains("<img"), "{name}");
            }
            Some("json") => drop(json(path)),
            _ => {}
        }
    }
    good(room.run(&["verify", "audit"]));
}

/// No cell is what a spreadsheet would run.
#[track_caller]
fn cells_are_tame(path: &Path) {
    let table = Table::read(path).unwrap();
    let mut cells: Vec<String> = table.column_names().into_iter().map(str::to_owned).collect();
    for (_, column) in table.columns().filter(|(_, column)| column.kind() == ColumnKind::Text) {
        cells.extend((0..table.n_rows()).filter_map(|row| column.text_at(row)).map(Cow::into_owned));
    }
    for cell in cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}: {cell}", path.display());
    }
}
