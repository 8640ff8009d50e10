//! A sheet drawn.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight};
use rayon::prelude::*;

use super::canvas::Canvas;
use super::layout::{BAR, LINE, Layout, SIDE};
use super::text::{self, Style};
use super::thumbnail::thumbnail;
use super::{SheetOptions, choose};
use crate::{Error, Image, Split, Task};

const PAPER: [u8; 3] = [250, 250, 248];
/// Behind pictures that do not fill their square.
const FRAME: [u8; 3] = [232, 232, 228];
const INK: [u8; 3] = [24, 24, 27];
const FAINT: [u8; 3] = [96, 96, 104];

const TITLE: Style = Style { weight: FontWeight::Bold, height: RasterHeight::Size20, colour: INK };
const CLASS: Style = Style { weight: FontWeight::Bold, height: RasterHeight::Size16, colour: INK };
const NAME: Style =
    Style { weight: FontWeight::Regular, height: RasterHeight::Size16, colour: FAINT };

/// One picture of a sheet.
struct Shown {
    small: Image,
    label: usize,
    name: String,
}

/// Draws pictures sorted by class, each with `label class` and its name below.
fn draw(title: &str, classes: &[String], shown: &[Shown]) -> Result<Image, Error> {
    let labels: Vec<usize> = shown.iter().map(|shown| shown.label).collect();
    let layout = Layout::new(&labels);
    let (width, height) = layout.page();
    let mut canvas = Canvas::new(width, height, PAPER);
    let title = text::cut_end(title, TITLE.fits(width - 2 * layout.title().0));
    text::write(&mut canvas, layout.title(), &title, TITLE);
    for (shown, (left, top)) in shown.iter().zip(layout.corners()) {
        canvas.fill((left, top), (SIDE, BAR), tint(shown.label));
        canvas.fill((left, top + BAR), (SIDE, SIDE), FRAME);
        let small = &shown.small;
        let middle = |length: usize| (SIDE - length) / 2;
        let corner = (left + middle(small.width()), top + BAR + middle(small.height()));
        canvas.paste(corner, small.width(), small.pixels());
        let class = label(shown.label, classes);
        let [first, second] = text::two_lines(tail(&shown.name), NAME.fits(SIDE));
        let lines =
            [(text::cut_end(&class, CLASS.fits(SIDE)), CLASS), (first, NAME), (second, NAME)];
        for (line, (text, style)) in lines.iter().enumerate() {
            text::write(&mut canvas, (left, top + BAR + SIDE + 4 + line * LINE), text, *style);
        }
    }
    Ok(Image::from_rgb(width, height, canvas.into_pixels())?)
}

/// `3 dress`, or just `3` where classes have no other names.
fn label(label: usize, classes: &[String]) -> String {
    match classes.get(label) {
        Some(class) if *class != label.to_string() => format!("{label} {class}"),
        _ => label.to_string(),
    }
}

/// The last part of a path.
fn tail(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// A colour for each class, neighbours far apart: hues a golden angle apart.
fn tint(label: usize) -> [u8; 3] {
    let hue = (label % 360) as f32 * 137.508 % 360.0 / 60.0;
    let channel = |shift: f32| {
        let at = (hue + shift) % 6.0;
        let level = (2.0 - (at - 3.0).abs()).clamp(0.0, 1.0);
        (70.0 + 150.0 * level) as u8
    };
    [channel(3.0), channel(1.0), channel(5.0)]
}

/// See [`Task::sheet`].
pub(super) fn sheet(task: &Task, options: &SheetOptions) -> Result<Image, Error> {
    let parts = task.parts();
    let named = |(name, _): &&(&'static str, &Split)| *name == options.split;
    let Some((_, split)) = parts.iter().find(named) else {
        let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
        let (expected, got) = (names.join(" or "), options.split.clone());
        return Err(Error::NoSuchSplit { expected, got });
    };
    let chosen =
        choose::choose(split.labels(), options.images.min(SheetOptions::MOST), options.seed);
    let shown: Vec<Result<Shown, Error>> = chosen
        .par_iter()
        .map(|&index| {
            let small = thumbnail(&split.image(index)?, SIDE)?;
            Ok(Shown { small, label: split.labels()[index], name: split.names()[index].clone() })
        })
        .collect();
    let shown: Vec<Shown> = shown.into_iter().collect::<Result<_, _>>()?;
    let title = format!(
        "{}: {} of {} {} images, {} classes",
        task.name,
        shown.len(),
        split.len(),
        options.split,
        task.classes.len()
    );
    draw(&title, &task.classes, &shown)
}
