//! TFRecord files: the data's length (u64), its checksum, the data, their checksum (u32); little
//! endian.

use prost::Message;

use super::event::Event;

/// An event as a record.
pub(super) fn framed(event: &Event) -> Vec<u8> {
    let data = event.encode_to_vec();
    let length = (data.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(&length).to_le_bytes());
    record.extend(&data);
    record.extend(masked(&data).to_le_bytes());
    record
}

/// CRC32C, rotated and shifted, so that the checksum of data that hold checksums is not trivial.
pub(super) fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}
