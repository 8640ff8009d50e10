//! Damage in a JPEG: what is read all the same, and what is told.
//!
//! libjpeg, and so Pillow, shows something for any damage. The decoder shows the same where the data
//! of a sequential image ends early but the file has its end (cameras and downloads leave such
//! files: the rest of the image is grey), and where bytes stand between markers. After a bad code,
//! early ends of a progressive image's scans, or a restart marker that is not the next one, libjpeg
//! and the decoder go on in different ways, and neither shows the image that was saved; so such files
//! are refused. So are arithmetic codes, which hardly any program writes or reads: none of them is a
//! bad one, so damage would not be noticed.

use libjpeg_turbo_rs::DecodeWarning;

use super::Fault;

/// What the decoder noticed.
pub(super) fn check_warnings(
    bytes: &[u8],
    is_progressive: bool,
    warnings: &[DecodeWarning],
) -> Result<(), Fault> {
    for warning in warnings {
        match warning {
            DecodeWarning::ExtraneousData { .. } => {}
            DecodeWarning::TruncatedData { .. } if !is_progressive && has_end(bytes) => {}
            DecodeWarning::TruncatedData { decoded_mcus, total_mcus } => {
                let blocks = format!("expected {total_mcus} blocks, got {decoded_mcus}");
                return Err(Fault::Bad(format!("damaged JPEG: it ends early: {blocks}")));
            }
            DecodeWarning::HuffmanError { mcu_x, mcu_y, .. } => {
                return Err(Fault::Bad(format!(
                    "damaged JPEG: bad code in block {mcu_x}, {mcu_y}"
                )));
            }
            other => return Err(Fault::Bad(other.to_string())),
        }
    }
    Ok(())
}

fn has_end(bytes: &[u8]) -> bool {
    markers(bytes).any(|marker| marker == END)
}

/// What the decoder would not notice: restart markers are numbered in turn, so that a lost one shows.
pub(super) fn check_markers(bytes: &[u8]) -> Result<(), Fault> {
    // Of most files, the header is all that is looked at.
    let header = |marker: u8| markers(bytes).take_while(|&m| m != SCAN).any(|m| m == marker);
    if ARITHMETIC.into_iter().any(header) {
        return Err(Fault::Bad("unsupported JPEG: arithmetic coding".to_owned()));
    }
    if !header(INTERVAL) {
        return Ok(());
    }
    let mut expected = 0;
    for marker in markers(bytes) {
        match marker {
            SCAN => expected = 0,
            0xd0..=0xd7 if marker - 0xd0 == expected => expected = (expected + 1) % 8,
            0xd0..=0xd7 => {
                let got = marker - 0xd0;
                let what = format!("restart marker: expected number {expected}, got {got}");
                return Err(Fault::Bad(format!("damaged JPEG: {what}")));
            }
            _ => {}
        }
    }
    Ok(())
}

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const INTERVAL: u8 = 0xdd;
/// Frames whose codes are arithmetic ones.
const ARITHMETIC: [u8; 2] = [0xc9, 0xca];

/// The markers of a file from its start to its end, which may be missing. Segments are passed over
/// by the length they state, coded data until a marker.
fn markers(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let (mut at, mut ended) = (0, false);
    std::iter::from_fn(move || {
        loop {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)? + 1;
            match *bytes.get(at)? {
                0 | 0xff => {}
                _ if ended => return None,
                marker => {
                    ended = marker == END;
                    if !matches!(marker, 0x01 | 0xd0..=0xd9) {
                        let length = bytes.get(at + 1..at + 3)?;
                        at += 1 + usize::from(u16::from_be_bytes([length[0], length[1]]));
                    }
                    return Some(marker);
                }
            }
        }
    })
}
