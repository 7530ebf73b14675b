//! Large tables part by part: cut off and resumed, from folders and patterns, in short form, summarised.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rationale::tabular::{Column, OutputFormat, Table, write_table};
use rationale_core::Seed;
use rationale_testkit::random_trees::{self, Shape};
use rationale_tests::{Answer, Room};
use serde_json::Value;

const N_FEATURES: usize = 5;

fn room(n_outputs: usize) -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    let shape = Shape { n_features: N_FEATURES, n_outputs, n_trees: 8, depth: 4 };
    let model = random_trees::ensemble(shape, Seed::new(7)).unwrap();
    room.put("model.json", rationale::trees::json::to_string(&model));
    room
}

/// Rows for the model, the first of them with this number.
fn table(first: usize, n_rows: usize) -> Table {
    let rows = random_trees::rows(n_rows, N_FEATURES, Seed::new(first as u64));
    let feature =
        |feature: usize| (format!("feature {feature}"), Column::numeric(rows.column(feature).to_vec()));
    let mut columns: Vec<(String, Column)> = (0..N_FEATURES).map(feature).collect();
    let ids = (first..first + n_rows).map(|row| Some(format!("id-{row}")));
    columns.push(("id".to_owned(), Column::text(ids)));
    Table::new("rows", columns).unwrap()
}

fn put_table(room: &Room, name: &str, table: &Table) {
    let path = room.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_table(table, &path, OutputFormat::from_path(&path).unwrap()).unwrap();
}

fn explain(room: &Room, data: &str, out: &str, more: &[&str]) -> Answer {
    room.run(&[&["tabular", "model.json", data, "--method", "tree-shap", "--out", out], more].concat())
}

fn explained(room: &Room, data: &str, out: &str, more: &[&str]) -> Table {
    let answer = explain(room, data, out, more);
    assert_eq!(answer.code, 0, "{}", answer.err);
    Table::read(&room.path(out)).unwrap()
}

fn numbers(table: &Table, name: &str) -> Vec<f64> {
    table.column(name).unwrap().numbers().unwrap().to_vec()
}

fn json(room: &Room, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(room.path(name)).unwrap()).unwrap()
}

/// The columns of both tables that are called alike hold the same numbers, to the last digits.
fn check_same_values(one: &Table, other: &Table) {
    for feature in 0..N_FEATURES {
        let name = format!("feature {feature}");
        for (a, b) in numbers(one, &name).iter().zip(numbers(other, &name)) {
            assert!((a - b).abs() < 1e-12, "{name}: {a} {b}");
        }
    }
    assert_eq!(one.n_rows(), other.n_rows());
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let room = room(1);
    put_table(&room, "rows.parquet", &table(0, 40_000));
    let options = ["--part-rows", "250", "--keep", "id"];
    explained(&room, "rows.parquet", "whole.parquet", &options);

    let mut child = Command::new(room.program())
        .args(["tabular", "model.json", "rows.parquet", "--method", "tree-shap", "--out", "cut.parquet"])
        .args(options)
        .current_dir(room.path(""))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let parts = room.path("cut.parquet.parts");
    let begin = Instant::now();
    while !parts.join("part-00000005.parquet").exists() && begin.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!room.path("cut.parquet").exists() && parts.is_dir(), "the run ended before it was killed");

    let refused = explain(&room, "rows.parquet", "cut.parquet", &options);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("cut.parquet.parts` holds the parts of a run that was cut off"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("(--resume)"), "{}", refused.err);
    let other =
        explain(&room, "rows.parquet", "cut.parquet", &[&options[..], &["--resume", "--top", "2"]].concat());
    assert!(other.code == 1 && other.err.contains("which differ in top"), "{}", other.err);

    explained(&room, "rows.parquet", "cut.parquet", &[&options[..], &["--resume"]].concat());
    for kind in ["parquet", "evidence.json", "summary.json", "summary.html"] {
        let bytes = |name: &str| fs::read(room.path(&format!("{name}.{kind}"))).unwrap();
        assert!(bytes("whole") == bytes("cut"), "{kind}");
    }
    assert!(!parts.exists());
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let room = room(2);
    put_table(&room, "rows.parquet", &table(0, 3000));
    for threads in ["1", "2", "3"] {
        explained(
            &room,
            "rows.parquet",
            &format!("{threads}.parquet"),
            &["--part-rows", "700", "--threads", threads],
        );
    }
    let bytes = |name: &str| fs::read(room.path(name)).unwrap();
    assert!(bytes("1.parquet") == bytes("2.parquet") && bytes("1.parquet") == bytes("3.parquet"));
}

#[test]
fn folders_and_patterns_are_the_rows_of_their_files() {
    for extension in ["parquet", "csv"] {
        let room = room(1);
        let (first, second) = (table(0, 300), table(300, 200));
        put_table(&room, &format!("d/year=2024/a.{extension}"), &first);
        put_table(&room, &format!("d/year=2025/b.{extension}"), &second);
        let folder = explained(
            &room,
            "d",
            "folder.parquet",
            &["--keep", "year", "--keep", "id", "--part-rows", "128"],
        );
        assert_eq!(folder.column_names()[..3], ["row", "year", "id"]);
        let year = numbers(&folder, "year");
        assert!(
            year[..300].iter().all(|year| *year == 2024.0) && year[300..].iter().all(|year| *year == 2025.0)
        );
        assert_eq!(numbers(&folder, "row"), (0..500).map(f64::from).collect::<Vec<_>>());
        assert_eq!(folder.column("id").unwrap().text_at(499).as_deref(), Some("id-499"));

        let pattern = format!("d/*/*.{extension}");
        check_same_values(&folder, &explained(&room, &pattern, "pattern.parquet", &[]));
        for (part, rows) in [(first, 0..300), (second, 300..500)] {
            put_table(&room, "part.csv", &part);
            let alone = explained(&room, "part.csv", "alone.parquet", &[]);
            check_same_values(&alone, &folder.select_rows(&rows.collect::<Vec<_>>()));
        }
        let nothing = explain(&room, "d/*.orc", "n.parquet", &[]);
        assert!(nothing.code == 1 && nothing.err.contains("names no file"), "{}", nothing.err);
    }
}

#[test]
fn the_short_form_has_the_largest_values() {
    for n_outputs in [1, 2] {
        let room = room(n_outputs);
        put_table(&room, "rows.csv", &table(0, 200));
        let all = explained(&room, "rows.csv", "all.parquet", &[]);
        let top = explained(&room, "rows.csv", "top.parquet", &["--top", "3", "--part-rows", "64"]);
        for output in 0..n_outputs {
            let named = |name: &str| match n_outputs {
                1 => name.to_owned(),
                _ => format!("{name}[output {output}]"),
            };
            assert_eq!(numbers(&top, &named("prediction")), numbers(&all, &named("prediction")));
            let values: Vec<Vec<f64>> =
                (0..N_FEATURES).map(|feature| numbers(&all, &named(&format!("feature {feature}")))).collect();
            for row in 0..200 {
                let of_row: Vec<f64> = values.iter().map(|of_feature| of_feature[row]).collect();
                let mut order: Vec<usize> = (0..N_FEATURES).collect();
                order.sort_by(|a, b| of_row[*b].abs().total_cmp(&of_row[*a].abs()));
                for (rank, feature) in order[..3].iter().enumerate() {
                    let name = top
                        .column(&named(&format!("top_{}_feature", rank + 1)))
                        .unwrap()
                        .text_at(row)
                        .unwrap();
                    let value = numbers(&top, &named(&format!("top_{}_value", rank + 1)))[row];
                    assert!((value - of_row[*feature]).abs() < 1e-12);
                    assert_eq!(name, format!("feature {feature}"));
                }
            }
        }
    }
}

#[test]
fn the_summary_is_of_all_rows() {
    let room = room(1);
    put_table(&room, "rows.parquet", &table(0, 900));
    let options = ["--part-rows", "200", "--sample", "50", "--interaction-strength"];
    let all = explained(&room, "rows.parquet", "all.parquet", &options);
    let (summary, evidence) = (json(&room, "all.summary.json"), json(&room, "all.evidence.json"));
    assert_eq!((&summary["n_rows"], &evidence["n_rows"]), (&Value::from(900), &Value::from(900)));
    for feature in 0..N_FEATURES {
        let values = numbers(&all, &format!("feature {feature}"));
        let mean = values.iter().map(|value| value.abs()).sum::<f64>() / 900.0;
        assert!((summary["mean_absolute"][feature][0].as_f64().unwrap() - mean).abs() < 1e-12);
    }
    let sample = summary["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 50);
    for sampled in sample {
        let row = sampled["row"].as_u64().unwrap() as usize;
        assert_eq!(sampled["values"][2][0].as_f64().unwrap(), numbers(&all, "feature 2")[row]);
    }
    let strength = &summary["interaction_strength"]["mean_absolute"];
    let of = |a: usize, b: usize| strength[a][b][0].as_f64().unwrap();
    assert!((of(0, 1) - of(1, 0)).abs() < 1e-12 && of(2, 2) > 0.0);
    let page = fs::read_to_string(room.path("all.summary.html")).unwrap();
    assert_eq!(
        page.matches("<svg").count(),
        2 * (1 + 3),
        "a beeswarm and three features, each in two themes"
    );
    assert!(page.contains("Over all 900 rows") && page.contains("Mean |interaction|"));
    assert!(evidence["completeness_gap"].as_f64().unwrap() < 1e-10);
}

#[test]
fn what_cannot_be_made_part_by_part_is_refused() {
    let room = room(1);
    put_table(&room, "rows.csv", &table(0, 10));
    for (out, option) in
        [("v.csv", &["--top", "2"][..]), ("v.parquet", &["--top", "0"]), ("v.json", &["--resume"])]
    {
        assert_eq!(explain(&room, "rows.csv", out, option).code, 2, "{option:?}");
    }
    assert_eq!(explain(&room, "rows.csv", "v.parquet", &["--interactions", "--keep", "id"]).code, 2);
    let absent = explain(&room, "rows.csv", "v.parquet", &["--keep", "ident"]);
    assert!(absent.code == 1 && absent.err.contains("no column `ident`"), "{}", absent.err);
    assert_eq!(room.entries(), ["model.json", "rows.csv"]);
}
