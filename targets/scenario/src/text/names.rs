//! Names that people may have meant.

/// How many names a message lists at most.
const LISTED: usize = 12;

/// What to write instead of `wrong`: the nearest names, or all of them.
pub(super) fn cure(wrong: &str, names: &[&str]) -> String {
    let mut near: Vec<(usize, &str)> = names.iter().map(|name| (distance(wrong, name), *name)).collect();
    near.sort();
    let (best, name) = near.first().copied().unwrap_or((usize::MAX, ""));
    if names.is_empty() {
        "remove it: there is nothing to write here".into()
    } else if best <= name.len().max(wrong.len()) / 3 {
        format!("did you mean \"{name}\"?")
    } else if names.len() <= LISTED {
        format!("write one of {}", list(names))
    } else {
        let nearest: Vec<&str> = near.iter().take(LISTED).map(|(_, name)| *name).collect();
        format!("write one of the {} names, such as {}", names.len(), list(&nearest))
    }
}

/// Names as a list for a message.
pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Edit distance: characters to insert, remove or replace, and neighbours to swap.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_one_edit() {
        assert_eq!(distance("set_onlien", "set_online"), 1);
        assert_eq!(distance("dif", "dix"), 1);
        assert_eq!(distance("", "dix"), 3);
    }

    #[test]
    fn near_names_come_before_lists() {
        assert_eq!(cure("lins", &["link", "lun_scan"]), "did you mean \"link\"?");
        assert_eq!(cure("xyz", &["link", "lun_scan"]), "write one of \"link\", \"lun_scan\"");
    }
}
