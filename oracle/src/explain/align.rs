//! Two stories side by side: which item of one is which of the other.

/// Items of one stretch that are matched exactly; longer stretches are matched by their common start.
const MAX_MATCHED: usize = 2_000;

/// One line: an item of the left story, of the right one, or the same of both, by index.
pub(super) type Line = (Option<usize>, Option<usize>);

/// The longest common story of `left` and `right` items, with what only one of them has in between.
pub(super) fn align(left: usize, right: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Line> {
    let lengths = Lengths::of(left, right, &same);
    let (mut l, mut r) = (0, 0);
    let mut lines = Vec::with_capacity(left.max(right));
    while l < left || r < right {
        if l < left && r < right && same(l, r) {
            lines.push((Some(l), Some(r)));
            (l, r) = (l + 1, r + 1);
        } else if l < left && (r >= right || lengths.at(l + 1, r) >= lengths.at(l, r + 1)) {
            lines.push((Some(l), None));
            l += 1;
        } else {
            lines.push((None, Some(r)));
            r += 1;
        }
    }
    lines
}

/// Lengths of the longest common story from each pair of positions on.
struct Lengths {
    width: usize,
    table: Vec<u16>,
}

impl Lengths {
    fn of(left: usize, right: usize, same: &impl Fn(usize, usize) -> bool) -> Self {
        let width = right + 1;
        if left.max(right) > MAX_MATCHED {
            return Self { width, table: Vec::new() };
        }
        let mut table = vec![0; (left + 1) * width];
        for l in (0..left).rev() {
            for r in (0..right).rev() {
                table[l * width + r] = if same(l, r) {
                    table[(l + 1) * width + r + 1] + 1
                } else {
                    table[(l + 1) * width + r].max(table[l * width + r + 1])
                };
            }
        }
        Self { width, table }
    }

    fn at(&self, l: usize, r: usize) -> u16 {
        self.table.get(l * self.width + r).copied().unwrap_or(0)
    }
}
