//! JPEGs of four components of which some are coarser, as Photoshop writes inks of lower quality.
//! The decoder enlarges only the second and third of them, and ends their rows where blocks end and
//! not where the image does; so planes are taken from it, and enlarged here as libjpeg does.

use libjpeg_turbo_rs::decode::color::ycck_to_cmyk_row;
use libjpeg_turbo_rs::decode::upsample::{fancy_h2v1, fancy_h2v2};
use libjpeg_turbo_rs::{ColorSpace, ComponentInfo, Decoder};

use super::{Fault, jpeg_damage};

/// One component's samples: `[height, width]`.
struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

/// Whether a file is one of these.
pub(super) fn is_one(components: &[ComponentInfo]) -> bool {
    let side = |c: &ComponentInfo| (c.horizontal_sampling, c.vertical_sampling);
    components.len() == 4 && components.iter().any(|c| side(c) != side(&components[0]))
}

/// Inks as stored, `[height, width, 4]`; `plain`: as in [`super::jpeg::decode_as`].
pub(super) fn decode(bytes: &[u8], decoder: Decoder<'_>, plain: bool) -> Result<Vec<u8>, Fault> {
    let is_ycck = decoder.jpeg_color_space() == ColorSpace::Ycck && !plain;
    let is_progressive = decoder.header().is_progressive;
    let components = decoder.header().components.clone();
    let most = |side: fn(&ComponentInfo) -> u8| {
        components.iter().map(|c| usize::from(side(c))).max().unwrap_or(1)
    };
    let (across, down) = (most(|c| c.horizontal_sampling), most(|c| c.vertical_sampling));
    let (raw, warnings) = decoder.decode_raw_with_warnings()?;
    jpeg_damage::check_warnings(bytes, is_progressive, &warnings)?;
    let (width, height) = (raw.width, raw.height);
    let mut planes = Vec::new();
    for ((component, samples), stride) in components.iter().zip(raw.planes).zip(raw.plane_widths) {
        let (h, v) = (component.horizontal_sampling.into(), component.vertical_sampling.into());
        if across.checked_rem(h) != Some(0) || down.checked_rem(v) != Some(0) {
            let what = format!("expected parts of {across}x{down}, got {h}x{v}");
            return Err(Fault::Bad(format!("unsupported JPEG: sampling: {what}")));
        }
        let plane =
            cropped(&samples, stride, (width * h).div_ceil(across), (height * v).div_ceil(down));
        planes.push(enlarged(plane, (across / h, down / v)));
    }
    let mut inks = vec![0; 4 * width * height];
    for (y, out) in inks.chunks_exact_mut(4 * width).enumerate() {
        let row = |plane: usize| &planes[plane].samples[y * planes[plane].width..][..width];
        if is_ycck {
            ycck_to_cmyk_row(row(0), row(1), row(2), row(3), out, width);
        } else {
            let (pixels, _) = out.as_chunks_mut::<4>();
            let rows = [0, 1, 2, 3].map(row);
            pixels.iter_mut().enumerate().for_each(|(x, inks)| *inks = rows.map(|row| row[x]));
        }
    }
    Ok(inks)
}

fn cropped(samples: &[u8], stride: usize, width: usize, height: usize) -> Plane {
    let rows = samples.chunks_exact(stride.max(1)).take(height);
    Plane { width, height, samples: rows.flat_map(|row| &row[..width]).copied().collect() }
}

/// As libjpeg: by a filter where a side is doubled and long enough, else by repeating samples.
fn enlarged(plane: Plane, by: (usize, usize)) -> Plane {
    let Plane { width, height, samples } = plane;
    let size = (width * by.0, height * by.1);
    let mut out = vec![0; size.0 * size.1];
    match by {
        (1, 1) => out = samples,
        (2, 1) if width > 2 => {
            let rows = samples.chunks_exact(width).zip(out.chunks_exact_mut(size.0));
            rows.for_each(|(row, out)| fancy_h2v1(row, width, out, size.0));
        }
        (2, 2) if width > 2 => fancy_h2v2(&samples, width, height, &mut out, size.0, size.1),
        (1, 2) => {
            for (y, out) in out.chunks_exact_mut(width).enumerate() {
                let (near, upper) = (y / 2, y % 2 == 0);
                let far = if upper { near.saturating_sub(1) } else { (near + 1).min(height - 1) };
                let row = |y: usize| &samples[y * width..(y + 1) * width];
                let bias = if upper { 1 } else { 2 };
                for ((out, &near), &far) in out.iter_mut().zip(row(near)).zip(row(far)) {
                    *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
                }
            }
        }
        _ => {
            for (y, out) in out.chunks_exact_mut(size.0).enumerate() {
                let row = &samples[y / by.1 * width..];
                out.iter_mut().enumerate().for_each(|(x, out)| *out = row[x / by.0]);
            }
        }
    }
    Plane { width: size.0, height: size.1, samples: out }
}
