//! Tasks whose images are drawn: no file is needed.

mod mini;
mod shapes;
mod sprites;

use self::mini::{Mini, kinds};
use self::sprites::Attribute;
use crate::read::found::Found;
use crate::source::Item;
use crate::{Error, TaskSpec, TrainSplit};

/// Images to train on, to validate with and to test with.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    train: usize,
    val: usize,
    test: usize,
}

const SMALL: Sizes = Sizes { train: 800, val: 200, test: 2_000 };
/// What a backbone is trained on is not small.
const LARGE: Sizes = Sizes { train: 48_000, val: 1_000, test: 1_000 };

/// A task that is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drawn {
    Sprites(Attribute),
    Mini(&'static Mini),
    Kinds,
}

impl Drawn {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sprites = Attribute::ALL.into_iter().map(Self::Sprites);
        sprites.chain(mini::ALL.iter().map(Self::Mini)).chain([Self::Kinds])
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sprites(attribute) => attribute.task_name(),
            Self::Mini(task) => task.name,
            Self::Kinds => "drawn-kinds",
        }
    }

    pub(crate) fn of_task(name: &str) -> Option<Self> {
        Self::all().find(|task| task.name() == name)
    }

    fn classes(self) -> Vec<String> {
        match self {
            Self::Sprites(attribute) => attribute.classes(),
            Self::Mini(task) => task.classes.iter().map(|&class| class.to_owned()).collect(),
            Self::Kinds => (0..kinds::CLASSES).map(kinds::name).collect(),
        }
    }

    fn sizes(self) -> Sizes {
        match self {
            Self::Sprites(_) | Self::Mini(_) => SMALL,
            Self::Kinds => LARGE,
        }
    }

    /// The first `n` images; the same seed gives the same ones, whatever is asked.
    fn items(self, n: usize, seed: u64) -> Result<Vec<Item>, Error> {
        match self {
            Self::Sprites(attribute) => attribute.items(n, seed),
            Self::Mini(task) => task.items(n, seed),
            Self::Kinds => kinds::items(n, seed),
        }
    }

    /// Draws the task.
    pub(crate) fn find(self, spec: &TaskSpec) -> Result<Found, Error> {
        let classes = self.classes();
        let got = classes.len();
        if let Some(expected) = spec.number_classes.filter(|&n| n != got) {
            return Err(Error::ClassCount { what: spec.name.clone(), expected, got });
        }
        let Sizes { train, val, test } = self.sizes();
        let learned = train + val;
        let (fold, mut train) = (train, self.items(learned + test, spec.seed)?);
        let test = train.split_off(learned);
        let val = match spec.train {
            TrainSplit::Train => Some(train.split_off(fold)),
            TrainSplit::TrainVal => None,
        };
        Ok(Found { classes, train, val, test: Some(test), ..Found::default() })
    }
}
