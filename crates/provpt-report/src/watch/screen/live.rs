//! The screen that moves.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::frame;
use super::view::View;
use crate::watch::Watcher;

/// How often files are read.
const EVERY: Duration = Duration::from_secs(1);
/// How soon a signal is noticed.
const SOON: Duration = Duration::from_millis(100);
const PAGE: isize = 10;

/// Gives the terminal back as it was, however the screen ends; panics have a hook for it.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows what the watcher sees until somebody has seen enough, or `ended` becomes true.
///
/// # Errors
/// Those of the terminal.
pub fn show(watcher: &mut Watcher, ended: &AtomicBool) -> io::Result<()> {
    let _restored = Restored;
    let mut terminal = ratatui::try_init()?;
    let mut view = View::default();
    while !ended.load(Ordering::Relaxed) {
        view.update(watcher.look());
        if until_next(&mut terminal, &mut view, ended)? == Next::End {
            break;
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Look,
    End,
}

/// Draws, and answers keys until it is time to look again.
fn until_next(
    terminal: &mut DefaultTerminal,
    view: &mut View,
    ended: &AtomicBool,
) -> io::Result<Next> {
    let begun = Instant::now();
    loop {
        terminal.draw(|frame| frame::draw(view, frame.area(), frame.buffer_mut()))?;
        let mut ready = false;
        while !ready {
            if ended.load(Ordering::Relaxed) {
                return Ok(Next::End);
            }
            if begun.elapsed() >= EVERY {
                return Ok(Next::Look);
            }
            ready = event::poll(SOON)?;
        }
        if let Event::Key(key) = event::read()?
            && answer(view, key) == Next::End
        {
            return Ok(Next::End);
        }
    }
}

fn answer(view: &mut View, key: KeyEvent) -> Next {
    if key.kind == KeyEventKind::Release {
        return Next::Look;
    }
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => return Next::End,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Next::End,
        KeyCode::Up | KeyCode::Char('k') => view.choose(-1),
        KeyCode::Down | KeyCode::Char('j') => view.choose(1),
        KeyCode::PageUp => view.choose(-PAGE),
        KeyCode::PageDown => view.choose(PAGE),
        KeyCode::Home => view.choose(isize::MIN),
        KeyCode::End => view.choose(isize::MAX),
        KeyCode::Tab | KeyCode::Right => view.turn(1),
        KeyCode::BackTab | KeyCode::Left => view.turn(super::view::Tab::ALL.len() - 1),
        _ => {}
    }
    Next::Look
}
