//! A bar chart in whole numbers, drawn on the server. Pure.

use serde::Serialize;

/// Width of a bar with its gap, in the chart's own units.
const STEP: i64 = 10;
/// Height of the chart in the same.
const HEIGHT: i64 = 160;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// Left edge.
    pub x: i64,
    /// Upper edge.
    pub y: i64,
    /// Width.
    pub width: i64,
    /// Height; at least 1 where there is something.
    pub height: i64,
    /// What it shows, for people who point at it.
    pub label: String,
}

/// Bars from left to right over one zero line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Width of the drawing.
    pub width: i64,
    /// Height of the drawing.
    pub height: i64,
    /// Where zero is.
    pub zero_y: i64,
    /// The largest value.
    pub top: i64,
    /// The smallest value, zero or less.
    pub bottom: i64,
    /// In order.
    pub bars: Vec<Bar>,
}

/// Draws values with their labels; those below zero hang under the line.
#[must_use]
pub fn draw(values: impl IntoIterator<Item = (i64, String)>) -> Chart {
    let values: Vec<(i64, String)> = values.into_iter().collect();
    let top = values.iter().map(|(value, _)| *value).max().unwrap_or(0).max(0);
    let bottom = values.iter().map(|(value, _)| *value).min().unwrap_or(0).min(0);
    let scale = i128::from((top - bottom).max(1));
    let height_of = |value: i64| {
        let share = i128::from(value.abs()) * i128::from(HEIGHT) / scale;
        i64::try_from(share).unwrap_or(HEIGHT).max(i64::from(value != 0))
    };
    let zero_y = HEIGHT - height_of(bottom);
    let bars = (0_i64..).zip(values).map(|(at, (value, label))| {
        let height = height_of(value);
        let y = if value < 0 { zero_y } else { zero_y - height };
        Bar { x: at * STEP + 1, y: y.max(0), width: STEP - 2, height, label }
    });
    let bars: Vec<Bar> = bars.collect();
    let width = STEP * i64::try_from(bars.len().max(1)).unwrap_or(1);
    Chart { width, height: HEIGHT, zero_y, top, bottom, bars }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(values: &[i64]) -> (i64, Vec<(i64, i64)>) {
        let chart = draw(values.iter().map(|value| (*value, String::new())));
        (chart.zero_y, chart.bars.iter().map(|bar| (bar.y, bar.height)).collect())
    }

    #[test]
    fn bars_are_whole_and_stay_inside() {
        assert_eq!(heights(&[0, 50, 100]), (160, vec![(160, 0), (80, 80), (0, 160)]));
        // A day on which more went back than came hangs below the line.
        assert_eq!(heights(&[300, -100]), (120, vec![(0, 120), (120, 40)]));
        assert_eq!(heights(&[1, 1_000_000]).1[0], (159, 1), "the smallest is seen");
        assert_eq!(heights(&[]), (160, vec![]));
        assert_eq!(heights(&[i64::MAX / 2, 0]).1[0], (0, 160));
        assert_eq!(draw([(5, "Monday".to_owned())]).bars[0].label, "Monday");
    }
}
