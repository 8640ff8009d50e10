//! Tasks whose images are drawn: no file is needed.

mod mini;
mod shapes;
mod sprites;

use self::mini::Mini;
use self::sprites::Attribute;
use crate::read::found::Found;
use crate::source::Item;
use crate::{Error, TaskSpec, TrainSplit};

const TRAIN: usize = 800;
const VAL: usize = 200;
const TEST: usize = 2_000;

/// A task that is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drawn {
    Sprites(Attribute),
    Mini(&'static Mini),
}

impl Drawn {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sprites = Attribute::ALL.into_iter().map(Self::Sprites);
        sprites.chain(mini::ALL.iter().map(Self::Mini))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sprites(attribute) => attribute.task_name(),
            Self::Mini(task) => task.name,
        }
    }

    pub(crate) fn of_task(name: &str) -> Option<Self> {
        Self::all().find(|task| task.name() == name)
    }

    fn classes(self) -> Vec<String> {
        match self {
            Self::Sprites(attribute) => attribute.classes(),
            Self::Mini(task) => task.classes.iter().map(|&class| class.to_owned()).collect(),
        }
    }

    /// The 3,000 images; the same seed gives the same ones, whatever is asked.
    fn items(self, seed: u64) -> Result<Vec<Item>, Error> {
        match self {
            Self::Sprites(attribute) => attribute.items(TRAIN + VAL + TEST, seed),
            Self::Mini(task) => task.items(TRAIN + VAL + TEST, seed),
        }
    }

    /// Draws the task.
    pub(crate) fn find(self, spec: &TaskSpec) -> Result<Found, Error> {
        let classes = self.classes();
        let got = classes.len();
        if let Some(expected) = spec.number_classes.filter(|&n| n != got) {
            return Err(Error::ClassCount { what: spec.name.clone(), expected, got });
        }
        let mut train = self.items(spec.seed)?;
        let test = train.split_off(TRAIN + VAL);
        let val = match spec.train {
            TrainSplit::Train => Some(train.split_off(TRAIN)),
            TrainSplit::TrainVal => None,
        };
        Ok(Found { classes, train, val, test: Some(test), ..Found::default() })
    }
}
