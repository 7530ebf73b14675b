//! Universal Binary JSON (<https://ubjson.org>, draft 12) as a serde data format, as far as models need it.
//!
//! Written by hand, because what is needed is little and must be bounded: typed arrays and a stream, no tree of values. Values are
//! handed to the structs of [`super::wire`] as they are met, so nothing but those structs is kept in memory.
//!
//! A value is one marker byte and its payload; numbers are big-endian, and a length is an integer value.
//!
//! | marker | value | | marker | value |
//! |---|---|---|---|---|
//! | `{` ... `}` | object: length and text of each key, then its value | | `i` `U` `I` `l` `L` | integers of 8, 8 (unsigned), 16, 32, 64 bits |
//! | `[` ... `]` | array, value by value | | `d` `D` | floats of 32 and 64 bits |
//! | `[#` n | array of n values, no end marker | | `S`, `C` | text with its length, one character |
//! | `[$` t `#` n | array of n payloads of type t | | `Z` `T` `F` `N` | null, true, false, nothing |
//!
//! No length is believed before the bytes behind it are there, and nesting ends at 64 levels.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Models nest 7 levels deep.
const MAX_DEPTH: usize = 64;

/// What is wrong, and at which byte.
#[derive(Debug, thiserror::Error)]
#[error("{message}, at byte {offset}")]
pub(super) struct Error {
    message: String,
    offset: usize,
}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), offset: usize::MAX }
    }
}

impl Error {
    /// Says where, unless a deeper value already did.
    fn at(self, offset: usize) -> Self {
        Self { offset: self.offset.min(offset), ..self }
    }
}

/// Reads one value, which must be all there is.
pub(super) fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut reader = Reader { bytes, offset: 0, depth: 0 };
    let value = T::deserialize(&mut reader).map_err(|error| error.at(reader.offset))?;
    if reader.offset < bytes.len() {
        return Err(Error::custom("the model ends here, but the file goes on").at(reader.offset));
    }
    Ok(value)
}

struct Reader<'de> {
    bytes: &'de [u8],
    offset: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    fn take(&mut self, n_bytes: usize) -> Result<&'de [u8], Error> {
        let rest = &self.bytes[self.offset..];
        let taken = rest.get(..n_bytes).ok_or_else(|| {
            let available = rest.len();
            Error::custom(format!("{n_bytes} bytes are needed, but {available} are left")).at(self.offset)
        })?;
        self.offset += n_bytes;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The next marker, which stays where it is.
    fn peek(&mut self) -> Result<u8, Error> {
        loop {
            let marker = self.take(1)?[0];
            if marker != b'N' {
                self.offset -= 1;
                return Ok(marker);
            }
        }
    }

    fn marker(&mut self) -> Result<u8, Error> {
        let marker = self.peek()?;
        self.offset += 1;
        Ok(marker)
    }

    /// Steps over the marker if it is the next one.
    fn next_is(&mut self, marker: u8) -> Result<bool, Error> {
        let found = self.peek()? == marker;
        self.offset += usize::from(found);
        Ok(found)
    }

    fn integer(&mut self, marker: u8) -> Result<i64, Error> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' | b'C' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            other => return Err(self.unknown(other)),
        })
    }

    /// A number of things, each of which takes at least `size` bytes of what is left.
    fn length(&mut self, size: usize) -> Result<usize, Error> {
        let marker = self.marker()?;
        let length = self.integer(marker)?;
        let left = self.bytes.len() - self.offset;
        match usize::try_from(length) {
            Ok(length) if length <= left / size => Ok(length),
            _ => {
                Err(Error::custom(format!("a length of {length} is more than the file holds"))
                    .at(self.offset))
            }
        }
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        let length = self.length(1)?;
        let offset = self.offset;
        std::str::from_utf8(self.take(length)?).map_err(|error| Error::custom(error).at(offset))
    }

    fn unknown(&self, marker: u8) -> Error {
        let what = marker.escape_ascii();
        Error::custom(format!("`{what}` marks no value that a model holds")).at(self.offset - 1)
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::custom(format!("values nest deeper than {MAX_DEPTH} levels")).at(self.offset));
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn value<V: Visitor<'de>>(&mut self, marker: u8, visitor: V) -> Result<V::Value, Error> {
        match marker {
            b'{' => self.nested(|reader| reader.object(visitor)),
            b'[' => self.nested(|reader| reader.list(visitor)),
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'S' => visitor.visit_borrowed_str(self.text()?),
            b'd' => visitor.visit_f32(f32::from_be_bytes(self.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(self.array()?)),
            _ => visitor.visit_i64(self.integer(marker)?),
        }
    }

    fn object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let left = if self.next_is(b'#')? { Some(self.length(1)?) } else { None };
        visitor.visit_map(Items { reader: self, left, end: b'}' })
    }

    fn list<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        if self.next_is(b'$')? {
            let (marker, left) = self.typed()?;
            return visitor.visit_seq(Payloads { reader: self, marker, left });
        }
        let left = if self.next_is(b'#')? { Some(self.length(1)?) } else { None };
        visitor.visit_seq(Items { reader: self, left, end: b']' })
    }

    /// The type and number of a typed array's payloads.
    fn typed(&mut self) -> Result<(u8, usize), Error> {
        let marker = self.marker()?;
        let Some(size) = size(marker) else { return Err(self.unknown(marker)) };
        if !self.next_is(b'#')? {
            return Err(Error::custom("a typed array must say how long it is").at(self.offset));
        }
        Ok((marker, self.length(size)?))
    }
}

/// How many bytes a payload takes.
fn size(marker: u8) -> Option<usize> {
    match marker {
        b'i' | b'U' | b'C' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let marker = self.marker()?;
        self.value(marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.next_is(b'Z')? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// The values of an array or the pairs of an object, `left` of them or up to the end marker.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: Option<usize>,
    end: u8,
}

impl Items<'_, '_> {
    fn goes_on(&mut self) -> Result<bool, Error> {
        match &mut self.left {
            None => Ok(!self.reader.next_is(self.end)?),
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.goes_on()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if !self.goes_on()? {
            return Ok(None);
        }
        let key = self.reader.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let start = self.reader.offset;
        seed.deserialize(&mut *self.reader).map_err(|error| error.at(start))
    }
}

/// The payloads of a typed array.
struct Payloads<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: u8,
    left: usize,
}

impl<'de> SeqAccess<'de> for Payloads<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Payload { reader: self.reader, marker: self.marker }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// One payload, whose marker was said before.
struct Payload<'a, 'de> {
    reader: &'a mut Reader<'de>,
    marker: u8,
}

impl<'de> Deserializer<'de> for Payload<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.value(self.marker, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::de::IgnoredAny;

    use super::*;

    fn error_of(bytes: &[u8]) -> String {
        from_slice::<IgnoredAny>(bytes).unwrap_err().to_string()
    }

    #[test]
    fn reads_arrays_of_each_form() {
        for bytes in [
            &b"[i\x01i\xffU\xff]"[..],
            b"[#i\x03i\x01i\xffU\xff",
            b"[$I#i\x03\x00\x01\xff\xff\x00\xff",
            b"[i\x01NNi\xffU\xff]",
        ] {
            assert_eq!(from_slice::<Vec<i64>>(bytes).unwrap(), [1, -1, 255]);
        }
        assert_eq!(from_slice::<Vec<f32>>(b"[$d#L\0\0\0\0\0\0\0\x01\x3f\x80\0\0").unwrap(), [1.0]);
    }

    #[test]
    fn reads_objects() {
        for bytes in [&b"{i\x01aTi\x01bF}"[..], b"{#i\x02i\x01aTi\x01bF"] {
            let object: BTreeMap<String, bool> = from_slice(bytes).unwrap();
            assert_eq!(object.into_iter().collect::<Vec<_>>(), [("a".into(), true), ("b".into(), false)]);
        }
    }

    #[test]
    fn believes_no_length_without_bytes() {
        assert_eq!(
            error_of(b"[$d#L\0\0\0\x7f\xff\xff\xff\xff"),
            "a length of 549755813887 is more than the file holds, at byte 13"
        );
        assert!(error_of(b"[#i\xff").starts_with("a length of -1 is more"));
        assert!(error_of(b"Sl\x7f\xff\xff\xffab").starts_with("a length of 2147483647"));
    }

    #[test]
    fn bounds_the_nesting() {
        assert!(error_of(&b"[".repeat(100_000)).starts_with("values nest deeper than 64 levels"));
    }

    #[test]
    fn names_what_is_no_value() {
        assert_eq!(error_of(b"[i\x01H"), "`H` marks no value that a model holds, at byte 3");
        assert_eq!(error_of(b"TT"), "the model ends here, but the file goes on, at byte 1");
        assert_eq!(error_of(b"[$T#i\x01"), "`T` marks no value that a model holds, at byte 2");
    }
}
