//! Networks and pictures from end to end: the program on the embedded network and photograph.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::fs;

use ndarray::{Array3, Array4};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use rationale_datasets::{CHELSEA, MOBILENET};
use rationale_tests::Room;
use serde_json::Value;

/// A room with the network, its description and the photograph.
fn room() -> Room {
    let room = Room::new(env!("CARGO_BIN_EXE_rationale-under-test"));
    room.put("net.onnx", MOBILENET);
    room.put("net.json", r#"{"format": "rationale-network", "version": 1, "preset": "imagenet-tf"}"#);
    room.put("cat.png", CHELSEA);
    room
}

fn json(room: &Room, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(room.path(name)).unwrap()).unwrap()
}

#[test]
fn a_photograph_is_explained_as_a_picture_with_its_evidence() {
    let room = room();
    let answer = room.run(&["image", "net.onnx", "cat.png", "--method", "grad-cam", "--out", "heat.png"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("cat.png: Egyptian cat"), "{}", answer.out);
    assert!(fs::read(room.path("heat.png")).unwrap().starts_with(b"\x89PNG"));
    let evidence = json(&room, "heat.evidence.json");
    assert_eq!(evidence["method"], "grad-cam");
    assert_eq!(evidence["logits"].as_array().unwrap().len(), 1001);
    assert_eq!(evidence["predictions"][0]["class"], "Egyptian cat");
    assert!(
        evidence["parameters"]["layer"].as_str().unwrap().contains("[1024, 7, 7]"),
        "{}",
        evidence["parameters"]
    );
}

#[test]
fn gradients_of_a_photograph_say_how_far_they_are_from_adding_up() {
    let room = room();
    let arguments = [
        "image",
        "net.onnx",
        "cat.png",
        "--method",
        "integrated-gradients",
        "--steps",
        "8",
        "--baseline",
        "black",
        "--batch-size",
        "4",
        "--signed",
        "--out",
        "heat.png",
    ];
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let evidence = json(&room, "heat.evidence.json");
    assert_eq!((&evidence["method"], &evidence["steps"]), (&"integrated-gradients".into(), &8.into()));
    assert!(evidence["completeness_gap"].as_f64().unwrap() > 0.0);
    assert_eq!(evidence["predictions"][0]["class"], "Egyptian cat");
}

#[test]
fn the_first_node_that_makes_no_numbers_is_named() {
    let room = room();
    let mut network = Vec::from(MOBILENET);
    // Half-precision weights that are no numbers, whichever byte they begin at.
    let middle = network.len() / 2;
    network[middle..middle + 64].fill(0x7e);
    room.put("net.onnx", network);
    for method in ["saliency", "integrated-gradients", "deeplift", "lrp-epsilon"] {
        let answer = room.run(&["image", "net.onnx", "cat.png", "--method", method, "--out", "heat.png"]);
        assert_eq!(answer.code, 1, "{method}: {}", answer.err);
        let parts = ["is the first to make a number that is not finite: NaN at position", "Conv"];
        assert!(parts.iter().all(|it| answer.err.contains(it)), "{method}: {}", answer.err);
        assert!(!room.path("heat.png").exists());
    }
}

#[test]
fn rules_and_guided_maps_are_values_like_any() {
    let room = room();
    let methods = ["saliency", "guided-backprop", "guided-grad-cam", "deeplift", "lrp-epsilon-plus"];
    let more: Vec<&str> = methods.iter().flat_map(|it| ["--method", it]).collect();
    let arguments = [&["image", "net.onnx", "cat.png", "--out", "maps.npy"], &more[..]].concat();
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let maps = Array3::<f32>::read_npy(fs::File::open(room.path("maps.npy")).unwrap()).unwrap();
    assert_eq!(maps.dim(), (methods.len(), 224, 224));
    for map in maps.outer_iter() {
        assert!(map.iter().all(|it| (0.0..=1.0).contains(it)) && map.iter().any(|it| *it > 0.5));
    }
}

#[test]
fn a_baseline_says_nothing_to_an_activation_map() {
    let room = room();
    let arguments =
        ["image", "net.onnx", "cat.png", "--method", "grad-cam", "--baseline", "black", "--out", "heat.png"];
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("--baseline says nothing to these methods"), "{}", answer.err);
}

#[test]
fn maps_are_drawn_on_the_whole_photograph_and_written_as_the_network_saw_it() {
    let room = room();
    let arguments = ["image", "net.onnx", "cat.png", "--method", "grad-cam", "--out", "heat.svg"];
    assert_eq!(room.run(&arguments).code, 0);
    // Of 300 x 451 pixels in a column of 272, for the photograph and for its map.
    let sheet = fs::read_to_string(room.path("heat.svg")).unwrap();
    assert_eq!(sheet.matches("width=\"272\" height=\"181\"").count(), 2);
    assert!(sheet.contains("What the network did not see"), "{}", &sheet[..300]);
    let geometry = &json(&room, "heat.evidence.json")["geometry"];
    assert_eq!(geometry["photograph"], serde_json::json!({"height": 300, "width": 451}));
    let seen = serde_json::json!({"top": 0.0, "left": 75.0, "height": 300.0, "width": 300.0});
    assert_eq!(geometry["seen"], seen);
    assert_eq!(geometry["map"], serde_json::json!({"height": 224, "width": 224}));
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    let room = room();
    let run = |out: &str, threads: &str| {
        let arguments =
            ["--threads", threads, "image", "net.onnx", "cat.png", "--method", "layer-cam", "--out", out];
        assert_eq!(room.run(&arguments).code, 0);
        fs::read(room.path(out)).unwrap()
    };
    assert_eq!(run("a.png", "1"), run("b.png", "2"));
}

#[test]
fn raw_maps_are_values_of_each_method() {
    let room = room();
    let arguments =
        ["image", "net.onnx", "cat.png", "--method", "grad-cam", "--method", "random", "--out", "maps.npy"];
    assert_eq!(room.run(&arguments).code, 0);
    let maps = Array3::<f32>::read_npy(fs::File::open(room.path("maps.npy")).unwrap()).unwrap();
    assert_eq!(maps.dim(), (2, 224, 224));
    assert!(maps.iter().all(|it| (0.0..=1.0).contains(it)));
}

#[test]
fn a_tensor_stands_for_a_picture() {
    let room = room();
    let mut bytes = Vec::new();
    Array4::<f32>::from_elem((1, 3, 224, 224), 0.25).write_npy(&mut bytes).unwrap();
    room.put("input.npy", bytes);
    let arguments =
        ["image", "net.onnx", "input.npy", "--preset", "none", "--method", "grad-cam", "--out", "heat.json"];
    let answer = room.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(json(&room, "heat.json")["logits"].as_array().unwrap().len(), 1001);
}

#[test]
fn methods_are_compared_and_each_agrees_with_itself() {
    let room = room();
    let answer = room.run(&["compare", "image", "net.onnx", "cat.png", "--out", "sheet.svg"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(fs::read_to_string(room.path("sheet.svg")).unwrap().starts_with("<svg"));
    let agreement = json(&room, "sheet.agreement.json");
    let first = agreement["rank_correlation"][0][0].as_f64().unwrap();
    assert!((first - 1.0).abs() < 1e-9, "{first}");
}

#[test]
fn a_class_may_be_named_and_contrasted() {
    let room = room();
    let of = |arguments: &[&str]| {
        let answer =
            room.run(&[&["image", "net.onnx", "cat.png", "--method", "grad-cam"], arguments].concat());
        assert_eq!(answer.code, 0, "{}", answer.err);
    };
    of(&["--target", "tabby", "--out", "tabby.json"]);
    of(&["--target", "tabby", "--against", "Egyptian cat", "--signed", "--out", "contrast.json"]);
    let target = json(&room, "contrast.json")["parameters"]["target"].as_str().unwrap().to_owned();
    assert!(target.contains("rather than"), "{target}");
}

#[test]
fn a_network_is_inspected() {
    let room = room();
    let answer = room.run(&["inspect", "net.onnx"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("input (float [N, 3, 224, 224])"), "{}", answer.out);
    assert!(answer.out.contains("Conv 2"), "{}", answer.out);
    let answer = room.run(&["--json", "inspect", "net.onnx"]);
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert!(found["layers"].as_array().unwrap().len() > 50);
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    let room = room();
    room.put("empty.onnx", "");
    room.put("page.onnx", "<!DOCTYPE html><html></html>");
    room.put("half.png", &CHELSEA[..CHELSEA.len() / 2]);
    room.put("text.png", "this is no picture");
    room.put("half.onnx", &MOBILENET[..MOBILENET.len() / 2]);
    let refused = [
        (
            vec![
                "image",
                "net.onnx",
                "cat.png",
                "--layer",
                "MobilenetV1.MobilenetV1.Conv2d_13_pointwise.Relu6_relu",
                "--out",
                "a.png",
            ],
            1,
            "did you mean",
        ),
        (vec!["image", "net.onnx", "cat.png", "--target", "5000", "--out", "a.png"], 2, "there are 1001"),
        (
            vec!["image", "net.onnx", "cat.png", "--target", "unicorn", "--out", "a.png"],
            2,
            "no output is called `unicorn`",
        ),
        (vec!["image", "net.onnx", "half.png", "--out", "a.png"], 1, "half.png"),
        (vec!["image", "net.onnx", "text.png", "--out", "a.png"], 1, "text.png"),
        (vec!["image", "net.onnx", "none.png", "--out", "a.png"], 1, "none.png"),
        (
            vec!["image", "empty.onnx", "cat.png", "--preset", "imagenet-tf", "--out", "a.png"],
            1,
            "the file is empty",
        ),
        (
            vec!["image", "page.onnx", "cat.png", "--preset", "imagenet-tf", "--out", "a.png"],
            1,
            "no ONNX model",
        ),
        (vec!["image", "half.onnx", "cat.png", "--preset", "imagenet-tf", "--out", "a.png"], 1, "cut off"),
        (vec!["image", "page.onnx", "cat.png", "--out", "a.png"], 2, "give --preset NAME"),
        (vec!["image", "net.onnx", "cat.png", "--device", "tpu", "--out", "a.png"], 1, "the devices are"),
        (vec!["image", "net.onnx", "cat.png", "--device", "cuda", "--out", "a.png"], 1, "cuda"),
        (vec!["image", "net.onnx", "cat.png", "--out", "a.gif"], 2, ".png, .svg, .npy or .json"),
        (vec!["image", "net.onnx", "cat.png", "--batch-size", "0", "--out", "a.png"], 2, "--batch-size 0"),
    ];
    for (mut arguments, code, message) in refused {
        arguments.extend(["--method", "grad-cam"]);
        let answer = room.run(&arguments);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(message), "{arguments:?}: {}", answer.err);
        assert!(!room.path("a.png").exists(), "{arguments:?} wrote something");
    }
}
