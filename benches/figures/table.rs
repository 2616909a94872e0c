//! What is printed: one line for each figure, with what it is compared to and whether it is good
//! enough.

/// What a ratio, or our own figure, has to be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// No more than this.
    Most(f64),
    /// No less than this.
    Least(f64),
    /// It is only reported.
    Told,
}

impl Goal {
    fn judge(self, value: f64, digits: usize) -> String {
        let (met, sign, goal) = match self {
            Self::Most(goal) => (value <= goal, '≤', goal),
            Self::Least(goal) => (value >= goal, '≥', goal),
            Self::Told => return String::new(),
        };
        format!("{sign} {goal:.digits$} {}", if met { "reached" } else { "MISSED" })
    }
}

/// The heading of a part.
pub(crate) fn heading(title: &str) {
    println!("\n{title}");
    println!("{:<52} {:>12} {:>12} {:>8}  goal", "", "Kiosk", "other", "ratio");
}

/// A figure of ours beside that of another program; the goal is about their ratio.
pub(crate) fn compared(what: &str, ours: f64, other: f64, unit: &str, goal: Goal) {
    let ratio = ours / other;
    let goal = goal.judge(ratio, 4);
    println!(
        "{what:<52} {:>12} {:>12} {ratio:>8.3}  {goal}",
        shown(ours, unit),
        shown(other, unit)
    );
}

/// A figure of ours with a goal of its own.
pub(crate) fn alone(what: &str, ours: f64, unit: &str, goal: Goal) {
    println!("{what:<52} {:>12} {:>12} {:>8}  {}", shown(ours, unit), "", "", goal.judge(ours, 2));
}

/// What was left out, and why.
pub(crate) fn left_out(what: &str, why: &str) {
    println!("left out: {what}: {why}");
}

fn shown(value: f64, unit: &str) -> String {
    let digits = if value >= 1000.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$} {unit}")
}

/// The middle of some values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    part(values, 50)
}

/// The value that so many in a hundred do not exceed.
pub(crate) fn part(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// The mean of some values.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}
