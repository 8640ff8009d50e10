//! BMPs of run lengths, as Pillow reads them. Written by hand: what a file leaves out has the first
//! colour of its palette in Pillow, and is black in the `image` crate.

use super::{Decoded, Fault, check_size};

/// Sizes of headers that state a compression.
const HEADERS: [u32; 6] = [40, 52, 56, 64, 108, 124];

/// How a file is to be read, if it is one of run lengths.
struct Header {
    width: usize,
    height: usize,
    is_top_down: bool,
    /// Numbers are of four bits, not of eight.
    is_narrow: bool,
    /// Where the runs begin.
    offset: usize,
    /// Red, green and blue.
    palette: Vec<[u8; 3]>,
}

pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && number(bytes, 14).is_some_and(|size| HEADERS.contains(&size))
        && matches!(number(bytes, 30), Some(1 | 2))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let header = header(bytes).ok_or_else(|| bad("its header ends early"))?;
    let Header { width, height, .. } = header;
    if width == 0 || height == 0 {
        return Err(bad(&format!("expected a width and a height, got {width} and {height}")));
    }
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    check_size(side(width), side(height), width as u64 * height as u64)?;
    if bytes.get(28..30) != Some(&[if header.is_narrow { 4 } else { 8 }, 0]) {
        return Err(bad("run lengths of other than 4 or 8 bits are not supported"));
    }
    let numbers = unfolded(bytes, &header).ok_or_else(|| bad("its runs end early"))?;
    let colour = |number: &u8| header.palette.get(usize::from(*number)).copied();
    let row = |y: usize| {
        let y = if header.is_top_down { y } else { height - 1 - y };
        &numbers[y * width..(y + 1) * width]
    };
    let rgb = (0..height).flat_map(row).flat_map(|number| colour(number).unwrap_or_default());
    Ok(Decoded { width, height, rgb: rgb.collect() })
}

fn header(bytes: &[u8]) -> Option<Header> {
    let height = number(bytes, 22)?.cast_signed();
    let narrow = number(bytes, 30)? == 2;
    let colours = match number(bytes, 46)? {
        0 => 1 << if narrow { 4 } else { 8 },
        colours => colours.min(256) as usize,
    };
    let palette = bytes.get(14 + number(bytes, 14)? as usize..)?;
    let palette = palette.chunks_exact(4).take(colours).map(|bgr| [bgr[2], bgr[1], bgr[0]]);
    Some(Header {
        width: number(bytes, 18)? as usize,
        height: height.unsigned_abs() as usize,
        is_top_down: height < 0,
        is_narrow: narrow,
        offset: number(bytes, 10)? as usize,
        palette: palette.collect(),
    })
}

/// The numbers of all pixels, in the order of the file; none if it has too few.
fn unfolded(bytes: &[u8], header: &Header) -> Option<Vec<u8>> {
    let Header { width, height, is_narrow, mut offset, .. } = *header;
    let all = width * height;
    let pair = |byte: u8| if is_narrow { [byte >> 4, byte & 15] } else { [byte; 2] };
    let (mut numbers, mut x) = (Vec::new(), 0);
    while numbers.len() < all {
        let &[count, byte] = bytes.get(offset..)?.first_chunk()?;
        offset += 2;
        match (count, byte) {
            // The end of a row, and of the image.
            (0, 0) => {
                numbers.resize(numbers.len().next_multiple_of(width), 0);
                x = 0;
            }
            (0, 1) => return None,
            // So many pixels to the right, and rows further.
            (0, 2) => {
                let &[right, up] = bytes.get(offset..)?.first_chunk()?;
                offset += 2;
                let skipped = usize::from(right) + usize::from(up) * width;
                numbers.resize((numbers.len() + skipped).min(all), 0);
                x = numbers.len() % width;
            }
            // Numbers that differ, up to an even place in the file.
            (0, _) => {
                let count = usize::from(byte).min(all - numbers.len());
                let size = if is_narrow { count.div_ceil(2) } else { count };
                let own = bytes.get(offset..offset + size)?;
                match is_narrow {
                    true => numbers.extend(own.iter().flat_map(|&byte| pair(byte)).take(count)),
                    false => numbers.extend(own),
                }
                x += usize::from(byte);
                offset = (offset + size).next_multiple_of(2);
            }
            // The same number, or two by turns, to the end of the row at most.
            (count, byte) => {
                let count = usize::from(count).min(width.saturating_sub(x));
                numbers.extend(pair(byte).into_iter().cycle().take(count));
                x += count;
            }
        }
    }
    Some(numbers)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn bad(what: &str) -> Fault {
    Fault::Bad(format!("BMP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2 pixels of the colours (1, 2, 3) and (4, 5, 6); the levels of red.
    fn red(compression: u8, runs: &[u8]) -> Result<Vec<u8>, String> {
        let bits = if compression == 1 { 8 } else { 4 };
        let mut bytes = [&b"BM"[..], &[0; 8], &[62, 0, 0, 0, 40, 0, 0, 0]].concat();
        bytes.extend([3, 0, 0, 0, 2, 0, 0, 0, 1, 0, bits, 0, compression, 0, 0, 0]);
        bytes.extend(
            [&[0; 12][..], &[2, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 6, 5, 4, 0], runs].concat(),
        );
        assert!(is_one(&bytes));
        match decode(&bytes) {
            Ok(image) => Ok(image.rgb.iter().step_by(3).copied().collect()),
            Err(Fault::Bad(cause)) => Err(cause),
            Err(Fault::TooLarge(..)) => Err("too large".to_owned()),
        }
    }

    #[test]
    fn what_is_left_out_has_the_first_colour_as_in_pillow() {
        let whole = red(1, &[3, 1, 0, 0, 0, 3, 0, 1, 0, 0, 0, 1]).unwrap();
        assert_eq!(whole, [1, 4, 1, 4, 4, 4]);
        assert_eq!(red(1, &[1, 1, 0, 0, 3, 1]).unwrap(), [4, 4, 4, 4, 1, 1]);
        assert_eq!(red(1, &[1, 1, 0, 2, 1, 1, 1, 1]).unwrap(), [1, 1, 4, 4, 1, 1]);
        assert_eq!(red(1, &[9, 1, 0, 0, 9, 0]).unwrap(), [1, 1, 1, 4, 4, 4]);
        assert_eq!(red(2, &[3, 0x10, 0, 0, 0, 3, 0x01, 0x10]).unwrap(), [1, 4, 4, 4, 1, 4]);
    }

    #[test]
    fn what_ends_early_is_told() {
        for runs in [&[3, 1, 0, 1][..], &[3, 1, 0, 0, 2], &[3, 1, 0, 0, 0, 3, 1], &[0, 2, 1]] {
            assert_eq!(red(1, runs).unwrap_err(), "BMP: its runs end early");
        }
    }
}
