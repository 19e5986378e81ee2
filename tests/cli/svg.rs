//! Screens of a terminal as one animated picture.

use std::fmt::Write as _;
use std::time::Duration;

use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, NamedColor};

/// What is shown for some time.
pub(crate) struct Frame {
    pub(crate) rows: Vec<Vec<Cell>>,
    /// The row and the column of the cursor, where there is one.
    pub(crate) cursor: Option<(usize, usize)>,
    pub(crate) time: Duration,
}

/// The size of a cell, and what is left free around all of them.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 20.0;
const MARGIN: f64 = 20.0;

/// The styles. Without animations, or where people want none, the last frame is there for good.
const STYLE: &str = "
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d5dbe3; white-space: pre; }
.bold { font-weight: 600; fill: #ffffff; }
.dim { fill: #8b949e; }
.red { fill: #ff7b72; }
.green { fill: #56d364; }
.yellow { fill: #e3b341; }
.cyan { fill: #56d4dd; }
.cursor { width: 8.4px; height: 20px; fill: #d5dbe3; opacity: 0.5; }
.frame { visibility: hidden; }
.frame:last-child { visibility: visible; }
@media (prefers-reduced-motion: reduce) { .frame { animation: none !important; } }
";

/// The picture, in which each row that several frames have stands once.
pub(crate) fn animated(frames: &[Frame]) -> String {
    let all: Duration = frames.iter().map(|frame| frame.time).sum();
    let mut style = STYLE.to_owned();
    let (mut rows, mut texts, mut shown) = (Vec::new(), String::new(), String::new());
    let mut start = Duration::ZERO;
    for (index, frame) in frames.iter().enumerate() {
        style.push_str(&animation(index, start, start + frame.time, all));
        start += frame.time;
        write!(shown, "<g class=\"frame\" id=\"f{index}\">").unwrap();
        for (line, cells) in frame.rows.iter().enumerate() {
            let row = spans(cells);
            if row.is_empty() {
                continue;
            }
            let known = rows.iter().position(|known| *known == row);
            let number = known.unwrap_or(rows.len());
            if known.is_none() {
                writeln!(texts, "<text id=\"r{number}\" y=\"16\">{row}</text>").unwrap();
                rows.push(row);
            }
            write!(shown, "<use href=\"#r{number}\" y=\"{}\"/>", y(line)).unwrap();
        }
        if let Some((line, column)) = frame.cursor {
            let (x, y) = (x(column), y(line));
            write!(shown, "<rect class=\"cursor\" x=\"{x:.1}\" y=\"{y}\"/>").unwrap();
        }
        shown.push_str("</g>\n");
    }
    let width = x(frames[0].rows[0].len()) + 2.0 * MARGIN;
    let height = y(frames[0].rows.len()) + 2.0 * MARGIN;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}">
<style>{style}</style>
<rect x="0.5" y="0.5" width="{:.0}" height="{:.0}" rx="10" fill="#0d1117" stroke="#30363d"/>
<defs>
{texts}</defs>
<g transform="translate({MARGIN} {MARGIN})">
{shown}</g>
</svg>
"##,
        width - 1.0,
        height - 1.0
    )
}

/// The style that shows a frame between two times of the whole.
fn animation(index: usize, from: Duration, to: Duration, all: Duration) -> String {
    let seconds = all.as_secs_f64();
    let percent = |time: Duration| time.as_secs_f64() / seconds * 100.0;
    let (from, to) = (percent(from), percent(to));
    format!(
        "@keyframes k{index} {{ 0% {{ visibility: hidden; }} {from:.2}% {{ visibility: visible; }} \
         {to:.2}%, 100% {{ visibility: hidden; }} }}\n\
         #f{index} {{ animation: k{index} {seconds:.1}s step-end infinite; }}\n"
    )
}

/// Where a column begins.
fn x(column: usize) -> f64 {
    f64::from(u16::try_from(column).expect("a screen")) * WIDTH
}

/// Where a row begins.
fn y(row: usize) -> f64 {
    f64::from(u16::try_from(row).expect("a screen")) * HEIGHT
}

/// The text of a row: an element for each stretch of one look.
fn spans(cells: &[Cell]) -> String {
    let blank = cells.iter().rev().take_while(|cell| cell.c == ' ').count();
    let cells = &cells[..cells.len() - blank];
    let mut spans = String::new();
    let mut column = 0;
    for stretch in cells.chunk_by(|one, next| look(one) == look(next)) {
        let text: String = stretch.iter().map(|cell| cell.c).collect();
        if !text.trim().is_empty() {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let (x, length) = (x(column), x(stretch.len()));
            let class = match look(stretch.first().expect("a cell")) {
                "" => String::new(),
                look => format!(" class=\"{look}\""),
            };
            write!(
                spans,
                "<tspan x=\"{x:.1}\" textLength=\"{length:.1}\"{class}>{text}</tspan>"
            )
            .unwrap();
        }
        column += stretch.len();
    }
    spans
}

/// The class of a cell.
fn look(cell: &Cell) -> &'static str {
    match cell.fg {
        Color::Named(NamedColor::Red | NamedColor::BrightRed) => "red",
        Color::Named(NamedColor::Green | NamedColor::BrightGreen) => "green",
        Color::Named(NamedColor::Yellow | NamedColor::BrightYellow) => "yellow",
        Color::Named(NamedColor::Cyan | NamedColor::BrightCyan) => "cyan",
        _ if cell.flags.contains(Flags::BOLD) => "bold",
        _ if cell.flags.contains(Flags::DIM) => "dim",
        _ => "",
    }
}
