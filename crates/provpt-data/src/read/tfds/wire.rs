//! The protobuf wire format, as far as `tf.train.Example` needs it: fields borrowed from the bytes,
//! nothing copied. <https://protobuf.dev/programming-guides/encoding/>

use std::ops::Range;

/// What is wrong with the bytes, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at} of its data")]
pub(super) struct WireError {
    pub(super) what: &'static str,
    pub(super) at: usize,
}

/// A field's value; a range is where its bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Varint(u64),
    Fixed32(u32),
    Fixed64,
    Bytes(Range<usize>),
}

/// Iterates over the fields of the message in `rest`.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    rest: Range<usize>,
}

impl<'a> Fields<'a> {
    /// `message` must lie within `bytes`, else it is taken for empty.
    pub(super) fn new(bytes: &'a [u8], message: Range<usize>) -> Self {
        Self { bytes, rest: message }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn error(&self, what: &'static str) -> WireError {
        WireError { what, at: self.rest.start }
    }

    pub(super) fn varint(&mut self) -> Result<u64, WireError> {
        let start = self.error("number of more than 64 bits");
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.fixed()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits << shift;
            if shift == 63 && bits > 1 {
                return Err(start);
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(start)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let range = self.take(N as u64)?;
        let bytes = self.bytes.get(range).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| self.error("end"))
    }

    fn take(&mut self, length: u64) -> Result<Range<usize>, WireError> {
        let length = usize::try_from(length).ok().filter(|&length| length <= self.rest.len());
        let start = self.rest.start;
        let end = start + length.ok_or_else(|| self.error("value longer than what is left"))?;
        self.rest.start = end;
        Ok(start..end)
    }

    fn field(&mut self) -> Result<(u64, Value), WireError> {
        let start = self.error("group or unknown wire type");
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.fixed::<8>().map(|_| Value::Fixed64)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return Err(start),
        };
        Ok((tag >> 3, value))
    }
}

impl Iterator for Fields<'_> {
    type Item = Result<(u64, Value), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest.start = self.rest.end;
        }
        Some(field)
    }
}
