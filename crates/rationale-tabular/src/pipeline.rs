//! Reading, working and writing at once, in constant memory.
//!
//! One thread reads the next part while the caller's thread works at this one and a third writes the last one. The channels
//! between them hold one part each: however fast one of them is, no more than five parts are in memory.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rationale_core::Progress;

use crate::{Column, Error, Part, Parts, Source, Table};

/// A part's columns, and what is to be remembered of it.
pub struct Finished {
    /// The columns to write.
    pub columns: Vec<(String, Column)>,
    /// What a later run finds in [`Parts::state`].
    pub state: String,
}

/// Brings every part of a source that is not done yet through three steps: `prepare` beside the reading, `work` on this
/// thread (it may use all others), `finish` beside the writing. Finished parts count as progress at once.
pub fn stream<P: Send, W: Send, E: From<Error> + Send>(
    source: &Source,
    parts: &Parts,
    progress: &dyn Progress,
    prepare: impl Fn(&Part, &Table) -> Result<P, E> + Send,
    work: impl Fn(&Part, P) -> Result<W, E>,
    finish: impl Fn(&Part, W) -> Result<Finished, E> + Send,
) -> Result<(), E> {
    let open: Vec<usize> = (0..source.parts().len()).filter(|&part| !parts.is_done(part)).collect();
    let done = source.parts().iter().enumerate().filter(|(part, _)| !open.contains(part));
    progress.advance(done.map(|(_, part)| part.n_rows as u64).sum());
    let (to_work, prepared) = sync_channel::<(usize, P)>(1);
    let (to_write, worked) = sync_channel::<(usize, W)>(1);
    std::thread::scope(|scope| {
        let reading = scope.spawn({
            let open = &open;
            move || read(source, open, prepare, &to_work)
        });
        let writing = scope.spawn(|| write(source, parts, progress, finish, worked));
        let working = (|| {
            for (idx, input) in prepared {
                let output = work(&source.parts()[idx], input)?;
                if to_write.send((idx, output)).is_err() {
                    // The writer went away with an error, which is told below.
                    break;
                }
            }
            Ok(())
        })();
        drop(to_write);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.and(working).and(written)
    })
}

fn read<P, E: From<Error>>(
    source: &Source,
    open: &[usize],
    prepare: impl Fn(&Part, &Table) -> Result<P, E>,
    to_work: &SyncSender<(usize, P)>,
) -> Result<(), E> {
    let mut reader = source.reader();
    for &idx in open {
        let part = &source.parts()[idx];
        let table = reader.read(part)?;
        if to_work.send((idx, prepare(part, &table)?)).is_err() {
            break;
        }
    }
    Ok(())
}

fn write<W, E: From<Error>>(
    source: &Source,
    parts: &Parts,
    progress: &dyn Progress,
    finish: impl Fn(&Part, W) -> Result<Finished, E>,
    worked: Receiver<(usize, W)>,
) -> Result<(), E> {
    for (idx, output) in worked {
        let part = &source.parts()[idx];
        let finished = finish(part, output)?;
        parts.write(idx, &finished.columns, &finished.state)?;
        progress.advance(part.n_rows as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use serde_json::Value;

    use super::*;
    use crate::{Leftover, OutputFormat, write_table};

    fn source(folder: &Path) -> Source {
        let table = Table::from_csv_bytes("t", b"x\n1\n2\n3\n4\n5\n").unwrap();
        write_table(&table, &folder.join("x.parquet"), OutputFormat::Parquet).unwrap();
        Source::open(&folder.join("x.parquet"), &["x".to_owned()], 2).unwrap()
    }

    fn doubled(source: &Source, parts: &Parts, fails_at: u64, n_worked: &AtomicUsize) -> Result<(), Error> {
        let n_rows = AtomicU64::new(0);
        let progress = |rows| {
            n_rows.fetch_add(rows, Ordering::Relaxed);
        };
        let streamed = stream(
            source,
            parts,
            &progress,
            |_, table| Ok(table.column("x")?.numbers().unwrap_or(&[]).to_vec()),
            |part, numbers| {
                n_worked.fetch_add(1, Ordering::Relaxed);
                if part.first_row == fails_at {
                    return Err(Error::EmptyFile { file: "here".to_owned() });
                }
                Ok(numbers)
            },
            |part, numbers| {
                let doubled = Column::numeric(numbers.iter().map(|x| 2.0 * x).collect());
                Ok(Finished { columns: vec![("y".to_owned(), doubled)], state: part.first_row.to_string() })
            },
        );
        assert!(streamed.is_err() || n_rows.load(Ordering::Relaxed) == 5);
        streamed
    }

    #[test]
    fn every_part_passes_once_and_an_error_keeps_what_is_done() {
        let room = tempfile::tempdir().unwrap();
        let source = source(room.path());
        let out = room.path().join("y.parquet");
        let n_worked = AtomicUsize::new(0);
        let parts = Parts::begin(&out, 3, &Value::Null, Leftover::Refuse).unwrap();
        assert!(matches!(doubled(&source, &parts, 4, &n_worked), Err(Error::EmptyFile { .. })));
        let parts = Parts::begin(&out, 3, &Value::Null, Leftover::Resume).unwrap();
        doubled(&source, &parts, 99, &n_worked).unwrap();
        assert_eq!(n_worked.load(Ordering::Relaxed), 4);
        assert_eq!([0, 1, 2].map(|part| parts.state(part).unwrap()), ["0", "2", "4"]);
        parts.join().unwrap();
        let y = Table::read(&out).unwrap();
        assert_eq!(y.column("y").unwrap().numbers().unwrap(), [2.0, 4.0, 6.0, 8.0, 10.0]);
    }
}
