//! The programs of `docs/PROCESS-MODELS.md`: they stand there word for word, and they work.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::array;
use rationale_core::Predict;
use rationale_process::{Format, Process};

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/programs").join(name)
}

/// Whether this machine has a Python with these modules; the tests that need one say so where it has none.
fn has_python(modules: &str) -> bool {
    let probe = Command::new("python3").args(["-c", &format!("import {modules}")]).output();
    let has = probe.is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("python3 with {modules} is not there: not tested");
    }
    has
}

#[test]
fn the_document_shows_the_programs_as_they_are() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/PROCESS-MODELS.md");
    let document = std::fs::read_to_string(document).unwrap();
    for name in ["sklearn_model.py", "scorecard.sh", "language_model.py"] {
        let text = std::fs::read_to_string(program(name)).unwrap();
        assert!(document.contains(&text), "{name} in the document is not the one in examples/programs");
    }
}

#[test]
fn the_scorecard_scores() {
    let model = Process::new("sh").with_arguments([program("scorecard.sh")]).with_format(Format::Csv);
    let answers =
        model.start().unwrap().predict(array![[3000.0, 500.0, 1.0], [2000.0, f64::NAN, 0.0]].view());
    assert_eq!(answers.unwrap(), array![[580.0], [620.0]]);
}

#[test]
fn the_scikit_learn_model_gives_probabilities() {
    if !has_python("sklearn") {
        return;
    }
    let model = Process::new("python3").with_arguments([program("sklearn_model.py")]).start().unwrap();
    let answers = model.predict(array![[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]].view()).unwrap();
    assert_eq!(answers.dim(), (2, 3));
    assert!(answers[[0, 0]] > 0.9 && answers[[1, 2]] > 0.9);
    assert!(answers.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-9));
}

#[test]
fn the_language_model_is_asked_over_http() {
    if !has_python("urllib.request") {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/chat/completions", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().flatten().for_each(stand_in));
    let script = program("language_model.py");
    let arguments = [script.to_str().unwrap(), &url, "stand-in", "income", "debt"];
    let model = Process::new("python3").with_arguments(arguments).start().unwrap();
    let answers = model.predict(array![[3000.0, 100.0], [500.0, f64::NAN]].view()).unwrap();
    assert_eq!(answers, array![[0.9], [0.2]]);
}

/// Answers like a language model that likes high incomes.
fn stand_in(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let asked = body["messages"][0]["content"].as_str().unwrap();
    let content = match (asked.contains("income: 3000"), asked.contains("debt")) {
        (true, true) => "0.9",
        (false, false) => "0.2",
        _ => "I cannot say.",
    };
    let reply =
        serde_json::json!({"choices": [{"message": {"role": "assistant", "content": content}}]}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", reply.len());
    reader.into_inner().write_all((head + &reply).as_bytes()).unwrap();
}
