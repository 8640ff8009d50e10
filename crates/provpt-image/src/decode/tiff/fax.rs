//! Fax group 4 (ITU-T T.6) inside TIFF, strictly.
//!
//! Written by hand, over the code tables of the `fax` crate: its decoder, which the `tiff` crate
//! uses, goes on after a line that does not end where the image does, and libtiff goes on in
//! another way. Both show something; so damage is told instead.

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, slice_reader};

use super::parts::parts;
use super::{Fault, Ifd};

/// Rows of bits `[height, ceil(width / 8)]`, black ones set, of an image of `size` (width, height).
pub(super) fn bits(ifd: &Ifd<'_>, (width, height): (usize, usize)) -> Result<Vec<u8>, Fault> {
    let stride = width.div_ceil(8);
    let mut bits = vec![0; stride * height];
    for part in parts(ifd, (width, height))? {
        // The tables look ahead; no code consists of zeros only.
        let padded = [part.bytes, &[0; 4]].concat();
        let mut reader = slice_reader(&padded);
        let mut above = Vec::new();
        for y in part.top..(part.top + part.height).min(height) {
            let line = line(&mut reader, &above, part.width)
                .ok_or_else(|| Fault::Bad(format!("damaged TIFF: fax codes of line {y}")))?;
            let row = &mut bits[y * stride..(y + 1) * stride];
            for run in line.chunks(2) {
                let end = run.get(1).map_or(part.width, |&end| end);
                let (start, end) = (part.left + run[0], (part.left + end).min(width));
                (start..end).for_each(|x| row[x / 8] |= 0x80 >> (x % 8));
            }
            above = line;
        }
    }
    Ok(bits)
}

/// Where the colour changes in the next line, white at first; none if its codes do not make exactly
/// `width` pixels.
fn line(reader: &mut impl BitReader, above: &[usize], width: usize) -> Option<Vec<usize>> {
    let (mut line, mut at, mut is_black) = (Vec::new(), 0, false);
    let (mut started, mut right) = (false, 0);
    while at < width {
        // The first change above that is right of here, and to the other colour.
        while started && above.get(right).is_some_and(|&change| change <= at) {
            right += 1;
        }
        let index = right + usize::from((right % 2 == 1) != is_black);
        let change = |index: usize| above.get(index).copied().unwrap_or(width);
        match mode::decode(reader)? {
            Mode::Pass => at = change(index + 1),
            Mode::Vertical(by) => {
                let to = change(index).checked_add_signed(isize::from(by))?;
                if to > width || to < at || (to == at && started) {
                    return None;
                }
                line.push(to);
                (at, is_black) = (to, !is_black);
            }
            Mode::Horizontal => {
                let first = at + run(reader, is_black)?;
                let second = first + run(reader, !is_black)?;
                if second > width || (first == at && started) || (second == first && first < width)
                {
                    return None;
                }
                line.extend([first, second]);
                at = second;
            }
            Mode::Extension | Mode::EOF => return None,
        }
        started = true;
    }
    line.retain(|&change| change < width);
    Some(line)
}

/// The length of a run: multiples of 64 first.
fn run(reader: &mut impl BitReader, is_black: bool) -> Option<usize> {
    let mut length = 0;
    loop {
        let more = if is_black { black::decode(reader)? } else { white::decode(reader)? };
        length += usize::from(more);
        if more < 64 {
            return Some(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changes of one line of 8 pixels, of codes as zeros and ones.
    fn changes(codes: &str, above: &[usize]) -> Option<Vec<usize>> {
        let bits: Vec<u8> = codes.bytes().filter(|byte| *byte != b' ').map(|b| b & 1).collect();
        let byte =
            |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (i, b)| byte | b << (7 - i));
        let bytes: Vec<u8> = bits.chunks(8).map(byte).chain([0; 4]).collect();
        line(&mut slice_reader(&bytes), above, 8)
    }

    #[test]
    fn lines_of_all_modes() {
        assert!(changes("1", &[]).unwrap().is_empty());
        assert_eq!(changes("001 1000 0011", &[]).unwrap(), [3]); // 3 white, 5 black
        assert_eq!(changes("001 00110101 11 1", &[]).unwrap(), [0, 2]); // black at once
        assert_eq!(changes("1 011 010 1", &[2, 4, 7]).unwrap(), [2, 5, 6]); // below, right, left
        assert_eq!(changes("0001 1 1", &[2, 4, 6]).unwrap(), [6]); // 2 to 4 passed
        assert_eq!(changes("1 1 1", &[0, 3]).unwrap(), [0, 3]);
    }

    #[test]
    fn lines_that_are_not_filled_exactly() {
        for (codes, above) in [
            ("001 1000 0010", &[][..]),    // 3 white and 6 black
            ("001 00111 11", &[]),         // 10 white
            ("011", &[]),                  // right of the end
            ("001 0111 10 0000010", &[6]), // back to 3 from 5
            ("001 0111 0000110111", &[]),  // 2 white, none black
            ("000000000001", &[]),         // the end of all lines
            ("0000001111", &[]),           // bits as they are
            ("001 1000", &[]),             // the end of the file
            ("", &[]),
        ] {
            assert_eq!(changes(codes, above), None, "{codes}");
        }
    }
}
