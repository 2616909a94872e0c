//! Two texts side by side, as lines that went, came and stayed. Pure.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// Lines shown around a change.
const AROUND: usize = 3;
/// Most lines of changes that the log of changes keeps.
const NOTED_LINES_MAX: usize = 60;

/// Lines that belong together.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Hunk {
    pub(super) lines: Vec<Line>,
}

/// One line.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `-` gone, `+` new, ` ` the same.
    pub(super) sign: char,
    /// Its number before, from 1.
    pub(super) before: Option<usize>,
    /// Its number after, from 1.
    pub(super) after: Option<usize>,
    pub(super) text: String,
}

/// What differs.
pub(super) fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(AROUND);
    let hunk = |ops: &Vec<similar::DiffOp>| {
        let changes = ops.iter().flat_map(|op| diff.iter_changes(op));
        let line = |change: similar::Change<&str>| Line {
            sign: match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            },
            before: change.old_index().map(|at| at + 1),
            after: change.new_index().map(|at| at + 1),
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
        };
        Hunk { lines: changes.map(line).collect() }
    };
    groups.iter().map(hunk).collect()
}

/// What differs, as the log of changes keeps it: lines that went, and lines that came.
pub(super) fn noted(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (mut gone, mut came) = (Vec::new(), Vec::new());
    for line in hunks(before, after).into_iter().flat_map(|hunk| hunk.lines) {
        match line.sign {
            '-' if gone.len() < NOTED_LINES_MAX => gone.push(line.text),
            '+' if came.len() < NOTED_LINES_MAX => came.push(line.text),
            _ => {}
        }
    }
    (gone, came)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_went_and_came_are_told() {
        let hunks = hunks("a\nb\nc\n", "a\nB\nc\n");
        let signs: String = hunks[0].lines.iter().map(|line| line.sign).collect();
        assert_eq!((hunks.len(), signs.as_str()), (1, " -+ "));
        assert_eq!(hunks[0].lines[2].after, Some(2));
        assert_eq!(noted("a\nb\n", "a\nB\n"), (vec!["b".to_owned()], vec!["B".to_owned()]));
        assert!(super::hunks("a\n", "a\n").is_empty());
    }
}
