//! Aligned tables.

use crate::group::Role;

/// A figure, or its absence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell {
    /// With one digit after the point.
    Tenths(f64),
    /// With two.
    Times(f64),
    /// With none.
    Whole(f64),
    /// A share.
    Percent(f64),
    /// Two figures, from and to.
    Range((f64, f64)),
    /// Nothing to say.
    None,
}

impl Cell {
    fn text(self) -> String {
        match self {
            Self::Tenths(x) => format!("{:.1}", tenths(x)),
            Self::Times(x) => format!("{x:.2}×"),
            Self::Whole(x) => format!("{:.0}", x.round() + 0.0),
            Self::Percent(x) => format!("{:.0} %", x * 100.0),
            Self::Range((from, to)) => format!("{:.1}–{:.1}", tenths(from), tenths(to)),
            Self::None => "–".to_owned(),
        }
    }
}

/// Rounds, so that what is rounded to zero has no sign.
fn tenths(x: f64) -> f64 {
    (x * 10.0).round() / 10.0 + 0.0
}

/// A table: a title, the names of the columns, and a row for each contender.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: String, columns: &[&str]) -> Self {
        let head = [""].iter().chain(columns).map(ToString::to_string).collect();
        Self { title, rows: vec![head] }
    }

    /// Adds a contender. Ours are marked.
    pub(crate) fn row(&mut self, role: Role, name: &str, cells: impl IntoIterator<Item = Cell>) {
        let mark = if role == Role::Ours { '>' } else { ' ' };
        let name = format!("{mark} {name}");
        self.rows.push([name].into_iter().chain(cells.into_iter().map(Cell::text)).collect());
    }

    /// Prints the title and the aligned rows.
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    pub(crate) fn print(&self) {
        println!("\n{}\n{}", self.title, self.aligned());
    }

    fn aligned(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let line = |row: &Vec<String>| {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => line.push_str(&format!("{cell:<width$}")),
                    _ => line.push_str(&format!("  {cell:>width$}")),
                }
            }
            line.trim_end().to_owned()
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Table};
    use crate::group::Role;

    #[test]
    fn columns_are_aligned_and_ours_is_marked() {
        let mut table = Table::new("title".into(), &["ns", "× floor"]);
        table.row(Role::Peer, "a peer", [Cell::Tenths(123.46), Cell::Times(2.0)]);
        table.row(Role::Ours, "palisade", [Cell::Tenths(-0.01), Cell::None]);
        assert_eq!(
            table.aligned(),
            "               ns  × floor\n  a peer    123.5    2.00×\n> palisade    0.0        –"
        );
    }
}
