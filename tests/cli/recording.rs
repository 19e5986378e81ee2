//! The recording of a session that README.md shows. `UPDATE_RECORDING=1 cargo test --test cli recording`
//! makes it anew.

use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use alacritty_terminal::term::cell::Cell;
use regex_lite::Regex;

use crate::forge::Forge;
use crate::screen::Screen;
use crate::svg::{self, Frame};

/// A shell for one command.
const SHELL: &str = r#"stty echo; printf '$ '; read -r program arguments; "$FORGE" $arguments"#;

const ENTER: &str = "\r";
const SPACE: &str = " ";
const DOWN: &str = "\x1b[B";

const GLANCE: Duration = Duration::from_millis(800);
const LOOK: Duration = Duration::from_millis(1600);
const READ: Duration = Duration::from_secs(5);

/// A session at a terminal, and what it has shown for how long.
struct Session {
    screen: Screen,
    frames: Vec<Frame>,
}

impl Session {
    fn shows(&mut self, text: &str, time: Duration) -> &mut Self {
        self.screen.until(text, |screen| {
            screen.words().contains(text) && screen.shows_cursor()
        });
        // What comes with it.
        self.screen.waits(Duration::from_millis(300));
        self.frames.push(Frame {
            rows: self.screen.cells().into_iter().map(timeless).collect(),
            cursor: self.screen.cursor(),
            time,
        });
        self
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        self.screen.types(keys);
        self
    }
}

/// A row with the same duration in every recording.
fn timeless(mut row: Vec<Cell>) -> Vec<Cell> {
    let text: String = row.iter().map(|cell| cell.c).collect();
    let duration = Regex::new(r" in [0-9]+ ms *$").expect("a pattern");
    if let Some(found) = duration.find(&text) {
        let column = text[..found.start()].chars().count();
        let same = " in 13 ms".chars().chain(std::iter::repeat(' '));
        for (cell, c) in row[column..].iter_mut().zip(same) {
            cell.c = c;
        }
    }
    row
}

fn record() -> String {
    let forge = Forge::new();
    let mut shell = Command::new("sh");
    forge.prepare(&mut shell);
    let program = env!("CARGO_BIN_EXE_forge");
    shell.env("FORGE", program).args(["-c", SHELL]);
    let mut session = Session {
        screen: Screen::start(shell, 100, 24),
        frames: Vec::new(),
    };
    session
        .shows("$", GLANCE)
        .types("forge new my_project")
        .shows("forge new my_project", GLANCE)
        .types(ENTER)
        .shows("Which database?", LOOK)
        .types(DOWN)
        .shows("❯ postgres", GLANCE)
        .types(ENTER)
        .shows("Use Redis?", LOOK)
        .types(ENTER)
        .shows("What should the service do with Redis?", LOOK)
        .types(&DOWN.repeat(3))
        .shows("❯ [ ] near cache", GLANCE)
        .types(SPACE)
        .shows("❯ [x] near cache", GLANCE)
        .types(ENTER)
        .shows("Add a background worker?", GLANCE)
        .types(ENTER)
        .shows("Add accounts?", GLANCE)
        .types(ENTER)
        .shows("Add metrics and traces?", GLANCE)
        .types(ENTER)
        .shows("Add Docker?", GLANCE)
        .types(ENTER)
        .shows("Add examples?", GLANCE)
        .types(ENTER)
        .shows("Write the project?", LOOK)
        .types(ENTER)
        .shows("--docker --examples", READ);
    svg::animated(&session.frames)
}

#[test]
fn the_recording_shows_what_a_session_looks_like_now() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/forge-new.svg");
    let now = record();
    if env::var_os("UPDATE_RECORDING").is_some() {
        fs::write(path, &now).expect("a file to be written");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == now,
        "`docs/forge-new.svg` is out of date: set UPDATE_RECORDING=1 and run this test again"
    );
}
