//! Arrays in NumPy's own file format, structured ones included.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>: a magic word, a version, the length of the
//! header, the header as a Python literal (`descr`, `fortran_order`, `shape`), then the items.
//!
//! `ndarray-npy` reads arrays whose type is known beforehand; scikit-learn keeps nodes as a structured type, whose
//! fields differ between its versions and are named in the header alone. So the header is read here.

use super::literal::{self, Literal};

/// The longest header that is read; scikit-learn's are below 1 KiB.
const HEADER_LIMIT: usize = 1 << 16;

/// An array over the bytes of its file.
#[derive(Debug)]
pub(super) struct Array<'a> {
    shape: Vec<usize>,
    fortran_order: bool,
    item_size: usize,
    fields: Vec<Field>,
    items: &'a [u8],
}

/// One field of an item; an array that is not structured has one, without a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    name: String,
    offset: usize,
    kind: u8,
    size: usize,
    big_endian: bool,
}

impl<'a> Array<'a> {
    /// Reads a file. Fails where the header is no header, or the items are not as many bytes as it announces.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\x93NUMPY")?;
        let (&[major, _], bytes) = bytes.split_first_chunk::<2>()?;
        let (length, bytes) = match major {
            1 => bytes.split_first_chunk().map(|(n, rest)| (usize::from(u16::from_le_bytes(*n)), rest))?,
            2 | 3 => bytes.split_first_chunk().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest))?,
            _ => return None,
        };
        let (header, items) = bytes.split_at_checked(length).filter(|_| length <= HEADER_LIMIT)?;
        Self::with_header(&literal::parse(std::str::from_utf8(header).ok()?)?, items)
    }

    fn with_header(header: &Literal, items: &'a [u8]) -> Option<Self> {
        let shape = integers(header.get("shape")?)?;
        let (fields, item_size) = fields(header.get("descr")?)?;
        let n_bytes = shape.iter().try_fold(item_size, |size, n| size.checked_mul(*n))?;
        let Literal::Boolean(fortran_order) = *header.get("fortran_order")? else { return None };
        // A shape such as (2^60, 0) announces nothing to allocate, but 0-byte items would: NumPy writes none.
        (n_bytes == items.len() && item_size > 0).then_some(Self {
            shape,
            fortran_order,
            item_size,
            fields,
            items,
        })
    }

    /// The shape; empty for a scalar.
    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.items.len() / self.item_size
    }

    /// The names of a structured type's fields; padding has none.
    pub(super) fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str()).filter(|name| !name.is_empty())
    }

    /// A field by name; the whole item is the field "".
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A field's numbers, last index fastest whatever the order in the file.
    pub(super) fn floats(&self, name: &str) -> Option<Vec<f64>> {
        let field = self.field(name)?;
        self.in_row_order().map(|item| field.float(item)).collect()
    }

    /// A field's whole numbers, last index fastest.
    pub(super) fn integers(&self, name: &str) -> Option<Vec<i64>> {
        let field = self.field(name)?;
        self.in_row_order().map(|item| field.integer(item)).collect()
    }

    /// The items as people write them: class labels, category names.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        let field = self.field("")?;
        self.in_row_order().map(|item| field.text(item)).collect()
    }

    fn in_row_order(&self) -> impl Iterator<Item = &'a [u8]> {
        let transposed = self.fortran_order && self.shape.len() > 1;
        (0..self.len()).map(move |idx| {
            let place = if transposed { self.fortran_place(idx) } else { idx };
            &self.items[place * self.item_size..][..self.item_size]
        })
    }

    fn fortran_place(&self, mut idx: usize) -> usize {
        let mut stride = self.len();
        let mut place = 0;
        for n in self.shape.iter().rev() {
            stride /= n;
            place += (idx % n) * stride;
            idx /= n;
        }
        place
    }
}

impl Field {
    /// Of a type such as `<f8`.
    fn new(name: &str, offset: usize, descr: &str) -> Option<Self> {
        let (order, kind) = (*descr.as_bytes().first()?, *descr.as_bytes().get(1)?);
        let units: usize = descr.get(2..)?.parse().ok()?;
        let size = if kind == b'U' { units.checked_mul(4)? } else { units };
        let big_endian = match order {
            b'<' | b'|' | b'=' => false,
            b'>' => true,
            _ => return None,
        };
        Some(Self { name: name.to_owned(), offset, kind, size, big_endian })
    }

    fn bytes<const N: usize>(&self, item: &[u8]) -> Option<[u8; N]> {
        let mut bytes: [u8; N] =
            item.get(self.offset..self.offset.checked_add(self.size)?)?.try_into().ok()?;
        if self.big_endian {
            bytes.reverse();
        }
        Some(bytes)
    }

    fn float(&self, item: &[u8]) -> Option<f64> {
        match (self.kind, self.size) {
            (b'f', 4) => self.bytes(item).map(f32::from_le_bytes).map(f64::from),
            (b'f', 8) => self.bytes(item).map(f64::from_le_bytes),
            _ => self.integer(item).map(|value| value as f64),
        }
    }

    fn integer(&self, item: &[u8]) -> Option<i64> {
        match (self.kind, self.size) {
            (b'i', 1) => self.bytes(item).map(i8::from_le_bytes).map(i64::from),
            (b'u' | b'b', 1) => self.bytes(item).map(u8::from_le_bytes).map(i64::from),
            (b'i', 2) => self.bytes(item).map(i16::from_le_bytes).map(i64::from),
            (b'u', 2) => self.bytes(item).map(u16::from_le_bytes).map(i64::from),
            (b'i', 4) => self.bytes(item).map(i32::from_le_bytes).map(i64::from),
            (b'u', 4) => self.bytes(item).map(u32::from_le_bytes).map(i64::from),
            (b'i', 8) => self.bytes(item).map(i64::from_le_bytes),
            (b'u', 8) => self.bytes(item).map(u64::from_le_bytes).and_then(|value| value.try_into().ok()),
            _ => None,
        }
    }

    fn text(&self, item: &[u8]) -> Option<String> {
        match self.kind {
            b'U' => self.unicode(item),
            b'S' => std::str::from_utf8(item).ok().map(|text| text.trim_end_matches('\0').to_owned()),
            b'b' => self.integer(item).map(|value| if value == 0 { "False" } else { "True" }.to_owned()),
            b'f' => self.float(item).map(|value| value.to_string()),
            _ => self.integer(item).map(|value| value.to_string()),
        }
    }

    fn unicode(&self, item: &[u8]) -> Option<String> {
        let code = |unit: &[u8; 4]| {
            if self.big_endian { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) }
        };
        let text: Option<String> = item.as_chunks().0.iter().map(|unit| char::from_u32(code(unit))).collect();
        text.map(|text| text.trim_end_matches('\0').to_owned())
    }
}

/// The fields of a type and the size of an item.
fn fields(descr: &Literal) -> Option<(Vec<Field>, usize)> {
    if let Some(text) = descr.text() {
        let field = Field::new("", 0, text)?;
        let size = field.size;
        return Some((vec![field], size));
    }
    let mut fields = Vec::new();
    let mut offset: usize = 0;
    for part in descr.items()? {
        let [Literal::Text(name), Literal::Text(descr), shape @ ..] = part.items()? else { return None };
        let field = Field::new(name, offset, descr)?;
        let count = match shape {
            [] => 1,
            [shape] => integers(shape)?.into_iter().try_fold(1_usize, usize::checked_mul)?,
            _ => return None,
        };
        offset = offset.checked_add(field.size.checked_mul(count)?)?;
        fields.push(field);
    }
    Some((fields, offset))
}

fn integers(shape: &Literal) -> Option<Vec<usize>> {
    let integer = |item: &Literal| match item {
        Literal::Integer(n) => Some(*n),
        _ => None,
    };
    shape.items()?.iter().map(integer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, items: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), items].concat()
    }

    #[test]
    fn reads_a_table_in_either_order() {
        let items = [1_u8, 2, 3, 4, 5, 6];
        for (order, expected) in [("False", [1, 2, 3, 4, 5, 6]), ("True", [1, 3, 5, 2, 4, 6])] {
            let file =
                file(&format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': (2, 3)}}"), &items);
            assert_eq!(Array::read(&file).unwrap().integers("").unwrap(), expected);
        }
    }

    #[test]
    fn reads_fields_between_padding() {
        let items = [7, 0, 0, 0, 0, 0x3f, 0x80, 0, 0, 9];
        let file = file(
            "{'descr': [('a', '|u1'), ('', '|V4'), ('b', '|u1'), ('c', '<i4')], 'fortran_order': False, 'shape': ()}",
            &items,
        );
        let array = Array::read(&file).unwrap();
        assert_eq!(array.field_names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(array.integers("b").unwrap(), [0x3f]);
        assert_eq!(array.floats("c").unwrap(), [f64::from(0x0900_0080)]);
    }

    #[test]
    fn reads_texts_and_big_endian_numbers() {
        let items: Vec<u8> = "ab\0ö\0\0".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        let file_of_texts = file("{'descr': '<U3', 'fortran_order': False, 'shape': (2,)}", &items);
        assert_eq!(Array::read(&file_of_texts).unwrap().texts().unwrap(), ["ab", "ö"]);
        let file = file("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", &1.5_f32.to_be_bytes());
        assert_eq!(Array::read(&file).unwrap().floats("").unwrap(), [1.5]);
    }

    #[test]
    fn refuses_more_items_than_there_are_bytes() {
        for shape in ["(2147483648,)", "(18446744073709551615, 2)", "(2,)", "(0,)"] {
            let file =
                file(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"), &[0; 8]);
            assert!(Array::read(&file).is_none(), "{shape}");
        }
        assert!(
            Array::read(&file("{'descr': '|V0', 'fortran_order': False, 'shape': (99999,)}", &[])).is_none()
        );
    }
}
