//! Methods that need only answers, from end to end: outside programs, trees, and what may be wrong with either.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;

use ndarray::Array3;
use ndarray_npy::ReadNpyExt;
use rationale::Seed;
use rationale::audit::ScoringModel;
use rationale::tabular::{Encoder, Encoding, OutputFormat, Schema, Table, labels, write_table};
use rationale::trees::linfa::{Leaves, RandomForest, Training, ensemble_learner};
use rationale_datasets::{GERMAN_CREDIT, MOBILENET};
use rationale_tests::{Answer, Room};
use serde_json::Value;

/// a + 2 b.
const SUM: &str = "while IFS=, read -r a b; do echo $((a + 2 * b)); done";
/// The product of the first two columns.
const PRODUCT: &str = "while IFS=, read -r a b rest; do echo $((a * b)); done";
/// The sum of whole numbers below; neighbours of lime are no whole numbers, which a shell cannot add.
const WHOLE_SUM: &str = "while IFS=, read -r a b rest; do echo $((${a%%.*} + 2 * ${b%%.*})); done";

fn room() -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("rows.csv", "a,b\n1,1\n3,5\n8,0\n4,2\n");
    room
}

/// Explains the room's rows by a shell script, which reads and writes numbers between commas.
fn ask(room: &Room, script: &str, method: &str, more: &[&str]) -> Answer {
    room.put("model.sh", script);
    let usual = ["tabular", "-", "rows.csv", "--predict-command", "sh model.sh", "--predict-format", "csv"];
    let rest = ["--method", method, "--out", "values.npy"];
    room.run(&[&usual[..], &rest, more].concat())
}

fn values(room: &Room, name: &str) -> Array3<f64> {
    Array3::read_npy(fs::File::open(room.path(name)).unwrap()).unwrap()
}

fn json(room: &Room, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(room.path(name)).unwrap()).unwrap()
}

/// Fails with code 1 and one line that holds all parts, and writes nothing.
#[track_caller]
fn check(room: &Room, answer: &Answer, parts: &[&str]) {
    assert_eq!(answer.code, 1, "{}", answer.err);
    for part in parts {
        assert!(answer.err.contains(part), "`{part}` is not in: {}", answer.err);
    }
    assert!(!room.entries().iter().any(|name| name.starts_with("values")), "{:?}", room.entries());
}

#[test]
fn every_shapley_method_divides_a_sum_among_its_columns() {
    let room = room();
    for method in [
        "kernel-shap",
        "permutation-shap",
        "exact-shap",
        "sampling-shap",
        "partition-shap",
        "linear-shap",
        "occlusion",
    ] {
        let answer = ask(&room, SUM, method, &["--background", "rows.csv"]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
        let found = values(&room, "values.npy");
        assert_eq!(found.dim(), (4, 2, 1));
        // The columns' means are 4 and 2. sampling-shap alone draws background rows, so it has an error.
        let evidence = json(&room, "values.evidence.json");
        assert_eq!(evidence["method"], method);
        assert_eq!(evidence["base_values"][0][0], 8.0, "{method}");
        for (row, expected) in [[-3.0, -2.0], [-1.0, 6.0], [4.0, -4.0], [0.0, 0.0]].iter().enumerate() {
            for (column, expected) in expected.iter().enumerate() {
                let error = evidence["standard_error"][row][column][0].as_f64().unwrap_or(0.0);
                let gap = (found[[row, column, 0]] - expected).abs();
                assert!(gap <= 5.0 * error + 1e-9, "{method}, row {row}, column {column}: {gap} of {error}");
            }
        }
    }
}

#[test]
fn lime_of_a_program_has_its_lines_beside_it_and_rows_keep_their_numbers() {
    let room = room();
    room.put("model.sh", SUM);
    let run = |out: &str, more: &[&str]| {
        let usual =
            ["tabular", "-", "rows.csv", "--predict-command", "sh model.sh", "--predict-format", "csv"];
        let rest =
            ["--method", "lime", "--samples", "500", "--stability", "2", "--bins", "none", "--out", out];
        let answer = room.run(&[&usual[..], &rest, more].concat());
        // Neighbours are no whole numbers, so the shell's arithmetic cannot follow.
        (answer.code, answer.err)
    };
    let (code, message) = run("lime.csv", &[]);
    assert_eq!(code, 1);
    assert!(message.contains("sh model.sh"), "{message}");
    room.put("model.sh", WHOLE_SUM);
    assert_eq!(run("lime.csv", &["--rows", "3,1-2"]), (0, notes()));
    let written = fs::read_to_string(room.path("lime.csv")).unwrap();
    let numbers: Vec<&str> = written.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(numbers, ["3", "1", "2"]);
    let lines = json(&room, "lime.local-models.json");
    assert_eq!(lines["format"], "rationale/lime/1");
    assert_eq!(lines["rows"][0]["row"], 3);
    assert_eq!(lines["rows"][0]["stability"][0]["n_explanations"], 3);
    let model = &lines["rows"][0]["models"][0];
    assert!(model["r_squared"].as_f64().unwrap() > 0.9 && model["terms"][0]["standard_error"].is_number());
    // A row's neighbours do not depend on which other rows are explained.
    assert_eq!(run("whole.csv", &[]).0, 0);
    let whole = fs::read_to_string(room.path("whole.csv")).unwrap();
    assert_eq!(whole.lines().nth(4), written.lines().nth(1));
}

fn notes() -> String {
    "the program is sent, in this order: a, b\ncompared with 4 of the 4 rows of `rows.csv`\n".to_owned()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let room = room();
    let run = |threads: &str, method: &str| {
        let more = ["--threads", threads, "--seed", "7", "--samples", "20"];
        assert_eq!(ask(&room, WHOLE_SUM, method, &more).code, 0);
        (fs::read(room.path("values.npy")).unwrap(), fs::read(room.path("values.evidence.json")).unwrap())
    };
    for method in ["lime", "permutation-shap", "sampling-shap"] {
        assert!(run("1", method) == run("2", method), "{method}");
    }
}

#[test]
fn texts_reach_a_program_as_they_are() {
    let room = room();
    room.put("rows.csv", "job,age\n\"clerk, senior\",30\nbaker,40\n,50\n");
    let answer = ask(
        &room,
        "while read -r row; do case $row in '\"clerk, senior\"'*) echo 1;; *) echo 0;; esac; done",
        "exact-shap",
        &[],
    );
    assert_eq!(answer.code, 0, "{}", answer.err);
    let found = values(&room, "values.npy");
    assert!((found[[0, 0, 0]] - 2.0 / 3.0).abs() < 1e-12 && found[[0, 1, 0]] == 0.0, "{found}");
}

#[test]
fn several_methods_have_a_file_each_and_are_compared() {
    let room = room();
    let answer = ask(&room, SUM, "exact-shap", &["--method", "occlusion"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(values(&room, "values.exact-shap.npy").dim(), values(&room, "values.occlusion.npy").dim());
    let arguments =
        ["compare", "tabular", "-", "rows.csv", "--predict-command", "sh model.sh", "--predict-format"];
    let rest = ["csv", "--method", "exact-shap", "--method", "occlusion", "--top", "2", "--out", "sheet.svg"];
    let answer = room.run(&[&arguments[..], &rest].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(fs::read_to_string(room.path("sheet.svg")).unwrap().contains("occlusion"));
    // A sum has no interactions: both methods give the same.
    let pair = &json(&room, "sheet.agreement.json")["pairs"][0];
    assert_eq!((&pair["jaccard"], &pair["a"]), (&Value::from(1.0), &Value::from("exact-shap")));
}

#[test]
fn programs_that_answer_wrongly_are_refused_by_what_they_did() {
    let room = room();
    let refused = |script: &str, parts: &[&str]| {
        let answer = ask(&room, script, "kernel-shap", &["--predict-timeout", "1"]);
        check(&room, &answer, &[&["sh model.sh"], parts].concat());
    };
    refused("read -r row; echo 1; cat > /dev/null & wait; sleep 5", &["gave 1 of 4 answers", "none for 1 s"]);
    refused("while read -r row; do echo NaN; done", &["NaN", "row 0"]);
    refused("while read -r row; do echo good; done", &["good", "a number"]);
    refused("exit 0", &["0 of 4"]);
    refused("echo 'no model here' >&2; read -r row; exit 3", &["exit status: 3", "no model here"]);
    refused("while read -r row; do echo 1; echo 2; done", &["sh model.sh"]);
}

#[test]
fn a_program_that_is_not_there_and_a_wrong_command_are_told_apart() {
    let room = room();
    let run = |command: &str| {
        let more = ["--method", "lime", "--out", "values.csv"];
        room.run(&[&["tabular", "-", "rows.csv", "--predict-command", command], &more[..]].concat())
    };
    check(&room, &run("no-such-program --x"), &["no-such-program"]);
    assert_eq!(run("sh -c 'x").code, 2);
    assert_eq!(run("").code, 2);
    let usage = |arguments: &[&str]| {
        let answer = room.run(&[&["tabular"], arguments, &["--out", "values.csv"]].concat());
        assert_eq!(answer.code, 2, "{arguments:?}: {}", answer.err);
        answer.err
    };
    let asked = ["-", "rows.csv", "--predict-command", "cat", "--method"];
    assert!(usage(&[&asked[..], &["tree-shap"]].concat()).contains("tree-shap needs the trees"));
    assert!(
        usage(&[&asked[..], &["exact-shap", "--samples", "5"]].concat()).contains("--samples says nothing")
    );
    assert!(
        usage(&[&asked[..], &["lime", "--tolerance", "0.1"]].concat()).contains("--tolerance says nothing")
    );
    assert!(usage(&["-", "rows.csv", "--method", "lime"]).contains("--predict-command"));
    assert!(
        usage(&["model.json", "rows.csv", "--predict-command", "cat", "--method", "lime"]).contains("`-`")
    );
}

#[test]
fn a_constant_model_has_zero_attributions_and_says_so() {
    let room = room();
    for method in ["kernel-shap", "exact-shap", "lime", "permutation-shap"] {
        let answer = ask(&room, "while read -r row; do echo 7; done", method, &[]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.contains("there is nothing to attribute"), "{method}: {}", answer.out);
        assert!(values(&room, "values.npy").iter().all(|value| *value == 0.0), "{method}");
    }
}

#[test]
fn more_columns_than_samples_is_refused_or_answered_with_finite_numbers() {
    let room = room();
    let names: Vec<String> = (0..12).map(|column| format!("x{column}")).collect();
    let row =
        |row: usize| (0..12).map(|at| ((row * 7 + at * at) % 5).to_string()).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = (0..6).map(row).collect();
    room.put("rows.csv", format!("{}\n{}\n", names.join(","), rows.join("\n")));
    let script = WHOLE_SUM;
    check(
        &room,
        &ask(&room, script, "kernel-shap", &["--samples", "8"]),
        &["12 players need at least 48 samples", "8"],
    );
    let answer = ask(&room, script, "lime", &["--samples", "8"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(values(&room, "values.npy").iter().all(|value| value.is_finite()));
}

#[test]
fn a_column_of_one_value_gets_nothing() {
    let room = room();
    room.put("rows.csv", "a,b\n1,5\n3,5\n8,5\n");
    for (method, script) in [("kernel-shap", PRODUCT), ("exact-shap", PRODUCT), ("lime", WHOLE_SUM)] {
        let answer = ask(&room, script, method, &[]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        let found = values(&room, "values.npy");
        assert!((0..3).all(|row| found[[row, 1, 0]].abs() < 1e-12), "{method}: {found}");
    }
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let room = room();
    room.put("other.csv", "a,c\n1,2\n");
    check(&room, &ask(&room, SUM, "kernel-shap", &["--background", "other.csv"]), &["other.csv", "`b`"]);
    check(&room, &ask(&room, SUM, "kernel-shap", &["--rows", "2,9"]), &["no row 9", "rows.csv", "4"]);
    check(&room, &ask(&room, SUM, "kernel-shap", &["--target", "3"]), &["3", "1"]);
    room.put("rows.csv", "a,a\n1,1\n3,5\n");
    check(&room, &ask(&room, SUM, "kernel-shap", &[]), &["rows.csv", "`a`"]);
    room.put("rows.csv", "a,b\n1,1\n");
    check(&room, &ask(&room, SUM, "kernel-shap", &[]), &["one row", "--background"]);
}

/// a b + 3 c, of which a and b are one player below.
const PRODUCT_AND_MORE: &str =
    "while IFS=, read -r a b c; do echo $((${a%%.*} * ${b%%.*} + 3 * ${c%%.*})); done";

#[test]
fn a_group_of_columns_is_one_player_to_every_method() {
    let room = room();
    room.put("rows.csv", "a,b,c\n1,1,2\n3,5,0\n8,0,4\n4,2,2\n");
    room.put("groups.txt", "area=a,b\n\n");
    // a b is 1, 15, 0 and 8, with a mean of 6; c has a mean of 2.
    let expected = [[-5.0, 0.0], [9.0, -6.0], [-6.0, 6.0], [2.0, 0.0]];
    let groups = [["--group", "area=a,b"], ["--groups", "groups.txt"]];
    for method in ["kernel-shap", "permutation-shap", "exact-shap", "partition-shap", "occlusion"] {
        for group in groups {
            let answer =
                ask(&room, PRODUCT_AND_MORE, method, &[&["--background", "rows.csv"][..], &group].concat());
            assert_eq!(answer.code, 0, "{method}: {}", answer.err);
            let found = values(&room, "values.npy");
            assert_eq!(found.dim(), (4, 2, 1), "{method}");
            for (row, expected) in expected.iter().enumerate() {
                for (player, expected) in expected.iter().enumerate() {
                    let gap = (found[[row, player, 0]] - expected).abs();
                    assert!(gap < 1e-9, "{method}, row {row}, player {player}: {gap}");
                }
            }
            assert!(answer.out.contains(". area"), "{}", answer.out);
        }
    }
    for method in ["sampling-shap", "random", "lime"] {
        let answer = ask(&room, PRODUCT_AND_MORE, method, &["--group", "area=a,b"]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
        assert_eq!(values(&room, "values.npy").dim(), (4, 2, 1), "{method}");
    }
}

#[test]
fn groups_of_trees_are_summed_and_compared() {
    let room = room();
    german_credit(&room);
    let usual = ["forest.json", "applicants.csv", "--background", "background.csv", "--quiet"];
    let loan = ["--group", "loan=credit_amount,duration_in_month"];
    let methods = ["--method", "tree-shap", "--method", "exact-shap"];
    let single =
        room.run(&[&["tabular"][..], &usual, &["--method", "tree-shap", "--out", "single.npy"]].concat());
    assert_eq!(single.code, 0, "{}", single.err);
    let joined = [&["tabular"][..], &usual, &loan, &methods[..2], &["--out", "joined.npy"]].concat();
    assert_eq!(room.run(&joined).code, 0);
    let (single, joined) = (values(&room, "single.npy"), values(&room, "joined.npy"));
    assert_eq!((single.dim(), joined.dim()), ((3, 20, 2), (3, 19, 2)));
    let sums = |found: &Array3<f64>| found.sum_axis(ndarray::Axis(1));
    assert!((sums(&single) - sums(&joined)).iter().all(|gap| gap.abs() < 1e-12));
    let compared = [&["compare", "tabular"][..], &usual, &loan, &methods, &["--out", "sheet.svg"]].concat();
    let answer = room.run(&compared);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(fs::read_to_string(room.path("sheet.svg")).unwrap().contains("loan"));
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let room = room();
    let refused = |more: &[&str], parts: &[&str]| check(&room, &ask(&room, SUM, "exact-shap", more), parts);
    refused(&["--group", "x=a,d"], &["group `x`", "no column `d`", "a, b"]);
    refused(&["--group", "x=a", "--group", "y=a"], &["group `y`", "`a`", "in a group already"]);
    refused(&["--group", "a=b"], &["two players would be named `a`"]);
    refused(&["--groups", "none.txt"], &["none.txt"]);
    room.put("groups.txt", "x=a\ny\n");
    refused(&["--groups", "groups.txt"], &["groups.txt", "line 2", "is no group"]);
    let by_feature = ask(&room, SUM, "exact-shap", &["--group", "x=a", "--by", "feature"]);
    assert_eq!(by_feature.code, 2, "{}", by_feature.err);
}

#[test]
fn absent_columns_come_from_the_nearest_rows_where_asked() {
    let room = room();
    // b is a; the model reads a alone, so only rows that go together credit b.
    room.put("rows.csv", "a,b\n0,0\n1,1\n4,4\n7,7\n");
    let script = "while IFS=, read -r a b; do echo $a; done";
    for method in ["exact-shap", "kernel-shap", "permutation-shap", "partition-shap"] {
        let found = |more: &[&str]| {
            let answer = ask(&room, script, method, &[&["--background", "rows.csv"][..], more].concat());
            assert_eq!(answer.code, 0, "{method}: {}", answer.err);
            values(&room, "values.npy")
        };
        let (all, nearest) = (found(&[]), found(&["--nearest", "1"]));
        // Row 7: the mean of a is 3.
        assert!((all[[3, 0, 0]] - 4.0).abs() < 1e-9 && all[[3, 1, 0]].abs() < 1e-9, "{method}: {all}");
        assert!(
            (&nearest.slice_axis(ndarray::Axis(0), (3..4).into()) - 2.0).iter().all(|gap| gap.abs() < 1e-9)
        );
    }
    assert_eq!(ask(&room, script, "exact-shap", &["--nearest", "0"]).code, 2);
    assert_eq!(ask(&room, script, "linear-shap", &["--nearest", "1"]).code, 2);
}

#[test]
fn sampling_stops_at_a_stated_error_and_says_so() {
    let room = room();
    let run = |tolerance: &str| {
        // In a sum a column gives the same to every coalition: there would be no error to wait for.
        let more =
            ["--rows", "0-2", "--background", "rows.csv", "--samples", "4000", "--tolerance", tolerance];
        let answer = ask(&room, PRODUCT, "sampling-shap", &more);
        assert_eq!(answer.code, 0, "{}", answer.err);
        json(&room, "values.evidence.json")
    };
    let (loose, tight) = (run("0.2"), run("0.02"));
    let samples = |evidence: &Value| evidence["parameters"]["most_samples_drawn"].as_u64().unwrap();
    assert!(samples(&loose) < samples(&tight), "{loose} {tight}");
    assert!(samples(&loose) < 4000);
    assert_eq!(loose["parameters"]["stopped_by"], "tolerance");
}

#[test]
fn linear_shap_refuses_a_model_with_interactions() {
    let room = room();
    let answer = ask(&room, PRODUCT, "linear-shap", &[]);
    check(&room, &answer, &["this one is not", "kernel-shap"]);
}

/// A forest on German Credit, one feature a column, so that a column is a player to every method.
fn german_credit(room: &Room) {
    let table = Table::from_csv_bytes("german_credit.csv", GERMAN_CREDIT.as_bytes()).unwrap();
    let encoder =
        Encoder::new(Schema::learn(&table, &["creditability"]).unwrap(), Encoding::Ordinal).unwrap();
    let rows = encoder.encode(&table).unwrap().rows;
    let good = labels(&table, "creditability", "good").unwrap();
    let forest =
        RandomForest::new(20).with_max_depth(6).with_seed(Seed::new(0)).fit(rows.view(), &good).unwrap();
    let training = Training::new(rows.view(), &good).unwrap();
    let trees = ensemble_learner(&forest, &training, Leaves::ClassShares)
        .unwrap()
        .with_feature_names(encoder.feature_names().to_vec())
        .unwrap();
    room.put("forest.json", ScoringModel::new(trees, encoder).unwrap().to_json().unwrap());
    for (name, rows) in
        [("applicants.csv", [3, 77, 500].as_slice()), ("background.csv", &[10, 200, 333, 600, 901])]
    {
        write_table(&table.select_rows(rows), &room.path(name), OutputFormat::Csv).unwrap();
    }
}

#[test]
fn exact_values_of_german_credit_are_those_of_tree_shap() {
    let room = room();
    german_credit(&room);
    let arguments = ["tabular", "forest.json", "applicants.csv", "--background", "background.csv", "--quiet"];
    let methods = ["--method", "tree-shap", "--method", "exact-shap", "--method", "kernel-shap"];
    let answer = room.run(&[&arguments[..], &methods, &["--out", "values.npy"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let trees = values(&room, "values.tree-shap.npy");
    assert_eq!(trees.dim(), (3, 20, 2));
    let worst =
        |name: &str| (&values(&room, name) - &trees).iter().fold(0.0_f64, |worst, gap| worst.max(gap.abs()));
    let exact = worst("values.exact-shap.npy");
    assert!(exact < 1e-9, "{exact}");
    // Sampled with 2088 of a million coalitions, so within its errors only.
    let errors = &json(&room, "values.kernel-shap.evidence.json")["standard_error"];
    let flat = |errors: &Value| {
        errors.as_array().unwrap().iter().flat_map(|it| it.as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let largest = flat(errors).iter().map(|it| it[0].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(largest > 0.0 && worst("values.kernel-shap.npy") < 6.0 * largest);
}

#[test]
fn a_black_picture_has_nothing_to_attribute() {
    let room = room();
    room.put("net.onnx", MOBILENET);
    room.put("net.json", r#"{"format": "rationale-network", "version": 1, "preset": "imagenet-tf"}"#);
    // The smallest BMP: 8 x 8 black pixels.
    let mut bmp = b"BM".to_vec();
    bmp.extend(246_u32.to_le_bytes());
    bmp.extend([0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 1, 0, 24, 0]);
    bmp.resize(246, 0);
    room.put("black.bmp", bmp);
    for method in ["occlusion", "partition-shap"] {
        let usual = ["image", "net.onnx", "black.bmp", "--out", "map.npy", "--superpixels", "slic"];
        let more = ["--segments", "4", "--method", method];
        let cut = if method == "occlusion" { &usual[..5] } else { &usual[..] };
        let more = if method == "occlusion" { ["--window", "112", "--method", method] } else { more };
        let answer = room.run(&[cut, &more].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.err.contains("there is nothing to attribute"), "{method}: {}", answer.err);
        let map = Array3::<f32>::read_npy(fs::File::open(room.path("map.npy")).unwrap()).unwrap();
        assert!(map.iter().all(|value| *value == 0.0), "{method}");
    }
}

#[test]
fn a_photograph_is_explained_by_the_networks_answers() {
    let room = room();
    room.put("net.onnx", MOBILENET);
    room.put("net.json", r#"{"format": "rationale-network", "version": 1, "preset": "imagenet-tf"}"#);
    room.put("cat.png", rationale_datasets::CHELSEA);
    let usual = ["image", "net.onnx", "cat.png", "--softmax", "--superpixels", "slic", "--segments", "6"];
    let methods = ["--method", "kernel-shap", "--method", "lime", "--samples", "40", "--signed"];
    let answer = room.run(&[&usual[..], &methods, &["--out", "maps.json"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let both = json(&room, "maps.json");
    assert_eq!((&both[0]["method"], &both[1]["method"]), (&Value::from("kernel-shap"), &Value::from("lime")));
    // Few enough parts for every coalition: nothing is left to chance, and the values sum up.
    assert!(both[0]["completeness_gap"].as_f64().unwrap() < 1e-9, "{}", both[0]["completeness_gap"]);
    assert!(both[1]["standard_error"][0][0][0].is_number());
    let refused = room
        .run(&["image", "net.onnx", "cat.png", "--method", "grad-cam", "--fill", "blur", "--out", "x.png"]);
    assert_eq!(refused.code, 2, "{}", refused.err);
}
