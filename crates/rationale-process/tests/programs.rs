//! Programs that answer well, badly, late, or not at all.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::time::Duration;

use ndarray::{Array2, array};
use rationale_core::Predict;
use rationale_process::{Format, Process, ProcessModel};

/// A shell script that reads comma-separated rows.
fn shell(script: &str) -> Process {
    Process::new("sh").with_arguments(["-c", script]).with_format(Format::Csv)
}

const SUM: &str = "while IFS=, read -r a b; do echo $((a + b)); done";

fn rows(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 2), |(row, column)| (row * 2 + column) as f64)
}

fn refusal(model: &ProcessModel, n: usize) -> String {
    model.predict(rows(n).view()).unwrap_err().to_string()
}

#[test]
fn answers_come_in_the_order_of_rows_whatever_the_batch() {
    let expected = Array2::from_shape_fn((2500, 1), |(row, _)| (4 * row + 1) as f64);
    for batch_rows in [1, 7, 1000, 100_000] {
        let model = shell(SUM).with_batch_rows(batch_rows).start().unwrap();
        assert_eq!(model.predict(rows(2500).view()).unwrap(), expected, "{batch_rows}");
    }
}

#[test]
fn one_program_serves_many_questions() {
    let model = shell("n=0; while read -r row; do n=$((n + 1)); echo $n; done").start().unwrap();
    assert_eq!(model.predict(rows(2).view()).unwrap(), array![[1.0], [2.0]]);
    assert_eq!(model.predict(rows(1).view()).unwrap(), array![[3.0]]);
    assert_eq!(model.predict(rows(0).view()).unwrap().dim(), (0, 1));
}

#[test]
fn several_scores_and_missing_values_pass() {
    let model = shell("while IFS=, read -r a b; do echo \"${a:-9},${b:-9}\"; done").start().unwrap();
    let answers = model.predict(array![[1.5, f64::NAN], [f64::NAN, -2.0]].view()).unwrap();
    assert_eq!(answers, array![[1.5, 9.0], [9.0, -2.0]]);
}

#[test]
fn threads_take_turns() {
    let model = shell(SUM).with_batch_rows(3).start().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(model.predict(rows(20).view()).unwrap()[[19, 0]], 77.0));
        }
    });
}

#[test]
fn a_large_batch_does_not_lock_up() {
    // Far more than a pipe holds, both ways, in one batch.
    let model = Process::new("cat").with_format(Format::Csv).with_batch_rows(usize::MAX).start().unwrap();
    assert_eq!(model.predict(rows(200_000).view()).unwrap(), rows(200_000));
}

/// Dies once; the file that it leaves lets the second start answer.
#[test]
fn a_program_that_dies_is_started_again_and_the_batch_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let script = "if [ -e died ]; then exec cat; fi; touch died; read -r row; echo $row; echo out of memory >&2; exit 3";
    let model = shell(script).with_folder(folder.path()).start().unwrap();
    assert_eq!(model.predict(rows(5).view()).unwrap(), rows(5));
}

#[test]
fn a_program_that_always_dies_is_given_up_with_its_last_words() {
    let model = shell("read -r row; echo 1; echo no licence >&2; exit 3").with_tries(2).start().unwrap();
    let refused = refusal(&model, 5);
    assert!(refused.contains("ended (exit status: 3) after 1 of 5 answers, 2 times in all"), "{refused}");
    assert!(refused.ends_with("its standard error ends:\n    no licence"), "{refused}");
}

#[test]
fn nothing_at_all_is_a_time_out_that_says_what_to_do() {
    let model = shell("sleep 60").with_timeout(Duration::from_millis(200)).start().unwrap();
    let refused = refusal(&model, 3);
    assert!(
        refused.contains("gave 0 of 3 answers and then none for 0.2 s; it must write one line"),
        "{refused}"
    );
}

#[test]
fn too_few_answers() {
    let script = "read -r a; read -r b; echo 1; sleep 60";
    let model = shell(script).with_timeout(Duration::from_millis(300)).start().unwrap();
    assert!(refusal(&model, 2).contains("gave 1 of 2 answers"));
}

#[test]
fn too_many_answers() {
    let model = shell("while read -r row; do printf '1\\n2\\n'; done").start().unwrap();
    let refused = refusal(&model, 3);
    assert!(
        refused.contains("wrote more lines than the 3 rows it was given; the first too many is `2`"),
        "{refused}"
    );
}

#[test]
fn nan_and_text_are_refused_with_the_line() {
    let model = shell("while read -r row; do echo nan; done").start().unwrap();
    assert!(
        refusal(&model, 1)
            .ends_with("answered row 0 of the batch with `nan`; every score must be a finite number")
    );
    let model =
        shell("read -r row; echo 0.5; read -r row; echo loading >&2; echo approved; cat").start().unwrap();
    let refused = refusal(&model, 3);
    assert!(
        refused.contains("answered row 1 of the batch with `approved`; a number, or numbers between commas"),
        "{refused}"
    );
}

#[test]
fn rows_with_different_numbers_of_scores_are_refused() {
    let model = shell("read -r row; echo 1; read -r row; echo 1,2; cat").start().unwrap();
    assert!(
        refusal(&model, 2).ends_with("answered row 1 of the batch with 2 scores, where it gave 1 before")
    );
}

#[test]
fn after_an_error_the_next_question_meets_a_fresh_program() {
    let script = "while IFS=, read -r a b; do if [ $a = 6 ]; then echo six; else echo $a; fi; done";
    let model = shell(script).start().unwrap();
    assert!(model.predict(rows(5).view()).is_err());
    assert_eq!(model.predict(rows(2).view()).unwrap(), array![[0.0], [2.0]]);
}

#[test]
fn a_program_that_is_not_there() {
    let error = Process::new("no-such-program-here").start().err().unwrap().to_string();
    assert!(error.starts_with("`no-such-program-here` could not be started"), "{error}");
}

#[test]
fn the_program_ends_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let script = "echo $$ > pid; while read -r row; do echo 1; done; sleep 60";
    let model = shell(script).with_folder(folder.path()).start().unwrap();
    model.predict(rows(1).view()).unwrap();
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    drop(model);
    let alive = std::process::Command::new("kill").args(["-0", pid.trim()]).output().unwrap();
    assert!(!alive.status.success());
}
