use provpt_runs::{RunFolder, Score};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::frame;
use super::view::{Tab, View};
use crate::watch::{Curve, Point, Scene, Sight, State};

fn sight(name: &str, state: State, epochs: usize) -> Sight {
    let point = Point {
        epoch: epochs,
        train_loss: 0.5,
        train_top1: 0.975,
        val: Some(Score { loss: 0.75, top1: 0.5 + epochs as f64 / 100.0 }),
        seconds: 2.0,
    };
    Sight {
        folder: RunFolder::at(format!("nowhere/{name}")),
        name: name.to_owned(),
        task: "flowers".to_owned(),
        method: "vpt-deep".to_owned(),
        state,
        reason: (state == State::Failed).then(|| "disk: expected room, got none".to_owned()),
        epochs,
        total: Some(20),
        last: (epochs > 0).then_some(point),
        test: (state == State::Done).then_some(0.8),
        seconds: 2.0 * epochs as f64,
        silence: 75.0,
        grid: name.starts_with("lr"),
    }
}

/// A sweep with a trial in each state.
fn sweep() -> View {
    let runs = vec![
        sight("lr=1", State::Done, 20),
        sight("lr=2", State::Failed, 3),
        sight("lr=3", State::Running, 10),
        sight("lr=4", State::Stopped, 5),
        sight("lr=5", State::Quiet, 6),
        sight("lr=6", State::Waiting, 0),
        sight("lr=7", State::Done, 18),
        sight("final", State::Done, 20),
    ];
    let mut view = View::default();
    view.update(Scene { title: "vtab".to_owned(), sweep: true, runs });
    view
}

fn curve() -> Curve {
    let point = |epoch: usize| Point {
        epoch,
        train_loss: 2.0 / (epoch + 1) as f64,
        val: Some(Score { loss: 0.5 + 1.5 / (epoch + 1) as f64, top1: 0.5 }),
        ..Point::default()
    };
    let distribution = vec![2, 0, 5, 1, 12, 4, 3, 3];
    Curve { points: (0..10).map(point).collect(), distribution }
}

fn screen(view: &View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| frame::draw(view, frame.area(), frame.buffer_mut())).unwrap();
    terminal.backend().to_string()
}

#[test]
fn a_sweep_on_a_small_terminal() {
    let mut view = sweep();
    view.curve = curve();
    insta::assert_snapshot!(screen(&view, 80, 24));
}

#[test]
fn one_run_on_a_large_terminal() {
    let mut view = sweep();
    view.tab = Tab::One;
    view.curve = curve();
    insta::assert_snapshot!(screen(&view, 120, 30));
}

#[test]
fn the_best_and_the_failures() {
    let mut view = sweep();
    view.tab = Tab::Best;
    let best = screen(&view, 80, 8);
    view.tab = Tab::Failures;
    insta::assert_snapshot!(format!("{best}\n{}", screen(&view, 80, 8)));
}

#[test]
fn a_choice_stays_with_its_run() {
    let mut view = sweep();
    assert_eq!(view.run().unwrap().name, "lr=3", "what runs comes first");
    view.choose(1);
    assert_eq!(view.run().unwrap().name, "lr=5");
    let mut scene = view.scene.take().unwrap();
    scene.runs[2].state = State::Done;
    view.scene = Some(scene.clone());
    view.update(scene);
    assert_eq!(view.run().unwrap().name, "lr=5");
    view.choose(isize::MAX);
    assert_eq!(view.run().unwrap().name, "lr=6");
    view.choose(isize::MIN);
    assert_eq!(view.chosen, 0);
    view.update(Scene { title: String::new(), sweep: true, runs: Vec::new() });
    assert_eq!(view.run(), None);
    view.choose(1);
    (0..4).for_each(|_| view.turn(1));
    assert_eq!(view.tab, Tab::Runs);
}

#[test]
fn any_size_and_any_number_will_do() {
    let mut view = sweep();
    for tab in Tab::ALL {
        view.tab = tab;
        for (width, height) in [(1, 1), (3, 2), (10, 4), (20, 9), (79, 11), (300, 3)] {
            screen(&view, width, height);
        }
    }
    view.tab = Tab::One;
    view.curve.distribution = vec![0; 24];
    view.curve.points = vec![Point { train_loss: f64::NAN, ..Point::default() }];
    assert!(screen(&view, 80, 24).contains("no epoch yet"));
    view.curve.points = vec![Point::default()];
    assert!(screen(&view, 80, 24).contains("loss"));
}
