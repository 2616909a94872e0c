//! Figures in the text format that Prometheus and its kin read. Pure.

use std::fmt::Write;

/// What such a text is.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text of figures, written from top to bottom; figures of one name stand together.
#[derive(Debug, Default)]
pub struct Figures {
    text: String,
    name: &'static str,
}

/// What took how long: how many ended in each bucket, and all of them together.
#[derive(Clone, Copy, Debug)]
pub struct Histogram<'a> {
    /// Upper ends of the buckets in seconds, as they are written.
    pub ends: &'a [&'a str],
    /// How many ended in each, not in those below it.
    pub counts: &'a [u64],
    /// Microseconds of all of them.
    pub sum_us: u64,
}

impl Figures {
    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str, value: i64) {
        self.add(name, help, "gauge", None, value);
    }

    /// One of several numbers of the same name, told apart by a label.
    pub fn gauge_of(&mut self, name: &'static str, help: &str, by: (&str, &str), value: i64) {
        self.add(name, help, "gauge", Some(by), value);
    }

    /// A number that only grows, and begins anew with the program.
    pub fn counter_of(&mut self, name: &'static str, help: &str, by: (&str, &str), value: i64) {
        self.add(name, help, "counter", Some(by), value);
    }

    /// Counts of what took how long, one of several told apart by a label.
    pub fn histogram_of(
        &mut self,
        name: &'static str,
        help: &str,
        by: (&str, &str),
        histogram: &Histogram<'_>,
    ) {
        if self.name != name {
            self.name = name;
            let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} histogram");
        }
        let label = format!("{}=\"{}\"", by.0, escaped(by.1));
        let mut below = 0;
        for (end, count) in histogram.ends.iter().zip(histogram.counts) {
            below += count;
            let _ = writeln!(self.text, "{name}_bucket{{{label},le=\"{end}\"}} {below}");
        }
        let (whole, rest) = (histogram.sum_us / 1_000_000, histogram.sum_us % 1_000_000);
        let _ = writeln!(self.text, "{name}_sum{{{label}}} {whole}.{rest:06}");
        let _ = writeln!(self.text, "{name}_count{{{label}}} {below}");
    }

    fn add(
        &mut self,
        name: &'static str,
        help: &str,
        kind: &str,
        by: Option<(&str, &str)>,
        value: i64,
    ) {
        let label = by.map(|(key, is)| format!("{{{key}=\"{}\"}}", escaped(is)));
        let label = label.unwrap_or_default();
        if self.name != name {
            self.name = name;
            let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        }
        let _ = writeln!(self.text, "{name}{label} {value}");
    }

    /// The whole text.
    #[must_use]
    pub fn text(self) -> String {
        self.text
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_introduced_once() {
        let mut figures = Figures::default();
        figures.gauge("a", "What a is.", 1);
        figures.gauge_of("b", "What b is.", ("of", "x"), -2);
        figures.gauge_of("b", "What b is.", ("of", "\"y\\\n"), 3);
        let expected = "# HELP a What a is.\n# TYPE a gauge\na 1\n\
                        # HELP b What b is.\n# TYPE b gauge\nb{of=\"x\"} -2\n\
                        b{of=\"\\\"y\\\\\\n\"} 3\n";
        assert_eq!(figures.text(), expected);
    }
}
