//! Protobuf's wire format as a stream: <https://protobuf.dev/programming-guides/encoding/>.
//!
//! No length is believed before it is compared with what is left of the message that holds it, and no memory taken before the
//! [`Budget`] allows it.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use rationale_tensor::Buffer;

use super::limits::{Budget, Limits};
use crate::Error;

/// What a field holds, by its wire type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Content {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64([u8; 8]),
    /// Wire type 2: what follows, to the end of the message that is open.
    Length,
    /// Wire type 5.
    Fixed32([u8; 4]),
}

/// A field whose tag is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) content: Content,
    /// Where its content begins.
    pub(super) offset: u64,
}

/// A file that is read from its beginning to its end, and what belongs to reading it.
pub(super) struct Wire<R> {
    source: R,
    position: u64,
    /// Where the open message ends.
    end: u64,
    budget: Budget,
    limits: Limits,
    depth: usize,
    folder: Option<PathBuf>,
    refused: Vec<String>,
}

impl<R: BufRead> Wire<R> {
    /// Of a source that has `size` bytes; `folder` is where external data lies.
    pub(super) fn new(source: R, size: u64, limits: Limits, folder: Option<PathBuf>) -> Self {
        let budget = Budget::new(limits.memory);
        Self { source, position: 0, end: size, budget, limits, depth: 0, folder, refused: Vec::new() }
    }

    /// The next bytes, as many as are at hand; none at the end of the file alone.
    pub(super) fn peek(&mut self) -> Result<&[u8], Error> {
        let offset = self.position;
        self.source.fill_buf().map_err(|source| Error::Io { offset, source })
    }

    /// Where external data lies.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Notes a part that is not read, for one message about all of them.
    pub(super) fn refuse(&mut self, part: String) -> Result<(), Error> {
        self.hold::<String>(part.len())?;
        self.refused.push(part);
        Ok(())
    }

    /// All parts that are not read.
    pub(super) fn into_refused(self) -> Vec<String> {
        self.refused
    }

    /// Counts a `T` and `more` bytes that are about to be held.
    pub(super) fn hold<T>(&mut self, more: usize) -> Result<(), Error> {
        let position = self.position;
        let bytes = (size_of::<T>() as u64).saturating_add(more as u64);
        self.budget.take(bytes, || format!("what stands before byte {position} of the file"))
    }

    /// Counts the bytes of a tensor that are about to be held.
    pub(super) fn hold_tensor(&mut self, name: &str, bytes: u64) -> Result<(), Error> {
        self.budget.take(bytes, || format!("the tensor `{name}`"))
    }

    /// Reads each field of the open message. What `read` leaves of a field is passed over.
    pub(super) fn each(
        &mut self,
        mut read: impl FnMut(&mut Self, Field) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let outer = self.end;
        while self.position < outer {
            let field = self.field()?;
            read(self, field)?;
            if field.content == Content::Length {
                self.pass_over_rest()?;
                self.end = outer;
            }
        }
        Ok(())
    }

    /// Reads each field of a message that is a field.
    pub(super) fn message(
        &mut self,
        field: Field,
        read: impl FnMut(&mut Self, Field) -> Result<(), Error>,
    ) -> Result<(), Error> {
        expect_length(field, "a message")?;
        self.each(read)
    }

    /// Reads a graph inside another by `read`, unless it is too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= self.limits.depth {
            return Err(Error::Depth { offset: self.position, limit: self.limits.depth });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// One whole number.
    #[expect(clippy::cast_possible_wrap, reason = "negative numbers are written in two's complement")]
    #[expect(clippy::unused_self, reason = "read like every other kind of field")]
    pub(super) fn int(&self, field: Field) -> Result<i64, Error> {
        match field.content {
            Content::Varint(value) => Ok(value as i64),
            other => Err(wrong(field, "a whole number", other)),
        }
    }

    /// One number of single precision.
    #[expect(clippy::unused_self, reason = "read like every other kind of field")]
    pub(super) fn float(&self, field: Field) -> Result<f32, Error> {
        match field.content {
            Content::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            other => Err(wrong(field, "a number of 32 bits", other)),
        }
    }

    /// Bytes.
    pub(super) fn bytes(&mut self, field: Field) -> Result<Vec<u8>, Error> {
        expect_length(field, "bytes")?;
        let mut bytes = Vec::new();
        self.append_rest(&mut bytes)?;
        Ok(bytes)
    }

    /// Bytes of elements of `width`.
    pub(super) fn buffer(&mut self, field: Field, width: usize) -> Result<Buffer, Error> {
        expect_length(field, "bytes")?;
        let mut buffer = buffer_of(self.count_rest()?, width);
        self.read_rest(buffer.bytes_mut())?;
        Ok(buffer)
    }

    /// A text.
    pub(super) fn text(&mut self, field: Field) -> Result<String, Error> {
        self.hold::<String>(0)?;
        String::from_utf8(self.bytes(field)?).map_err(|_| Error::Damaged {
            offset: field.offset,
            expected: "a text in UTF-8",
            found: "other bytes".to_owned(),
        })
    }

    /// A `StringStringEntryProto`.
    pub(super) fn pair(&mut self, field: Field) -> Result<(String, String), Error> {
        let (mut key, mut value) = (String::new(), String::new());
        self.hold::<(String, String)>(0)?;
        self.message(field, |wire, field| {
            match field.number {
                1 => key = wire.text(field)?,
                2 => value = wire.text(field)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok((key, value))
    }

    /// Whole numbers of a repeated field, one or packed.
    pub(super) fn each_int(&mut self, field: Field, mut take: impl FnMut(i64)) -> Result<(), Error> {
        if let Content::Varint(_) = field.content {
            self.hold::<i64>(0)?;
            take(self.int(field)?);
            return Ok(());
        }
        expect_length(field, "whole numbers")?;
        while self.position < self.end {
            self.hold::<i64>(0)?;
            take(self.varint()?.cast_signed());
        }
        Ok(())
    }

    /// Whole numbers of a repeated field.
    pub(super) fn append_ints(&mut self, field: Field, list: &mut Vec<i64>) -> Result<(), Error> {
        self.each_int(field, |value| list.push(value))
    }

    /// The bytes of numbers of `width` bytes of a repeated field, one or packed.
    pub(super) fn append_fixed(&mut self, field: Field, width: u64, list: &mut Vec<u8>) -> Result<(), Error> {
        match field.content {
            Content::Fixed32(bytes) if width == 4 => self.append(&bytes, list),
            Content::Fixed64(bytes) if width == 8 => self.append(&bytes, list),
            Content::Length if self.left().is_multiple_of(width) => self.append_rest(list),
            Content::Length => Err(Error::Damaged {
                offset: field.offset,
                expected: "a list of numbers of 4 or 8 bytes",
                found: format!("one of {} bytes", self.left()),
            }),
            other => Err(wrong(field, "a list of numbers of 4 or 8 bytes", other)),
        }
    }

    /// Numbers of single precision of a repeated field.
    pub(super) fn append_floats(&mut self, field: Field, list: &mut Vec<f32>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        self.append_fixed(field, 4, &mut bytes)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        list.extend(numbers.iter().map(|number| f32::from_le_bytes(*number)));
        Ok(())
    }

    fn append(&mut self, bytes: &[u8], list: &mut Vec<u8>) -> Result<(), Error> {
        self.hold::<()>(bytes.len())?;
        list.extend_from_slice(bytes);
        Ok(())
    }

    /// What is left of the open message.
    fn append_rest(&mut self, list: &mut Vec<u8>) -> Result<(), Error> {
        let n_bytes = self.count_rest()?;
        let before = list.len();
        if before == 0 {
            // Pages that the system hands out as zeros need not be written before they are read into.
            *list = vec![0; n_bytes];
        } else {
            list.resize(before + n_bytes, 0);
        }
        self.read_rest(&mut list[before..])
    }

    /// How many bytes are left of the open message, which are about to be held.
    fn count_rest(&mut self) -> Result<usize, Error> {
        let length = self.left();
        let too_large =
            || Error::Memory { what: "one list".to_owned(), needed: length, limit: usize::MAX as u64 };
        let n_bytes = usize::try_from(length).map_err(|_| too_large())?;
        self.hold::<()>(n_bytes)?;
        Ok(n_bytes)
    }

    fn read_rest(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        let offset = self.position;
        self.source.read_exact(bytes).map_err(|source| Error::Io { offset, source })?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn left(&self) -> u64 {
        self.end - self.position
    }

    fn pass_over_rest(&mut self) -> Result<(), Error> {
        while self.position < self.end {
            let left = self.left();
            let at_hand = self.peek()?.len() as u64;
            if at_hand == 0 {
                return Err(self.cut_off(left));
            }
            let step = left.min(at_hand);
            self.source.consume(step as usize);
            self.position += step;
        }
        Ok(())
    }

    /// The next field; where it has a length, it becomes the open message.
    fn field(&mut self) -> Result<Field, Error> {
        let at = self.position;
        let tag = self.varint()?;
        let number = tag >> 3;
        let content = match tag & 7 {
            0 => Content::Varint(self.varint()?),
            1 => Content::Fixed64(self.array()?),
            2 => self.open()?,
            5 => Content::Fixed32(self.array()?),
            other => return Err(damaged(at, "a field", format!("the wire type {other}"))),
        };
        if number == 0 || number > u64::from(u32::MAX >> 3) {
            return Err(damaged(at, "a field", format!("the field number {number}")));
        }
        // The offset of a number is where it ends, which is as good for finding it.
        Ok(Field { number, content, offset: self.position })
    }

    fn open(&mut self) -> Result<Content, Error> {
        let length = self.varint()?;
        if length > self.left() {
            return Err(self.cut_off(length));
        }
        self.end = self.position + length;
        Ok(Content::Length)
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let at = self.position;
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            // Of the tenth byte one bit has room; what does not fit is dropped, as every protobuf reader does.
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged(at, "a number of at most 10 bytes", "a longer one".to_owned()))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        if self.left() < N as u64 {
            return Err(self.cut_off(N as u64));
        }
        let (offset, mut bytes) = (self.position, [0; N]);
        self.source.read_exact(&mut bytes).map_err(|source| Error::Io { offset, source })?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn cut_off(&self, announced: u64) -> Error {
        Error::CutOff { offset: self.position, announced, available: self.left() }
    }
}

/// Room for bytes of elements of `width`, where they are whole elements.
pub(super) fn buffer_of(n_bytes: usize, width: usize) -> Buffer {
    let width = if width > 0 && n_bytes.is_multiple_of(width) { width } else { 1 };
    Buffer::zeros(n_bytes / width, width)
}

fn expect_length(field: Field, expected: &'static str) -> Result<(), Error> {
    match field.content {
        Content::Length => Ok(()),
        other => Err(wrong(field, expected, other)),
    }
}

fn wrong(field: Field, expected: &'static str, content: Content) -> Error {
    let kind = match content {
        Content::Varint(_) => "a whole number",
        Content::Fixed64(_) => "a number of 64 bits",
        Content::Length => "bytes with a length",
        Content::Fixed32(_) => "a number of 32 bits",
    };
    damaged(field.offset, expected, format!("{kind} in field {}", field.number))
}

fn damaged(offset: u64, expected: &'static str, found: String) -> Error {
    Error::Damaged { offset, expected, found }
}
