//! What a file is, by its first bytes; an extension proves nothing.

use std::fmt;

/// Formats that people hand over by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// Compressed by gzip.
    Gzip,
    /// Compressed by Zstandard.
    Zstandard,
    /// Compressed by xz.
    Xz,
    /// Compressed by bzip2.
    Bzip2,
    /// A zip archive.
    Zip,
    /// A workbook of Excel 2007 or later.
    Xlsx,
    /// A workbook of an older Excel.
    Xls,
    /// Arrow's file format, also called Feather.
    Arrow,
    /// Text in UTF-16.
    Utf16,
    /// NumPy's array format.
    Npy,
    /// An SQLite database.
    Sqlite,
    /// A portable document.
    Pdf,
    /// A web page: often a download that asked for a login.
    Html,
    /// An encrypted Parquet file.
    EncryptedParquet,
}

/// First bytes of each format, longest first where they overlap.
const MAGIC: [(&[u8], Foreign); 14] = [
    (b"\x1f\x8b", Foreign::Gzip),
    (b"\x28\xb5\x2f\xfd", Foreign::Zstandard),
    (b"\xfd7zXZ\x00", Foreign::Xz),
    (b"BZh", Foreign::Bzip2),
    (b"PK\x03\x04", Foreign::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign::Xls),
    (b"ARROW1", Foreign::Arrow),
    (b"\xff\xfe", Foreign::Utf16),
    (b"\xfe\xff", Foreign::Utf16),
    (b"\x93NUMPY", Foreign::Npy),
    (b"SQLite format 3", Foreign::Sqlite),
    (b"%PDF-", Foreign::Pdf),
    (b"<!DOCTYPE", Foreign::Html),
    (b"PARE", Foreign::EncryptedParquet),
];

impl Foreign {
    /// What a file with these first bytes is, where it is one of the formats known by mistake.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let (_, format) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic))?;
        match format {
            // "PARE" and "BZh" are printable: a CSV header may begin with them.
            Self::EncryptedParquet | Self::Bzip2 if is_text(head) => None,
            Self::Zip if holds(head, b"[Content_Types].xml") || holds(head, b"xl/") => Some(Self::Xlsx),
            format => Some(*format),
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Gzip => "decompress it first (`gzip -d`)",
            Self::Zstandard => "decompress it first (`zstd -d`)",
            Self::Xz => "decompress it first (`xz -d`)",
            Self::Bzip2 => "decompress it first (`bzip2 -d`)",
            Self::Zip => "unpack it first",
            Self::Xlsx | Self::Xls => "save the sheet as CSV UTF-8",
            Self::Arrow | Self::Npy | Self::Sqlite => "export the table as one of them",
            Self::Utf16 => "save it as UTF-8",
            Self::Pdf | Self::Html => "get the table itself",
            Self::EncryptedParquet => "decrypt it first",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "compressed by gzip",
            Self::Zstandard => "compressed by Zstandard",
            Self::Xz => "compressed by xz",
            Self::Bzip2 => "compressed by bzip2",
            Self::Zip => "a zip archive",
            Self::Xlsx => "an Excel workbook (xlsx)",
            Self::Xls => "an old Excel workbook (xls)",
            Self::Arrow => "an Arrow (Feather) file",
            Self::Utf16 => "text in UTF-16",
            Self::Npy => "a NumPy array",
            Self::Sqlite => "an SQLite database",
            Self::Pdf => "a PDF document",
            Self::Html => "a web page",
            Self::EncryptedParquet => "an encrypted Parquet file",
        })
    }
}

/// Whether a file with these first bytes is Parquet.
pub(crate) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(b"PAR1") && !is_text(head)
}

/// How many first bytes are enough to tell.
pub(crate) const HEAD: usize = 256;

fn is_text(head: &[u8]) -> bool {
    head.iter().all(|&byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'))
}

fn holds(head: &[u8], part: &[u8]) -> bool {
    head.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_workbook_from_an_archive() {
        assert_eq!(Foreign::of(b"PK\x03\x04....[Content_Types].xml"), Some(Foreign::Xlsx));
        assert_eq!(Foreign::of(b"PK\x03\x04....photo.png"), Some(Foreign::Zip));
    }

    #[test]
    fn a_header_that_begins_like_a_magic_word_is_text() {
        assert_eq!(Foreign::of(b"PARENT,CHILD\n1,2\n"), None);
        assert_eq!(Foreign::of(b"BZh9,x\n"), None);
        assert_eq!(Foreign::of(b"BZh91AY&SY\x00\x01"), Some(Foreign::Bzip2));
    }
}
