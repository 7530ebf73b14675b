//! Files and folders that are whole or absent: written beside their place, then renamed into it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, NamedTempFile, TempDir};

/// Writes a file through `write`; readers see the old file or the new one, never a part.
///
/// Where `write` or the disk fails, the old file (or none) stays and the part is removed.
pub fn write_file<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let folder = parent_of(path);
    let mut part = part_in(folder)?;
    let mut buffered = BufWriter::new(part.as_file_mut());
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// What to do about an output folder that is there already and not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    Refuse,
    /// Replace it whole, once the new one is complete.
    Replace,
}

/// A folder being written beside its place; [`WholeFolder::commit`] moves it there. Dropped before that, it leaves
/// nothing behind.
#[derive(Debug)]
pub struct WholeFolder {
    place: PathBuf,
    existing: Existing,
    part: TempDir,
}

impl WholeFolder {
    /// Begins a folder that shall stand at `place`. Fails with [`io::ErrorKind::AlreadyExists`] where something is
    /// there already and `existing` says to refuse, and where `place` is a file; with [`io::ErrorKind::ResourceBusy`] where
    /// it is the current folder or above it.
    pub fn begin(place: &Path, existing: Existing) -> io::Result<Self> {
        check(place, existing)?;
        let part = Builder::new().prefix(".part-").tempdir_in(nearest_folder(place))?;
        unfinished().insert(part.path().to_owned());
        Ok(Self { place: place.to_owned(), existing, part })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        self.part.path()
    }

    /// Moves the folder to its place, unless something came there in the meantime and `existing` said to refuse. An old
    /// one steps aside first and comes back if the move fails.
    pub fn commit(self) -> io::Result<()> {
        check(&self.place, self.existing)?;
        open_to_readers(self.part.path())?;
        fs::create_dir_all(parent_of(&self.place))?;
        let aside = self.part.path().with_extension("old");
        let had_old = self.place.exists();
        if had_old {
            fs::rename(&self.place, &aside)?;
        }
        if let Err(error) = fs::rename(self.part.path(), &self.place) {
            if had_old {
                fs::rename(&aside, &self.place)?;
            }
            return Err(error);
        }
        if had_old { fs::remove_dir_all(aside) } else { Ok(()) }
    }
}

impl Drop for WholeFolder {
    fn drop(&mut self) {
        unfinished().remove(self.part.path());
    }
}

/// Removes every folder that is not finished: for a program that is told to stop.
pub fn abandon() {
    for part in std::mem::take(&mut *unfinished()) {
        // Whatever cannot be removed stays; there is nobody left to tell.
        let _ = fs::remove_dir_all(part);
    }
}

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(place: &Path, existing: Existing) -> io::Result<()> {
    if occupied(place)? && (existing == Existing::Refuse || !place.is_dir()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let holds_us = |place: PathBuf| std::env::current_dir().is_ok_and(|here| here.starts_with(place));
    if place.canonicalize().is_ok_and(holds_us) {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    Ok(())
}

/// The folder that will hold `place`, or the nearest one above it that is there: parents are made when all is done.
fn nearest_folder(place: &Path) -> &Path {
    let mut folder = parent_of(place);
    while !folder.exists() {
        folder = parent_of(folder);
    }
    folder
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn occupied(place: &Path) -> io::Result<bool> {
    match fs::read_dir(place) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(true),
        Err(error) => Err(error),
    }
}

/// Temporary files are private by default; a result is as readable as any file its user makes (the umask applies).
fn part_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".part-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn open_to_readers(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_readers(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn put(folder: &WholeFolder, name: &str) {
        write_file(&folder.path().join(name), |out| out.write_all(b"x")).unwrap();
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_part() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("a.txt");
        write_file(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_file(&path, |out| {
            out.write_all(b"ne")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(entries(room.path()), ["a.txt"]);
    }

    #[test]
    fn a_dropped_folder_leaves_nothing() {
        let room = tempfile::tempdir().unwrap();
        let folder = WholeFolder::begin(&room.path().join("out"), Existing::Refuse).unwrap();
        put(&folder, "a");
        drop(folder);
        assert!(entries(room.path()).is_empty());
    }

    #[test]
    fn replaces_a_folder_whole() {
        let room = tempfile::tempdir().unwrap();
        let place = room.path().join("out");
        for name in ["a", "b"] {
            let folder = WholeFolder::begin(&place, Existing::Replace).unwrap();
            put(&folder, name);
            folder.commit().unwrap();
        }
        assert_eq!(entries(&place), ["b"]);
        assert_eq!(entries(room.path()), ["out"]);
    }

    #[test]
    fn what_came_in_the_meantime_is_not_overwritten() {
        let room = tempfile::tempdir().unwrap();
        let place = room.path().join("out");
        let late = WholeFolder::begin(&place, Existing::Refuse).unwrap();
        put(&late, "late");
        let first = WholeFolder::begin(&place, Existing::Refuse).unwrap();
        put(&first, "first");
        first.commit().unwrap();
        assert_eq!(late.commit().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(
            (entries(&place), entries(room.path())),
            (vec!["first".to_owned()], vec!["out".to_owned()])
        );
    }

    #[test]
    fn parents_appear_with_the_folder_and_not_before() {
        let room = tempfile::tempdir().unwrap();
        let place = room.path().join("a/b/out");
        drop(WholeFolder::begin(&place, Existing::Refuse).unwrap());
        assert!(entries(room.path()).is_empty());
        WholeFolder::begin(&place, Existing::Refuse).unwrap().commit().unwrap();
        assert!(place.is_dir());
    }

    #[test]
    fn the_current_folder_cannot_be_replaced() {
        let error = WholeFolder::begin(Path::new("."), Existing::Replace).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn refuses_a_folder_that_is_not_empty_and_takes_one_that_is() {
        let room = tempfile::tempdir().unwrap();
        assert!(WholeFolder::begin(room.path(), Existing::Refuse).is_ok());
        write_file(&room.path().join("a"), |out| out.write_all(b"x")).unwrap();
        let refused = WholeFolder::begin(room.path(), Existing::Refuse).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    }
}
