//! A large Parquet file written part by part, so that a run that was cut off can go on.
//!
//! Parts and what the caller wants to remember of each lie in `OUT.parts/`, each renamed into place when it is whole; at the
//! end they are joined by copying their row groups as they are. So the result has the same bytes however often the run was
//! cut off.

use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use rationale_core::whole;
use serde_json::Value;

use crate::{Column, Error, frame, parquet};

const JOB: &str = "job.json";

/// What to do about parts that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Leave them alone and fail.
    Refuse,
    /// Go on from them, if they are of the same job.
    Resume,
}

/// The parts of a file that is being written.
#[derive(Debug)]
pub struct Parts {
    out: PathBuf,
    folder: PathBuf,
    n_parts: usize,
}

impl Parts {
    /// Begins or goes on with `n_parts` parts of `out`. The `job` is an object of all that the parts depend on: parts of
    /// another job are refused, and the error says in what they differ.
    pub fn begin(out: &Path, n_parts: usize, job: &Value, leftover: Leftover) -> Result<Self, Error> {
        let mut folder = out.as_os_str().to_owned();
        folder.push(".parts");
        let folder = PathBuf::from(folder);
        let parts = Self { out: out.to_owned(), folder, n_parts };
        match (parts.folder.exists(), leftover) {
            (true, Leftover::Refuse) => Err(Error::LeftoverParts { folder: parts.name() }),
            (true, Leftover::Resume) if parts.folder.join(JOB).exists() => {
                parts.check_job(job)?;
                Ok(parts)
            }
            _ => {
                fs::create_dir_all(&parts.folder).map_err(|source| unwritten(&parts.folder, source))?;
                put(&parts.folder.join(JOB), |out| out.write_all(job.to_string().as_bytes()))?;
                Ok(parts)
            }
        }
    }

    /// How many parts there will be.
    pub fn len(&self) -> usize {
        self.n_parts
    }

    /// Whether there will be none.
    pub fn is_empty(&self) -> bool {
        self.n_parts == 0
    }

    /// Whether a part is whole.
    pub fn is_done(&self, part: usize) -> bool {
        self.part(part, "parquet").is_file() && self.part(part, "json").is_file()
    }

    /// What was remembered of a part that is whole.
    pub fn state(&self, part: usize) -> Result<String, Error> {
        let path = self.part(part, "json");
        fs::read_to_string(&path).map_err(|source| Error::Read { file: path.display().to_string(), source })
    }

    /// Writes a part, and what is to be remembered of it. The names and kinds of the columns must be those of the other parts.
    pub fn write(&self, part: usize, columns: &[(String, Column)], state: &str) -> Result<(), Error> {
        let columns: Vec<(&str, &Column)> =
            columns.iter().map(|(name, column)| (name.as_str(), column)).collect();
        put(&self.part(part, "json"), |out| out.write_all(state.as_bytes()))?;
        put(&self.part(part, "parquet"), |out| {
            frame::write_parquet_part(&columns, out).map_err(io::Error::other)
        })
    }

    /// Joins the parts, and removes them once the whole is in its place.
    pub fn join(self) -> Result<(), Error> {
        let open = |part| File::open(self.part(part, "parquet")).map(BufReader::new);
        put(&self.out, |out| parquet::join((0..self.n_parts).map(open), out))?;
        fs::remove_dir_all(&self.folder).map_err(|source| unwritten(&self.folder, source))
    }

    fn check_job(&self, job: &Value) -> Result<(), Error> {
        let path = self.folder.join(JOB);
        let file = || path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|source| Error::Read { file: file(), source })?;
        let then: Value = serde_json::from_str(&text).unwrap_or_default();
        let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        let mut differ = [keys(&then), keys(job)].into_iter().flatten().flatten().collect::<Vec<_>>();
        differ.retain(|key| then.get(key) != job.get(key));
        differ.sort();
        differ.dedup();
        if then == *job { Ok(()) } else { Err(Error::OtherJob { folder: self.name(), differ }) }
    }

    fn part(&self, part: usize, extension: &str) -> PathBuf {
        self.folder.join(format!("part-{part:08}.{extension}"))
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }
}

fn put(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    whole::write_file(path, write).map_err(|source| unwritten(path, source))
}

fn unwritten(path: &Path, source: io::Error) -> Error {
    Error::Write { file: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Table;

    fn column(x: f64) -> Vec<(String, Column)> {
        vec![("x".to_owned(), Column::numeric(vec![x, -x]))]
    }

    #[test]
    fn a_run_that_was_cut_off_ends_with_the_same_bytes() {
        let room = tempfile::tempdir().unwrap();
        let job = json!({"model": "m"});
        let whole = room.path().join("a.parquet");
        let parts = Parts::begin(&whole, 3, &job, Leftover::Refuse).unwrap();
        (0..3).for_each(|part| parts.write(part, &column(part as f64), "s").unwrap());
        parts.join().unwrap();

        let cut = room.path().join("b.parquet");
        let first = Parts::begin(&cut, 3, &job, Leftover::Refuse).unwrap();
        first.write(1, &column(1.0), "remembered").unwrap();
        let second = Parts::begin(&cut, 3, &job, Leftover::Resume).unwrap();
        assert_eq!([0, 1, 2].map(|part| second.is_done(part)), [false, true, false]);
        assert_eq!(second.state(1).unwrap(), "remembered");
        second.write(2, &column(2.0), "s").unwrap();
        second.write(0, &column(0.0), "s").unwrap();
        second.join().unwrap();

        assert_eq!(fs::read(&whole).unwrap(), fs::read(&cut).unwrap());
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 2);
        let x = Table::read(&cut).unwrap();
        assert_eq!(x.column("x").unwrap().numbers().unwrap(), [0.0, 0.0, 1.0, -1.0, 2.0, -2.0]);
    }

    #[test]
    fn parts_of_another_job_are_not_taken() {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("a.parquet");
        Parts::begin(&out, 1, &json!({"model": "m", "top": 3, "seed": 0}), Leftover::Refuse).unwrap();
        let again = |leftover| Parts::begin(&out, 1, &json!({"model": "n", "seed": 0}), leftover);
        let error = again(Leftover::Resume).unwrap_err().to_string();
        assert!(error.contains("differ in model, top"), "{error}");
        assert!(matches!(again(Leftover::Refuse), Err(Error::LeftoverParts { .. })));
    }
}
