//! A task, a backbone and runs that tests need; small, and quick to learn.

use provpt_data::{Image, Preprocess, Split, Task};
use provpt_vit::weights::LoadOptions;
use provpt_vit::{Backbone, Engine, Placement};

use crate::config::Config;
use crate::learn::bank::PromptBank;
use crate::learn::head::Head;
use crate::learn::parameters::Parameters;
use crate::setup::Setup;
use provpt_base::{Purpose, stream};

/// Of the images, in pixels.
const SIDE: usize = 16;

/// Noisy stripes: even images have them across, odd ones down.
fn stripes(i: usize) -> Image {
    let level = |x: usize, y: usize| {
        let across = i.is_multiple_of(2);
        let stripe = (if across { x } else { y }) / (2 + i % 3) % 2;
        (stripe * 90 + (x * 31 + y * 17 + i * 53) % 120) as u8
    };
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| [level(x, y); 3]));
    Image::from_rgb(SIDE, SIDE, pixels.collect()).unwrap()
}

/// Twenty images of two classes; of each class the shares `[val, test]` are split off.
pub(crate) fn task(shares: [f64; 2]) -> Task {
    let images = (0..20).map(|i| (stripes(i), ["across", "down"][i % 2]));
    Task::of_images("stripes", images, shares).unwrap()
}

/// Images of two classes.
pub(crate) fn split(images: usize) -> Split {
    Split::of_images((0..images).map(|i| (stripes(i), i % 2)))
}

pub(crate) fn backbone() -> Backbone {
    Backbone::pico(&LoadOptions { image_size: Some(SIDE), ..LoadOptions::default() }).unwrap()
}

pub(crate) fn engine() -> Engine {
    Engine::new(backbone(), 1).unwrap()
}

/// Pixels as the backbone has them.
pub(crate) fn preprocess() -> Preprocess {
    crate::setup::settle(&Config::default(), &backbone()).unwrap().record.resolve()
}

/// Two prompts for each block and a head for two classes.
pub(crate) fn parameters(engine: &Engine) -> Parameters {
    let a = engine.architecture();
    let mut rng = stream(5, Purpose::PromptInit, [0, 0]);
    let (bank, prompts) = PromptBank::init(a, Placement::Deep, 2, &mut rng);
    let head = Head::init(2, a.width, 0, &mut stream(5, Purpose::HeadInit, [0, 0]));
    Parameters { set: prompts.into_iter().chain(head).collect(), bank: Some(bank) }
}

/// What a run on a task has.
pub(crate) fn setup(config: &Config, task: Task) -> Setup {
    Setup::new(config, task, backbone(), None).unwrap()
}

/// The same images with other labels.
pub(crate) fn labelled(images: usize, label: impl Fn(usize) -> usize) -> Split {
    Split::of_images((0..images).map(|i| (stripes(i), label(i))))
}
