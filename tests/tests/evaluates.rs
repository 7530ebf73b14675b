//! `rationale evaluate`, from end to end.
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rationale-under-test"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fail(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

/// One number of results.json.
fn value(results: &[Value], method: &str, metric: &str) -> f64 {
    let line = results.iter().find(|it| it["method"] == method && it["metric"] == metric);
    line.unwrap_or_else(|| unreachable!("no {metric} of {method}"))["value"].as_f64().unwrap()
}

fn results(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("results.json")).unwrap()).unwrap()
}

#[test]
fn methods_over_trees_are_measured_and_beat_random_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, &["demo", "--out", "demo", "-q"]);
    let usual = ["evaluate", "tabular", "demo/model.json", "demo/applicants.csv", "--rows", "12"];
    let methods = ["--method", "tree-shap", "--method", "occlusion", "--method", "random"];
    let run = |more: &[&str]| succeed(at, &[&usual[..], &methods, more].concat());
    let text = run(&["--out", "found"]);
    println!("{text}");
    let found = results(&at.join("found"));
    for file in ["results.csv", "index.html", "curves.svg", "pareto.svg", "deletion.svg"] {
        assert!(at.join("found").join(file).is_file(), "{file} is missing");
    }
    for line in &found {
        for key in ["method", "metric", "value", "interval", "higher_is_better"] {
            assert!(line.get(key).is_some(), "{key} is missing in {line}");
        }
    }
    assert!(value(&found, "tree-shap", "deletion") < value(&found, "random", "deletion"));
    assert!(value(&found, "tree-shap", "degradation") > value(&found, "random", "degradation"));
    assert!(value(&found, "tree-shap", "completeness") < 1e-6);
    // Random numbers do not look at the model, and the test says so; TreeSHAP does.
    assert!(value(&found, "random", "parameter-randomisation") > 0.99);
    assert!(value(&found, "tree-shap", "parameter-randomisation") < 0.6);

    assert_eq!(text, run(&["--out", "again", "--threads", "1"]));

    let arguments = ["evaluate", "tabular", "demo/model.json", "demo/applicants.csv", "--out", "no"];
    let too_small = fail(at, &[&arguments[..], &["--metric", "deletion", "--budget", "3"]].concat());
    assert!(too_small.contains("a budget of 3 model calls is too small"), "{too_small}");
    let no_label = fail(at, &[&arguments[..], &["--metric", "pointing-game"]].concat());
    assert!(no_label.contains("pointing-game needs a label"), "{no_label}");
    assert!(
        fail(at, &[&arguments[..], &["--metric", "nonsense"]].concat()).contains("the metrics are deletion")
    );
    let one_row = succeed(
        at,
        &[
            "evaluate",
            "tabular",
            "demo/model.json",
            "demo/applicants.csv",
            "--rows",
            "1",
            "--metric",
            "deletion",
            "--out",
            "one",
        ],
    );
    assert!(one_row.starts_with("1 inputs"), "{one_row}");
}

#[test]
fn grad_cam_depends_on_the_weights_of_mobilenet_and_random_numbers_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, &["demo", "--out", "demo", "-q"]);
    std::fs::copy(at.join("demo/chelsea.png"), at.join("cat.png")).unwrap();
    let boxes = r#"{"cat.png": [[100, 10, 360, 290]]}"#;
    let written: std::io::Result<()> =
        rationale_core::whole::write_file(&at.join("boxes.json"), |out| out.write_all(boxes.as_bytes()));
    written.unwrap();
    let metrics =
        ["deletion", "insertion", "degradation", "parameter-randomisation", "pointing-game", "energy-in-box"];
    let metrics: Vec<&str> = metrics.iter().flat_map(|it| ["--metric", it]).collect();
    let arguments = [
        "evaluate",
        "image",
        "demo/mobilenet.onnx",
        "cat.png",
        "--boxes",
        "boxes.json",
        "--method",
        "grad-cam",
        "--method",
        "random",
        "--layers",
        "3",
        "--out",
        "found",
    ];
    let text = succeed(at, &[&arguments[..], &metrics].concat());
    println!("{text}");
    let found = results(&at.join("found"));
    // A comparison with the control, not a pass: the mean of three steps was 0.57 on this picture, above the 0.5 at which the evidence
    // says that an explanation depends on what was learnt.
    let survival = |method| value(&found, method, "parameter-randomisation");
    assert!(survival("random") > 0.99 && survival("grad-cam") < survival("random"));
    assert!(value(&found, "grad-cam", "insertion") > value(&found, "random", "insertion"));
    assert_eq!(value(&found, "grad-cam", "pointing-game"), 1.0);
}

/// The demo's network that reads, with its tokenizer.
fn reading(at: &Path) -> [&'static str; 4] {
    succeed(at, &["demo", "--out", "demo", "-q"]);
    ["text", "demo/sentiment.onnx", "--tokenizer", "demo/tokenizer.json"]
}

#[test]
fn methods_over_texts_are_measured_and_beat_random_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let model = reading(at);
    let texts = ["The actors are wonderful, but the plot is terrible.", "A moving and funny film."];
    let more = ["--method-samples", "200", "--out", "found"];
    let text = succeed(at, &[&["evaluate"][..], &model[..], &texts, &more].concat());
    assert!(text.starts_with("2 inputs"), "{text}");
    let found = results(&at.join("found"));
    for method in ["lime", "partition-shap", "integrated-gradients", "occlusion"] {
        assert!(value(&found, method, "deletion") < value(&found, "random", "deletion"), "{method}");
        assert!(value(&found, method, "parameter-randomisation") < 0.9, "{method}");
        assert!(value(&found, method, "average-sensitivity") > 0.0, "{method}: one word is hidden");
    }
    assert!(value(&found, "random", "parameter-randomisation") > 0.99);
    // Blends of two words are no words.
    assert!(!found.iter().any(|it| it["metric"] == "average-drop" || it["metric"] == "continuity"));
    assert!(value(&found, "partition-shap", "completeness") < 1e-6);
    let usual = [&["evaluate"][..], &model[..], &texts].concat();
    let blended = fail(at, &[&usual[..], &["--metric", "average-drop", "--out", "no"]].concat());
    assert!(blended.contains("average-drop moves or blends the numbers of an input"), "{blended}");
    let budget = fail(at, &[&usual[..], &["--metric", "deletion", "--budget", "9", "--out", "no"]].concat());
    assert!(budget.contains("too small") && budget.contains("the smallest that works is"), "{budget}");
    let one = [&["evaluate"][..], &model[..], &["Bad", "--out", "no"]].concat();
    let alone = fail(at, &[&one[..], &["--metric", "consistency"]].concat());
    assert!(alone.contains("give two inputs or more"), "{alone}");
    assert!(!at.join("no").exists());
}

#[test]
fn boxes_beside_a_photograph_are_refused_by_name_and_boxes_beside_the_crop_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, &["demo", "--out", "demo", "-q"]);
    let write = |boxes: &str| -> std::io::Result<()> {
        rationale_core::whole::write_file(&at.join("boxes.json"), |out| out.write_all(boxes.as_bytes()))
    };
    write(r#"{"chelsea.png": [[5000, 5000, 5100, 5100]]}"#).unwrap();
    let arguments = [
        "evaluate",
        "image",
        "demo/mobilenet.onnx",
        "demo/chelsea.png",
        "--boxes",
        "boxes.json",
        "--out",
        "no",
    ];
    let outside = fail(at, &arguments);
    assert!(outside.contains("the boxes of `chelsea.png`") && outside.contains("has no pixel"), "{outside}");
    write(r#"{"chelsea.png": [[0, 100, 20, 120]]}"#).unwrap();
    let unseen = fail(at, &[&arguments[..], &["--metric", "energy-in-box"]].concat());
    assert!(unseen.contains("every box lies beside what the network sees of its picture"), "{unseen}");
    let unlabelled = ["evaluate", "image", "demo/mobilenet.onnx", "demo/chelsea.png", "--out", "no"];
    let unlabelled = fail(at, &[&unlabelled[..], &["--metric", "energy-in-box"]].concat());
    assert!(unlabelled.contains("give the boxes of objects in pictures by --boxes FILE"), "{unlabelled}");
}

#[test]
fn full_evidence_of_a_text_is_said_on_the_terminal_the_page_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let model = reading(at);
    let rest = ["The plot is terrible.", "--method", "random", "--evidence", "full", "--out", "page.html"];
    let text = succeed(at, &[&model[..], &rest].concat());
    let sentence = "Does not depend on what the model has learnt";
    assert!(text.contains(sentence), "{text}");
    assert!(std::fs::read_to_string(at.join("page.html")).unwrap().contains(sentence));
    let json = succeed(at, &[&model[..], &rest, &["--json"]].concat());
    let document: Value = serde_json::from_str(&json).unwrap();
    let verdicts = &document["texts"][0]["explanations"][0]["full"]["verdicts"];
    assert!(
        verdicts.as_array().unwrap().iter().any(|it| it["about"] == "randomisation" && it["passed"] == false)
    );
}
