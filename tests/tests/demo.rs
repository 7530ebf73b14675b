//! The demo from end to end: it works, it repeats itself, and its folder can be worked with by hand.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;

use ndarray::{Array3, Axis};
use ndarray_npy::ReadNpyExt;
use rationale::tabular::Table;
use rationale_tests::Room;

fn room() -> Room {
    Room::new(env!("CARGO_BIN_EXE_rationale-under-test"))
}

fn files(room: &Room, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in [folder.to_owned(), format!("{folder}/figures")] {
        for entry in fs::read_dir(room.path(&name)).unwrap().flatten() {
            if entry.path().is_file() {
                found.push((entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_demo_explains_every_applicant_and_can_be_done_again_by_hand() {
    let room = room();
    let demo = room.run(&["demo", "--out", "out/demo"]);
    assert_eq!(demo.code, 0, "{}", demo.err);
    assert!(demo.out.contains("210 approved, 90 declined") && demo.out.contains("AUC 0.7"), "{}", demo.out);

    let page = fs::read_to_string(room.path("out/demo/index.html")).unwrap();
    for part in
        ["What drives the score", "applicant by applicant", "The state of your checking account", "<svg"]
    {
        assert!(page.contains(part), "{part}");
    }

    let attributions = Table::read(&room.path("out/demo/attributions.parquet")).unwrap();
    assert_eq!((attributions.n_rows(), attributions.n_columns()), (300, 17 + 3));
    let sum_of = |row: usize| -> f64 {
        let columns =
            attributions.columns().filter(|(name, _)| !["row", "base_value", "prediction"].contains(name));
        columns.map(|(_, column)| column.numbers().unwrap()[row]).sum()
    };
    let number = |name: &str, row: usize| attributions.column(name).unwrap().numbers().unwrap()[row];
    for row in 0..300 {
        let difference = number("prediction", row) - number("base_value", row);
        assert!((sum_of(row) - difference).abs() <= 1e-9 * difference.abs(), "row {row}");
    }

    let by_hand = room.run(&[
        "audit",
        "out/demo/model.json",
        "out/demo/applicants.csv",
        "--label",
        "creditability",
        "--favourable",
        "good",
        "--approve-rate",
        "0.7",
        "--catalogue",
        "out/demo/catalogue.toml",
        "--protected",
        "sex",
        "--protected",
        "age_in_years",
        "--bands",
        "age_in_years=25,35,50",
        "--out",
        "by-hand",
    ]);
    assert_eq!(by_hand.code, 0, "{}", by_hand.err);
    for name in ["attributions.parquet", "reasons.json", "reasons.csv", "decisions.csv", "groups.csv"] {
        let (one, two) = (room.path("out/demo").join(name), room.path("by-hand").join(name));
        assert!(fs::read(one).unwrap() == fs::read(two).unwrap(), "{name} differs");
    }
}

#[test]
fn every_row_of_german_credit_adds_up() {
    let room = room();
    assert_eq!(room.run(&["demo", "--out", "demo", "--quiet"]).code, 0);
    room.put("all.csv", rationale_datasets::GERMAN_CREDIT);
    for background in [&[][..], &["--background", "demo/training.csv"]] {
        let usual =
            ["tabular", "demo/model.json", "all.csv", "--method", "tree-shap", "--out", "v.npy", "--quiet"];
        let answer = room.run(&[&usual, background].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        let values = Array3::<f64>::read_npy(fs::File::open(room.path("v.npy")).unwrap()).unwrap();
        let evidence = fs::read_to_string(room.path("v.evidence.json")).unwrap();
        let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!(values.dim().0, 1000);
        for ((row, output), sum) in values.sum_axis(Axis(1)).indexed_iter() {
            let end = |name: &str| evidence[name][row][output].as_f64().unwrap();
            let difference = end("predictions") - end("base_values");
            assert!((sum - difference).abs() <= 1e-9 * difference.abs(), "row {row}: {sum} {difference}");
        }
    }
}

#[test]
fn threads_change_no_byte_and_a_seed_does() {
    let room = room();
    for (folder, threads, seed) in
        [("one", "1", "0"), ("two", "2", "0"), ("four", "4", "0"), ("other", "2", "1")]
    {
        let demo = room.run(&["demo", "--out", folder, "--threads", threads, "--seed", seed, "--quiet"]);
        assert_eq!((demo.code, demo.out.as_str(), demo.err.as_str()), (0, "", ""));
    }
    let one = files(&room, "one");
    assert!(one == files(&room, "two") && one == files(&room, "four"));
    assert!(one != files(&room, "other"));
}

#[test]
fn the_summary_is_json_on_request() {
    let room = room();
    let demo = room.run(&["demo", "--json"]);
    let summary = demo.json();
    assert_eq!(summary["format"], "rationale/audit/2");
    assert_eq!(summary["n_rows"], 300);
    assert_eq!(room.entries(), ["rationale-demo"]);
}

#[test]
fn the_log_is_json_lines_on_request() {
    let room = room();
    let demo = room.run(&["demo", "-v", "--log-format", "json"]);
    let spans: Vec<serde_json::Value> =
        demo.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has = |name: &str| spans.iter().any(|span| span["span"]["name"] == name);
    assert!(has("decide") && has("tree_shap") && has("write_audit"), "{}", demo.err);
}
