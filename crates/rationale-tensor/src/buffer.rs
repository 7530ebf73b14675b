//! The bytes of a tensor's elements, aligned as the elements are.

/// The bytes of a tensor's elements, little-endian, aligned for elements of a width.
///
/// What is read into a buffer of the right width becomes a tensor without another copy; a `Vec<u8>` has no alignment to
/// speak of and is copied once.
///
/// ```
/// use rationale_tensor::{Buffer, Device, Element, Tensor};
///
/// let mut buffer = Buffer::zeros(2, Element::F32.size());
/// buffer.bytes_mut()[4..].copy_from_slice(&2.5_f32.to_le_bytes());
/// let tensor = Tensor::from_buffer(buffer, Element::F32, &[2], &Device::flex())?;
/// assert_eq!(tensor.to_f64s()?, [0.0, 2.5]);
/// # Ok::<(), rationale_tensor::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer(pub(crate) Words);

/// Elements by their width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Words {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
}

impl Buffer {
    /// Of `n` elements of `width` bytes, all zero. A width other than 1, 2, 4 and 8 is taken as that many single bytes.
    ///
    /// Large ones are pages that the system hands out as zeros, so nothing is written before it is read into.
    pub fn zeros(n: usize, width: usize) -> Self {
        Self(match width {
            2 => Words::Two(vec![0; n]),
            4 => Words::Four(vec![0; n]),
            8 => Words::Eight(vec![0; n]),
            _ => Words::One(vec![0; n.saturating_mul(width)]),
        })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Words::One(words) => words,
            Words::Two(words) => bytemuck::cast_slice(words),
            Words::Four(words) => bytemuck::cast_slice(words),
            Words::Eight(words) => bytemuck::cast_slice(words),
        }
    }

    /// The bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Words::One(words) => words,
            Words::Two(words) => bytemuck::cast_slice_mut(words),
            Words::Four(words) => bytemuck::cast_slice_mut(words),
            Words::Eight(words) => bytemuck::cast_slice_mut(words),
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same bytes aligned for elements of `width`; they are copied where they are not so already, or where they
    /// are no whole number of elements.
    pub fn aligned(self, width: usize) -> Self {
        let is_so = match &self.0 {
            Words::One(_) => width == 1,
            Words::Two(_) => width == 2,
            Words::Four(_) => width == 4,
            Words::Eight(_) => width == 8,
        };
        if is_so || width == 0 || !self.len().is_multiple_of(width) {
            return self;
        }
        let mut aligned = Self::zeros(self.len() / width, width);
        aligned.bytes_mut().copy_from_slice(self.bytes());
        aligned
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Words::One(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_what_they_are_whatever_the_width() {
        let bytes: Vec<u8> = (0..24).collect();
        for width in [1, 2, 4, 8] {
            let aligned = Buffer::from(bytes.clone()).aligned(width);
            assert_eq!(aligned.bytes(), bytes);
            assert_eq!(aligned.bytes().as_ptr() as usize % width, 0);
        }
    }

    #[test]
    fn an_odd_number_of_bytes_is_left_as_it_is() {
        assert_eq!(Buffer::from(vec![1, 2, 3]).aligned(2), Buffer::from(vec![1, 2, 3]));
    }
}
