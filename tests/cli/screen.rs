//! A terminal with `forge` in it: a real emulator at a real pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions as _;
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::Processor;
use rexpect::process::{PtyProcess, Signal, WaitStatus};
use rustix::termios::{Winsize, tcsetwinsize};

/// Long enough for a busy machine; nothing waits for it to pass unless a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Screen {
    process: PtyProcess,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    term: Term<VoidListener>,
    parser: Processor,
    /// All that the process has written.
    pub(crate) written: String,
}

impl Screen {
    /// Starts a command at a terminal of so many columns and rows.
    pub(crate) fn start(mut command: Command, columns: usize, rows: usize) -> Self {
        if !command.get_envs().any(|(name, _)| name == "TERM") {
            command.env("TERM", "xterm-256color");
        }
        let process = PtyProcess::new(command).expect("a pseudo-terminal");
        let keyboard = process.get_file_handle().expect("a pseudo-terminal");
        let mut display = process.get_file_handle().expect("a pseudo-terminal");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = display.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let size = TermSize::new(columns, rows);
        let mut screen = Self {
            process,
            keyboard,
            output,
            term: Term::new(Config::default(), &size, VoidListener),
            parser: Processor::new(),
            written: String::new(),
        };
        screen.resize(columns, rows);
        screen
    }

    pub(crate) fn resize(&mut self, columns: usize, rows: usize) -> &mut Self {
        self.term.resize(TermSize::new(columns, rows));
        let cells = |count: usize| u16::try_from(count).expect("a screen");
        let size = Winsize {
            ws_col: cells(columns),
            ws_row: cells(rows),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.keyboard, size).expect("a size to be set");
        self
    }

    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("keys to be sent");
        self
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Self {
        self.process.signal(signal).expect("a signal to be sent");
        self
    }

    /// Waits until this question is open and takes keys.
    #[track_caller]
    pub(crate) fn asks(&mut self, question: &str) -> &mut Self {
        let question = format!("? {question}");
        self.until(&question, |screen| {
            screen.words().contains(&question) && screen.shows_cursor()
        })
    }

    /// Waits until this is on the screen, wherever its lines are broken.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        self.until(text, |screen| screen.words().contains(text))
    }

    /// Waits until what was there is as `is_there` wants it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, is_there: impl Fn(&Self) -> bool) -> &mut Self {
        let start = Instant::now();
        while !is_there(self) {
            match self
                .output
                .recv_timeout(PATIENCE.saturating_sub(start.elapsed()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("waited for {what:?}, {error} at\n{}", self.text()),
            }
        }
        self
    }

    /// Takes what arrives for so long.
    pub(crate) fn waits(&mut self, duration: Duration) -> &mut Self {
        let start = Instant::now();
        while let Ok(bytes) = self
            .output
            .recv_timeout(duration.saturating_sub(start.elapsed()))
        {
            self.take(&bytes);
        }
        self
    }

    fn take(&mut self, bytes: &[u8]) {
        self.written.push_str(&String::from_utf8_lossy(bytes));
        self.parser.advance(&mut self.term, bytes);
    }

    pub(crate) fn shows_cursor(&self) -> bool {
        self.term.mode().contains(TermMode::SHOW_CURSOR)
    }

    /// The line and the column of the cursor, where it is shown.
    pub(crate) fn cursor(&self) -> Option<(usize, usize)> {
        let Point { line, column } = self.term.grid().cursor.point;
        let line = usize::try_from(line.0).expect("a line of the screen");
        self.shows_cursor().then_some((line, column.0))
    }

    /// The cells of the screen, line by line.
    pub(crate) fn cells(&self) -> Vec<Vec<Cell>> {
        let grid = self.term.grid();
        let lines = 0..grid.screen_lines();
        let cell = |line, column| {
            let line = Line(i32::try_from(line).expect("a screen"));
            grid[Point::new(line, Column(column))].clone()
        };
        lines
            .map(|line| {
                (0..grid.columns())
                    .map(|column| cell(line, column))
                    .collect()
            })
            .collect()
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        let lines = self.cells().into_iter().map(|cells| {
            let cells = cells.iter();
            let cells = cells.filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
            let line: String = cells.map(|cell| cell.c).collect();
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// The same, however it is broken into lines.
    pub(crate) fn words(&self) -> String {
        let text = self.text();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ")
    }

    /// How the process has ended, and what it has left on the screen.
    pub(crate) fn end(mut self) -> (Self, i32) {
        let start = Instant::now();
        loop {
            match self
                .output
                .recv_timeout(PATIENCE.saturating_sub(start.elapsed()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("no end at\n{}", self.text()),
            }
        }
        match self.process.wait() {
            Ok(WaitStatus::Exited(_, code)) => (self, code),
            other => panic!("{other:?} at\n{}", self.text()),
        }
    }
}
