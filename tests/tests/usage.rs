//! The program's manners: exit codes, help, and what the commands print and write.

use std::fs;

use ndarray::{Array3, Array4};
use ndarray_npy::ReadNpyExt;
use rationale_tests::Room;

fn room() -> Room {
    Room::new(env!("CARGO_BIN_EXE_rationale-under-test"))
}

/// `a < 0.5 ? 1 : 3` and `b < 0.5 ? 0 : 2`, two outputs.
const MODEL: &str = r#"{"format": "rationale-trees", "version": 1, "feature_names": ["a", "b"],
    "output_names": ["low", "high"], "base_score": [0.0, 0.0], "link": "identity", "input": "double",
    "cover_source": "model", "trees": [
    {"weight": 1.0, "output": null, "nodes": [
        {"feature": 0, "test": {"less": 0.5}, "missing": "right", "left": 1, "right": 2, "cover": 40.0},
        {"leaf": [1.0, -1.0], "cover": 30.0}, {"leaf": [3.0, -3.0], "cover": 10.0}]},
    {"weight": 1.0, "output": 1, "nodes": [
        {"feature": 1, "test": {"less": 0.5}, "missing": "right", "left": 1, "right": 2, "cover": 4.0},
        {"leaf": [0.0], "cover": 2.0}, {"leaf": [2.0], "cover": 2.0}]}]}"#;

fn furnished() -> Room {
    let room = room();
    room.put("model.json", MODEL);
    room.put("rows.csv", "b,a,c\n1,1,x\n0,0,y\n1,,z\n");
    room
}

#[test]
fn wrong_usage_is_code_2() {
    let room = furnished();
    let refused = [
        vec!["audit", "model.json", "rows.csv", "--output", "low", "--out", "out"],
        vec!["audit", "model.json", "rows.csv", "--label", "c", "--out", "out"],
        vec!["tabular", "model.json", "rows.csv", "--method", "magic", "--out", "a.csv"],
        vec![
            "tabular",
            "model.json",
            "rows.csv",
            "--method",
            "tree-shap",
            "--perturbation",
            "interventional",
            "--out",
            "a.csv",
        ],
        vec!["demo", "--threads", "0"],
        vec!["demo", "--threads", "100000"],
        vec!["audit", "model.json", "rows.csv", "--output", "low", "--approve-rate", "70", "--out", "out"],
        vec!["audit", "model.json", "rows.csv", "--output", "low", "--cut-off", "nan", "--out", "out"],
        vec!["nonsense"],
    ];
    for arguments in refused {
        let answer = room.run(&arguments);
        assert_eq!(answer.code, 2, "{arguments:?}: {}", answer.err);
    }
    assert_eq!(room.entries(), ["model.json", "rows.csv"]);
}

#[test]
fn help_and_completions_and_version() {
    let room = room();
    let help = room.run(&["--help"]);
    assert_eq!(help.code, 0);
    for command in ["demo", "inspect", "tabular", "audit", "completions"] {
        assert!(help.out.contains(command), "{command}");
    }
    assert!(room.run(&["completions", "bash"]).out.contains("rationale"));
    assert!(room.run(&["--version"]).out.starts_with("rationale 0."));
}

#[test]
fn inspect_says_what_a_model_holds() {
    let room = furnished();
    let text = room.run(&["inspect", "model.json"]).out;
    assert!(text.contains("rationale-trees JSON") && text.contains("2 trees, 2 splits, 4 leaves"), "{text}");
    let json = room.run(&["inspect", "model.json", "--json"]).json();
    assert_eq!(json["features"], serde_json::json!(["a", "b"]));
    assert_eq!(json["n_features_used"], 2);
}

#[test]
fn tabular_writes_every_format_with_its_evidence() {
    let room = furnished();
    for name in ["v.npy", "v.csv", "v.parquet", "v.json"] {
        let answer = room.run(&["tabular", "model.json", "rows.csv", "--method", "tree-shap", "--out", name]);
        assert_eq!(answer.code, 0, "{}", answer.err);
    }
    let values = Array3::<f64>::read_npy(fs::File::open(room.path("v.npy")).unwrap()).unwrap();
    assert_eq!(values.dim(), (3, 2, 2));
    // Row 0 has a = 1 and b = 1: against 1.5 and 1 on average, a gives +1.5 to `low`, b gives +1 to `high`.
    assert_eq!((values[[0, 0, 0]], values[[0, 1, 1]], values[[0, 1, 0]]), (1.5, 1.0, 0.0));
    let evidence: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(room.path("v.evidence.json")).unwrap()).unwrap();
    assert_eq!(evidence["method"], "tree-shap");
    assert_eq!(evidence["parameters"]["perturbation"], "path-dependent");
    assert_eq!(evidence["base_values"][0], serde_json::json!([1.5, -0.5]));
    let whole: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(room.path("v.json")).unwrap()).unwrap();
    assert_eq!(whole["evidence"]["completeness_gap"], 0.0);
}

#[test]
fn a_background_makes_it_interventional_and_a_target_is_one_output() {
    let room = furnished();
    room.put("background.csv", "a,b\n0,0\n");
    let answer = room.run(&[
        "tabular",
        "model.json",
        "rows.csv",
        "--method",
        "tree-shap",
        "--background",
        "background.csv",
        "--target",
        "high",
        "--out",
        "v.csv",
        "--json",
    ]);
    let evidence = answer.json();
    assert_eq!(evidence["parameters"]["perturbation"], "interventional");
    assert_eq!((&evidence["n_background_rows"], &evidence["output_names"][0]), (&1.into(), &"high".into()));
    let csv = fs::read_to_string(room.path("v.csv")).unwrap();
    assert_eq!(csv, "row,a,b,base_value,prediction\n0,-2,2,-1,-1\n1,0,0,-1,-1\n2,-2,2,-1,-1\n");
}

#[test]
fn interactions_have_a_matrix_for_each_row() {
    let room = furnished();
    let answer = room.run(&[
        "tabular",
        "model.json",
        "rows.csv",
        "--method",
        "tree-shap",
        "--interactions",
        "--target",
        "1",
        "--out",
        "v.npy",
    ]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let values = Array4::<f64>::read_npy(fs::File::open(room.path("v.npy")).unwrap()).unwrap();
    assert_eq!(values.dim(), (3, 2, 2, 1));
    assert_eq!(values[[0, 0, 1, 0]], 0.0);
}

#[test]
fn an_unknown_target_names_the_outputs() {
    let room = furnished();
    let answer = room.run(&[
        "tabular",
        "model.json",
        "rows.csv",
        "--method",
        "tree-shap",
        "--target",
        "7",
        "--out",
        "v.csv",
    ]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.err.contains("the model has no output `7`; its outputs are `low`, `high`"),
        "{}",
        answer.err
    );
    assert_eq!(room.entries(), ["model.json", "rows.csv"]);
}

#[test]
fn an_engine_and_a_precision_can_be_forced_and_stand_in_the_evidence() {
    let room = furnished();
    let run = |more: &[&str]| {
        let usual =
            ["tabular", "model.json", "rows.csv", "--method", "tree-shap", "--out", "v.csv", "--json"];
        room.run(&[&usual[..], more].concat()).json()["engine"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(&["--engine", "plain"]), "plain-f64");
    assert!(run(&["--engine", "row-simd"]).starts_with("row-simd-f64"));
    assert!(run(&["--engine", "row-simd", "--precision", "single"]).starts_with("row-simd-f32"));
}

#[test]
fn a_result_has_a_place_of_its_own() {
    let room = furnished();
    std::fs::create_dir(room.path("folder.csv")).unwrap();
    let refused = [
        ("rows.csv", "one of the files to read"),
        ("no/v.csv", "no such folder"),
        ("folder.csv", "is a folder"),
    ];
    for (out, part) in refused {
        let answer = room.run(&["tabular", "model.json", "rows.csv", "--method", "tree-shap", "--out", out]);
        assert!(answer.code == 1 && answer.err.contains(part), "{out}: {}", answer.err);
    }
    assert!(fs::read_to_string(room.path("rows.csv")).unwrap().starts_with("b,a,c"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let room = furnished();
    let script = "\"$0\" inspect model.json | true; \"$0\" tabular model.json rows.csv --method tree-shap --out v.csv | true";
    let program = room.program().display().to_string();
    let answer = room.run_by("sh", &["-c", script, &program]);
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    assert!(room.path("v.csv").exists());
}

#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    let room = room();
    let script =
        "\"$0\" demo --out deep/er/out --threads 1 --quiet & sleep 1; kill -INT $!; wait $!; echo $?";
    let program = room.program().display().to_string();
    let answer = room.run_by("bash", &["-c", &format!("set -m; {script}"), &program]);
    // A machine that is quick enough has finished.
    let done = answer.out.trim() == "0" && room.path("deep/er/out/index.html").exists();
    assert!(
        done || (answer.out.trim() == "130" && room.entries().is_empty()),
        "{} {:?}",
        answer.out,
        room.entries()
    );
}

#[test]
fn an_audit_of_log_odds_says_so_and_names_applicants() {
    let room = room();
    let model = MODEL.replace("identity", "logistic");
    room.put("model.json", model);
    room.put("rows.csv", "b,a,name\n1,1,Ada\n0,0,Bea\n1,0,Cid\n0,1,Dan\n1,1,Eve\n");
    let usual =
        ["audit", "model.json", "rows.csv", "--favourable", "high", "--cut-off", "0.5", "--reference", "all"];
    let answer = room.run(&[&usual[..], &["--id", "name", "--out", "out"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let audit: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(room.path("out/audit.json")).unwrap()).unwrap();
    assert_eq!(audit["unit"], "log-odds");
    let reasons = fs::read_to_string(room.path("out/reasons.json")).unwrap();
    assert!(reasons.contains("\"id\": \"Ada\"") || reasons.contains("\"id\": \"Bea\""), "{reasons}");
    let page = fs::read_to_string(room.path("out/index.html")).unwrap();
    assert!(
        page.contains("high (log-odds)") && page.contains("moved the log-odds by"),
        "the unit is not named"
    );
    let contradiction = room.run(&[&usual[..], &["--lower-is-favourable", "--out", "two"]].concat());
    assert!(contradiction.err.contains("lower scores cannot be favourable"), "{}", contradiction.err);
}

#[test]
fn an_unknown_extension_writes_nothing() {
    let room = furnished();
    let answer = room.run(&["tabular", "model.json", "rows.csv", "--method", "tree-shap", "--out", "v.xlsx"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("`.parquet`, `.csv`, `.json`, `.npy`"), "{}", answer.err);
}
