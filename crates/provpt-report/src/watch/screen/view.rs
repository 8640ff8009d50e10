//! What is being looked at: the scene, and where in it people are.

use provpt_runs::RunFolder;

use crate::watch::{Curve, Scene, Sight, State};

/// The ways to look at many runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    /// A list, and the chosen run.
    #[default]
    Runs,
    /// The chosen run alone.
    One,
    /// The best of each task and method.
    Best,
    /// What went wrong.
    Failures,
}

impl Tab {
    pub(super) const ALL: [Self; 4] = [Self::Runs, Self::One, Self::Best, Self::Failures];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::One => "one run",
            Self::Best => "best",
            Self::Failures => "failures",
        }
    }

    fn moved(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or_default();
        Self::ALL[(at + by) % Self::ALL.len()]
    }
}

/// The state of the screen.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) scene: Option<Scene>,
    pub(super) tab: Tab,
    /// Runs in the order of the list.
    pub(super) order: Vec<usize>,
    /// Place in that order.
    pub(super) chosen: usize,
    /// Whether somebody chose: the choice then stays with its run, wherever it goes.
    kept: bool,
    /// Of the chosen run.
    pub(super) curve: Curve,
}

impl View {
    /// Takes in what is seen now.
    pub(super) fn update(&mut self, scene: Scene) {
        let kept = self.folder().filter(|_| self.kept);
        self.order = order(&scene.runs);
        let place = |folder| self.order.iter().position(|&run| scene.runs[run].folder == folder);
        self.chosen = kept.and_then(place).unwrap_or(0);
        self.scene = Some(scene);
        self.read();
    }

    /// Moves the choice by so many places.
    pub(super) fn choose(&mut self, by: isize) {
        let last = self.order.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
        self.kept = true;
        self.read();
    }

    pub(super) fn turn(&mut self, by: usize) {
        self.tab = self.tab.moved(by);
    }

    /// The chosen run.
    pub(super) fn run(&self) -> Option<&Sight> {
        self.scene.as_ref()?.runs.get(*self.order.get(self.chosen)?)
    }

    /// Whether there is but one run to see.
    pub(super) fn is_single(&self) -> bool {
        self.scene.as_ref().is_some_and(|scene| !scene.sweep && scene.runs.len() == 1)
    }

    fn folder(&self) -> Option<RunFolder> {
        Some(self.run()?.folder.clone())
    }

    fn read(&mut self) {
        let folder = self.folder();
        self.curve = folder.map(|folder| Curve::load(&folder.metrics())).unwrap_or_default();
    }
}

/// What happens first, then what came to something, the best first.
fn order(runs: &[Sight]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    let place = |state| State::ALL.iter().position(|s| *s == state);
    order.sort_by(|&a, &b| {
        let (a, b) = (&runs[a], &runs[b]);
        let by_state = place(a.state).cmp(&place(b.state));
        by_state.then_with(|| val(b).total_cmp(&val(a)))
    });
    order
}

/// Validation top-1 of a run that is done; others keep their order.
fn val(run: &Sight) -> f64 {
    let done = run.last.filter(|_| run.state == State::Done);
    done.and_then(|last| last.val).and_then(|val| val.accuracy()).unwrap_or(0.0)
}
