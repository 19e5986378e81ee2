//! Three versions of a text, merged line by line.
//!
//! Line breaks and the one at the end of the file are no part of the lines: both are merged as
//! properties of the text, so that neither makes lines differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::merge::lists::{self, Kind};

/// How conflict markers begin for what the user has.
pub(crate) const OURS: &str = "<<<<<<< yours";
const BASE: &str = "|||||||";
const BETWEEN: &str = "=======";
/// How conflict markers begin for what was rendered now.
pub(crate) const THEIRS: &str = ">>>>>>>";

/// What conflict markers call the sides that Forge has rendered.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The last render.
    pub base: String,
    /// The new render.
    pub theirs: String,
}

/// A merged text.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text, with markers around conflicts.
    pub text: String,
    /// How many conflicts there are.
    pub conflicts: usize,
}

/// A text as lines without their breaks.
#[derive(Clone, Debug)]
struct Text<'a> {
    lines: Vec<&'a str>,
    /// Whether every line break is that of Windows.
    crlf: bool,
    /// Whether the last line has a line break.
    ends: bool,
}

/// Lines that one side has in the place of some of the base.
#[derive(Clone, Debug)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

/// A part of the base that hunks of both sides overlap or touch.
struct Region<'a, 'h> {
    start: usize,
    base: &'a [&'a str],
    ours: &'a [&'a str],
    theirs: &'a [&'a str],
    all_ours: &'a [&'a str],
    all_theirs: &'a [&'a str],
    hunks: [&'h [Hunk]; 2],
}

/// How much two texts may differ to be compared: lines of one times lines of the other, in between what
/// is the same at their starts and ends.
const MOST_COMPARED: usize = 16_000_000;

/// Whether texts differ in so few lines that comparing each with each takes no noticeable time.
#[must_use]
pub fn are_comparable<const N: usize>(texts: [&str; N]) -> bool {
    let texts = texts.map(|text| Text::new(text).lines);
    texts.iter().enumerate().all(|(index, a)| {
        texts[index + 1..].iter().all(|b| {
            let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
                pairs.take_while(|(a, b)| a == b).count()
            };
            let head = same(&mut std::iter::zip(a, b));
            let (a, b) = (&a[head..], &b[head..]);
            let tail = same(&mut std::iter::zip(a.iter().rev(), b.iter().rev()));
            (a.len() - tail) * (b.len() - tail) <= MOST_COMPARED
        })
    })
}

/// Merges what changed from `base` to `theirs` into `ours`. Without a base, all that differs is a
/// conflict.
#[must_use]
pub fn merge(kind: Kind, base: Option<&str>, ours: &str, theirs: &str, labels: &Labels) -> Merged {
    let (ours, theirs) = (Text::new(ours), Text::new(theirs));
    let base = base.map(Text::new);
    let (lines, conflicts) = match &base {
        Some(base) => three_way(kind, &base.lines, &ours.lines, &theirs.lines, labels),
        None => two_way(&ours.lines, &theirs.lines, labels),
    };
    let base_ends = base.is_none_or(|base| base.ends);
    let merged = Text {
        lines: lines.iter().map(String::as_str).collect(),
        crlf: ours.crlf,
        // A marker at the end has to be a whole line.
        ends: conflicts > 0
            || if ours.ends == base_ends {
                theirs.ends
            } else {
                ours.ends
            },
    };
    Merged {
        text: merged.join(),
        conflicts,
    }
}

/// A text with the line breaks of another one.
#[must_use]
pub fn with_line_breaks_of(model: &str, text: &str) -> String {
    Text {
        crlf: Text::new(model).crlf,
        ..Text::new(text)
    }
    .join()
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.matches('\n').count();
        let crlf = breaks > 0 && text.matches("\r\n").count() == breaks;
        let ends = text.is_empty() || text.ends_with('\n');
        let mut lines: Vec<&str> = text.split('\n').collect();
        if ends {
            lines.pop();
        }
        if crlf {
            for line in &mut lines {
                *line = line.strip_suffix('\r').unwrap_or(line);
            }
        }
        Self { lines, crlf, ends }
    }

    fn join(&self) -> String {
        let line_break = if self.crlf { "\r\n" } else { "\n" };
        let mut text = self.lines.join(line_break);
        if self.ends && !self.lines.is_empty() {
            text.push_str(line_break);
        }
        text
    }
}

/// What stands between the lines that are the same. Only those are taken from the diff: the places
/// that it gives for what has come and gone can overlap after it has moved them together.
fn hunks(base: &[&str], side: &[&str]) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut done = (0, 0);
    let mut add = |done: (usize, usize), next: (usize, usize)| {
        if done != next {
            hunks.push(Hunk {
                base: done.0..next.0,
                side: done.1..next.1,
            });
        }
    };
    for op in capture_diff_slices(Algorithm::Patience, base, side) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            add(done, (old_index, new_index));
            done = (old_index + len, new_index + len);
        }
    }
    add(done, (base.len(), side.len()));
    hunks
}

fn three_way<'a>(
    kind: Kind,
    base: &'a [&'a str],
    ours: &'a [&'a str],
    theirs: &'a [&'a str],
    labels: &Labels,
) -> (Vec<String>, usize) {
    let hunks = [hunks(base, ours), hunks(base, theirs)];
    let mut merged: Vec<String> = Vec::new();
    let mut conflicts = 0;
    // The first line of the base that is not merged yet, and where that is on each side.
    let mut done = 0;
    let mut places = [0, 0];
    let mut next = [0, 0];
    loop {
        let open = [&hunks[0][next[0]..], &hunks[1][next[1]..]];
        let first = open.iter().filter_map(|side| side.first());
        let Some(start) = first.map(|hunk| hunk.base.start).min() else {
            break;
        };
        merged.extend(base[done..start].iter().map(ToString::to_string));
        let before = places.map(|place| place + start - done);
        let (counts, end) = touching(open, start);
        let mut after = before;
        for side in 0..2 {
            let taken = &open[side][..counts[side]];
            let lines = |range: fn(&Hunk) -> usize| taken.iter().map(range).sum::<usize>();
            after[side] += end - start + lines(|hunk| hunk.side.len());
            after[side] -= lines(|hunk| hunk.base.len());
            next[side] += counts[side];
        }
        let region = Region {
            start,
            base: &base[start..end],
            ours: &ours[before[0]..after[0]],
            theirs: &theirs[before[1]..after[1]],
            all_ours: ours,
            all_theirs: theirs,
            hunks: [&open[0][..counts[0]], &open[1][..counts[1]]],
        };
        if let Some(lines) = resolve(kind, &region) {
            merged.extend(lines.into_iter().map(str::to_owned));
        } else {
            conflicts += 1;
            conflict(&mut merged, &region, labels);
        }
        done = end;
        places = after;
    }
    merged.extend(base[done..].iter().map(ToString::to_string));
    (merged, conflicts)
}

/// How many hunks of each side belong to the region that starts here, and where it ends.
fn touching(open: [&[Hunk]; 2], start: usize) -> ([usize; 2], usize) {
    let mut counts = [0, 0];
    let mut end = start;
    loop {
        let before = counts;
        for side in 0..2 {
            while let Some(hunk) = open[side].get(counts[side])
                && hunk.base.start <= end
            {
                end = end.max(hunk.base.end);
                counts[side] += 1;
            }
        }
        if counts == before {
            return (counts, end);
        }
    }
}

fn resolve<'a>(kind: Kind, region: &Region<'a, '_>) -> Option<Vec<&'a str>> {
    if region.hunks[1].is_empty() || region.ours == region.theirs {
        Some(region.ours.to_vec())
    } else if region.hunks[0].is_empty() {
        Some(region.theirs.to_vec())
    } else {
        both(kind, region)
    }
}

/// The changes of both sides, where they only touch and the file is of a kind whose lines stand for
/// themselves.
fn both<'a>(kind: Kind, region: &Region<'a, '_>) -> Option<Vec<&'a str>> {
    let sides = [region.all_ours, region.all_theirs];
    let mut hunks: Vec<(Range<usize>, usize, &'a [&'a str])> = Vec::new();
    for (side, lines) in sides.into_iter().enumerate() {
        for hunk in region.hunks[side] {
            hunks.push((hunk.base.clone(), side, &lines[hunk.side.clone()]));
        }
    }
    hunks.sort_by_key(|(base, side, _)| (base.start, base.end, *side));
    let clash = hunks.windows(2).any(|pair| {
        let ((first, ..), (second, _, added)) = (&pair[0], &pair[1]);
        let gone = &region.base[first.start - region.start..first.end - region.start];
        first.end > second.start
            || first.end == second.start && lists::belongs_to(kind, gone, added)
    });
    if clash {
        return None;
    }
    let added = |wanted: usize| -> Vec<&'a str> {
        let hunks = hunks.iter().filter(|(_, side, _)| *side == wanted);
        hunks
            .flat_map(|(_, _, lines)| lines.iter().copied())
            .collect()
    };
    if !lists::independent(kind, &added(0), &added(1)) {
        return None;
    }
    let mut lines = Vec::new();
    let mut done = region.start;
    let mut hunks = hunks.into_iter().peekable();
    while let Some((base, _, own)) = hunks.next() {
        lines.extend(&region.base[done - region.start..base.start - region.start]);
        done = base.end;
        match hunks.next_if(|(other, ..)| base.is_empty() && *other == base) {
            Some((_, _, theirs)) => lines.extend(lists::in_order(kind, own, theirs)?),
            None => lines.extend(own),
        }
    }
    lines.extend(&region.base[done - region.start..]);
    Some(lines)
}

fn conflict(merged: &mut Vec<String>, region: &Region<'_, '_>, labels: &Labels) {
    let (ours, theirs) = (region.ours, region.theirs);
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(ours, theirs)| ours == theirs).count()
    };
    let head = same(&mut std::iter::zip(ours, theirs));
    let (ours, theirs) = (&ours[head..], &theirs[head..]);
    let tail = same(&mut std::iter::zip(ours.iter().rev(), theirs.iter().rev()));
    let (ours, tail) = ours.split_at(ours.len() - tail);
    let theirs = &theirs[..theirs.len() - tail.len()];

    let mut add = |lines: &[&str]| merged.extend(lines.iter().map(ToString::to_string));
    add(&region.ours[..head]);
    add(&[OURS]);
    add(ours);
    add(&[&format!("{BASE} {}", labels.base)]);
    add(region.base);
    add(&[BETWEEN]);
    add(theirs);
    add(&[&format!("{THEIRS} {}", labels.theirs)]);
    add(tail);
}

fn two_way(ours: &[&str], theirs: &[&str], labels: &Labels) -> (Vec<String>, usize) {
    let mut merged: Vec<String> = Vec::new();
    let mut conflicts = 0;
    let mut done = 0;
    let mut add = |lines: &[&str]| merged.extend(lines.iter().map(ToString::to_string));
    for hunk in hunks(ours, theirs) {
        add(&ours[done..hunk.base.start]);
        add(&[OURS]);
        add(&ours[hunk.base.clone()]);
        add(&[BETWEEN]);
        add(&theirs[hunk.side]);
        add(&[&format!("{THEIRS} {}", labels.theirs)]);
        done = hunk.base.end;
        conflicts += 1;
    }
    add(&ours[done..]);
    (merged, conflicts)
}

/// Whether a text holds markers that an earlier merge has left.
#[must_use]
pub fn has_markers(text: &str) -> bool {
    text.lines().any(|line| line == OURS) && text.lines().any(|line| line.starts_with(THEIRS))
}
