//! Texts from end to end: the program on the embedded network that reads.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;

use rationale_datasets::{SENTIMENT, SENTIMENT_TOKENIZER};
use rationale_tests::{Answer, Room};
use serde_json::Value;

fn room() -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("net.onnx", SENTIMENT);
    room.put("tokenizer.json", SENTIMENT_TOKENIZER);
    room
}

fn explain(room: &Room, text: &str, more: &[&str]) -> Answer {
    let arguments = ["text", "net.onnx", "--tokenizer", "tokenizer.json", text];
    room.run(&[&arguments[..], more].concat())
}

fn found(room: &Room, text: &str, more: &[&str]) -> Value {
    let answer = explain(room, text, &[more, &["--json"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer.json()["texts"][0].clone()
}

/// The values of the words by a method.
fn values(found: &Value, method: usize) -> Vec<f64> {
    let values = found["explanations"][method]["attributions"]["values"][0].as_array().unwrap();
    values.iter().map(|it| it[0].as_f64().unwrap()).collect()
}

const PLANTED: &str = "The actors walk and talk, the film is terrible, the end comes.";

/// The word with the largest value.
fn top(found: &Value, method: usize) -> String {
    let values = values(found, method);
    let best = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap();
    found["words"][best]["word"].as_str().unwrap().to_owned()
}

#[test]
fn a_planted_word_carries_the_weight_by_every_method() {
    let room = room();
    let methods = ["lime", "kernel-shap", "permutation-shap", "exact-shap", "partition-shap", "occlusion"];
    let more: Vec<&str> =
        methods.iter().flat_map(|it| ["--method", it]).chain(["--target", "negative"]).collect();
    let found = found(&room, PLANTED, &more);
    for (place, method) in methods.iter().enumerate() {
        assert_eq!(top(&found, place), "terrible", "{method}");
    }
}

#[test]
fn gradients_at_the_embedding_find_the_planted_word() {
    let room = room();
    let methods = ["integrated-gradients", "deeplift"];
    let more: Vec<&str> = methods
        .iter()
        .flat_map(|it| ["--method", it])
        .chain(["--target", "negative", "--tolerance", "0.001"])
        .collect();
    let found = found(&room, PLANTED, &more);
    for (place, method) in methods.iter().enumerate() {
        assert_eq!(top(&found, place), "terrible", "{method}");
    }
    let integrated = &found["explanations"][0]["attributions"];
    let of_no_word = integrated["evidence"]["parameters"]["of_no_word"].as_f64().unwrap();
    let sum = values(&found, 0).iter().sum::<f64>() + of_no_word;
    let difference =
        integrated["predictions"][0][0].as_f64().unwrap() - integrated["base_values"][0][0].as_f64().unwrap();
    assert!((sum - difference).abs() <= 0.001 * difference.abs() + 1e-5, "{sum} of {difference}");
    assert!(integrated["evidence"]["steps"].as_u64().unwrap() > 0);
}

#[test]
fn what_says_nothing_to_a_method_is_refused() {
    let room = room();
    let answer = explain(&room, "a dull film", &["--method", "saliency", "--steps", "9"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("--steps says nothing to these methods"), "{}", answer.err);
    let answer = explain(&room, "a dull film", &["--method", "saliency", "--embedding", "nowhere"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("nowhere"), "{}", answer.err);
}

#[test]
fn a_tokenizer_with_more_words_than_the_network_has_rows_is_refused() {
    let room = room();
    let mut tokenizer: Value = serde_json::from_str(SENTIMENT_TOKENIZER).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    let n = vocabulary.len();
    vocabulary.insert("unheard-of".to_owned(), n.into());
    room.put("tokenizer.json", tokenizer.to_string());
    let answer = explain(&room, "a dull film", &["--method", "occlusion"]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    let parts = [
        "the tokenizer does not fit the network".to_owned(),
        format!("ids up to {n} (`unheard-of`)"),
        format!("{n} rows"),
    ];
    assert!(parts.iter().all(|it| answer.err.contains(it)), "{}", answer.err);
}

#[test]
fn without_its_top_word_the_score_is_lower() {
    let room = room();
    let score = |text: &str| {
        let found = found(&room, text, &["--method", "occlusion", "--target", "negative"]);
        found["outputs"]["negative"].as_f64().unwrap() - found["outputs"]["positive"].as_f64().unwrap()
    };
    assert!(score(PLANTED) > score(&PLANTED.replace("terrible", "")) + 0.5);
}

#[test]
fn shapley_values_add_up_and_carry_their_evidence() {
    let room = room();
    let found = found(&room, "a wonderful film", &["--method", "exact-shap", "--method", "sampling-shap"]);
    let attributions = &found["explanations"][0]["attributions"];
    let sum: f64 = values(&found, 0).iter().sum();
    let difference = attributions["predictions"][0][0].as_f64().unwrap()
        - attributions["base_values"][0][0].as_f64().unwrap();
    assert!((sum - difference).abs() < 1e-9);
    let evidence = &found["explanations"][1]["attributions"]["evidence"];
    assert!(evidence["standard_error"][0][0][0].is_number() && evidence["model_calls"].as_u64().unwrap() > 0);
    assert_eq!(evidence["baseline"], "each token of an absent word is [MASK]");
}

#[test]
fn a_page_takes_no_text_for_markup_and_has_every_script() {
    let room = room();
    let text = "<script>alert('x')</script> & \"good\" \u{5e1}\u{5e8}\u{5d8} \u{5e0}\u{5d4}\u{5d3}\u{5e8} \u{1f600}\u{1f44d}\u{1f3fd}";
    let answer = explain(&room, text, &["--method", "occlusion", "--out", "page.html"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let page = fs::read_to_string(room.path("page.html")).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;"));
    assert!(
        page.contains("\u{1f44d}\u{1f3fd}")
            && page.contains("\u{5e1}\u{5e8}\u{5d8}")
            && page.contains("dir=\"auto\"")
    );
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
}

#[test]
fn a_pipe_has_no_colours_and_methods_are_compared() {
    let room = room();
    let answer = explain(&room, "a dull film", &["--method", "exact-shap", "--method", "random"]);
    assert!(!answer.out.contains('\u{1b}') && answer.out.contains("Kendall"), "{}", answer.out);
    assert!(answer.err.contains("`attention_mask` takes 1 for each token"), "{}", answer.err);
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let room = room();
    let run = |threads| {
        explain(&room, PLANTED, &["--method", "permutation-shap", "--json", "--threads", threads]).out
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn one_word_is_explained_and_none_is_refused() {
    let room = room();
    for method in ["exact-shap", "kernel-shap", "occlusion", "partition-shap", "lime"] {
        let answer = explain(&room, "terrible", &["--method", method]);
        assert_eq!(answer.code, 0, "{method}: {}", answer.err);
    }
    for text in ["", " \n "] {
        let answer = explain(&room, text, &["--method", "occlusion"]);
        assert_eq!(answer.code, 1);
        assert!(answer.err.contains("the text has no words"), "{}", answer.err);
    }
}

#[test]
fn a_long_text_is_refused_or_cut_and_that_is_said() {
    let room = room();
    let long = "good ".repeat(10_000);
    let answer = explain(&room, &long, &["--method", "occlusion"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("10002 tokens, but the network takes 256 at most"), "{}", answer.err);
    let cut = found(&room, &"good ".repeat(300), &["--method", "occlusion", "--cut"]);
    assert_eq!(cut["tokens_cut"], 46);
    assert_eq!(values(&cut, 0)[299], 0.0);
}

#[test]
fn a_tokenizer_that_does_not_fit_is_refused() {
    let room = room();
    let foreign = SENTIMENT_TOKENIZER.replacen("\"vocab\":{", "\"vocab\":{\"zzforeign\":99999,", 1);
    room.put("tokenizer.json", foreign);
    let answer = explain(&room, "good", &["--method", "occlusion"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("ids up to 99999 (`zzforeign`)"), "{}", answer.err);
    room.put("tokenizer.json", "{}");
    let answer = explain(&room, "good", &["--method", "occlusion"]);
    assert!(answer.code == 1 && answer.err.contains("this is no tokenizer.json"), "{}", answer.err);
}

#[test]
fn wrong_usage_is_code_2() {
    let room = room();
    for more in [
        &["--method", "magic"][..],
        &["--method", "lime", "--target", "neutral"],
        &["--method", "lime", "--out", "a.txt"],
        &["--method", "lime", "--batch-size", "0"],
        &[],
    ] {
        let answer = explain(&room, "good", more);
        assert_eq!(answer.code, 2, "{more:?}: {}", answer.err);
    }
}
