//! Words in pixels: Noto Sans Mono, drawn beforehand.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::canvas::Canvas;

/// How a line is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) weight: FontWeight,
    pub(super) height: RasterHeight,
    pub(super) colour: [u8; 3],
}

impl Style {
    /// Characters that fit in `width` pixels.
    pub(super) fn fits(self, width: usize) -> usize {
        width / get_raster_width(self.weight, self.height)
    }
}

/// Writes a line from its upper left corner on. What the font lacks becomes a replacement mark;
/// what does not fit on the canvas is cut off.
pub(super) fn write(canvas: &mut Canvas, (left, top): (usize, usize), text: &str, style: Style) {
    let Style { weight, height, colour } = style;
    let width = get_raster_width(weight, height);
    for (place, c) in text.chars().enumerate() {
        let glyph = get_raster(c, weight, height);
        let Some(glyph) = glyph.or_else(|| get_raster('\u{fffd}', weight, height)) else {
            continue;
        };
        for (y, row) in glyph.rows().enumerate() {
            for (x, &ink) in row.iter().enumerate() {
                canvas.mix(left + place * width + x, top + y, colour, ink);
            }
        }
    }
}

/// At most `limit` characters: the end is cut off, and `..` says so.
pub(super) fn cut_end(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(2)).chain("..".chars()).take(limit).collect()
}

/// Up to two lines of at most `limit` characters; of a longer text the middle is left out, since
/// names often differ in the end only.
pub(super) fn two_lines(text: &str, limit: usize) -> [String; 2] {
    let chars: Vec<char> = text.chars().collect();
    let first: String = chars.iter().take(limit).collect();
    let rest = &chars[chars.len().min(limit)..];
    if rest.len() <= limit {
        return [first, rest.iter().collect()];
    }
    let tail = rest.len() - limit.saturating_sub(2).min(rest.len());
    [first, "..".chars().chain(rest[tail..].iter().copied()).take(limit).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_it_hurts_least() {
        assert_eq!(cut_end("ankle boot", 10), "ankle boot");
        assert_eq!(cut_end("ankle boots", 10), "ankle bo..");
        assert_eq!(cut_end("abc", 1), ".");
        assert_eq!(two_lines("a.png", 8), ["a.png", ""]);
        assert_eq!(two_lines("0123456789abcdef", 8), ["01234567", "89abcdef"]);
        assert_eq!(two_lines("0123456789abcdefg", 8), ["01234567", "..bcdefg"]);
        assert_eq!(two_lines("größe größe größe", 6), ["größe ", "..röße"]);
    }

    #[test]
    fn letters_leave_ink_and_unknown_ones_a_mark() {
        let style =
            Style { weight: FontWeight::Regular, height: RasterHeight::Size16, colour: [0; 3] };
        let ink = |text| {
            let mut canvas = Canvas::new(40, 20, [255; 3]);
            write(&mut canvas, (2, 2), text, style);
            let dark: usize = canvas.into_pixels().iter().map(|&v| 255 - usize::from(v)).sum();
            dark
        };
        assert_eq!(ink(" "), 0);
        assert!(ink("l") > 0 && ink("W") > ink("l"));
        assert!(ink("犬") > 0);
        assert_eq!(ink("犬"), ink("猫"));
        assert!(ink("ä") > ink("a"));
        ink("much longer than forty pixels");
    }
}
