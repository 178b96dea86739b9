//! A small cpio archive, to lie behind the base initramfs: the kernel unpacks one after the other.
//!
//! The format is "newc": a header of hexadecimal numbers, the name, the contents, each padded to four bytes.

/// Magic number of the format.
const MAGIC: &str = "070701";
/// The name of the entry that ends an archive.
const END: &str = "TRAILER!!!";
/// A plain file; the permissions are or'ed to it.
const PLAIN: u32 = 0o100_000;

/// A file of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its path, without a leading slash.
    pub name: &'a str,
    /// Its permissions.
    pub mode: u32,
    /// What it holds.
    pub contents: &'a [u8],
}

/// An archive of plain files, with all that is not content held constant: the same files give the same bytes.
pub fn archive(files: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, Entry { name, mode, contents }) in files.iter().enumerate() {
        entry(&mut out, index as u32 + 1, PLAIN | mode, name, contents);
    }
    entry(&mut out, 0, 0, END, &[]);
    out
}

fn entry(out: &mut Vec<u8>, inode: u32, mode: u32, name: &str, contents: &[u8]) {
    let (size, length) = (contents.len() as u32, name.len() as u32 + 1);
    // inode, mode, uid, gid, links, mtime, size, four device numbers, length of the name, check sum.
    let fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, length, 0];
    out.extend_from_slice(MAGIC.as_bytes());
    for field in fields {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(name.as_bytes());
    out.push(0);
    pad(out);
    out.extend_from_slice(contents);
    pad(out);
}

/// Fills up to four bytes.
pub fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_archive_is_read_back_by_its_own_numbers() {
        let file = |name, contents| Entry { name, mode: 0o444, contents };
        let bytes = archive(&[file("order.json", b"{}"), file("empty", b"")]);
        assert_eq!(unpacked(&bytes), [("order.json".to_owned(), b"{}".to_vec()), ("empty".to_owned(), Vec::new())]);
        assert_eq!(bytes.len() % 4, 0);
    }
    /// Names and contents of an archive, by the numbers of its own headers.
    fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let (mut at, mut seen) = (0, Vec::new());
        loop {
            let field = |index: usize| {
                let text = std::str::from_utf8(&bytes[at + 6 + index * 8..at + 14 + index * 8]).expect("digits");
                usize::from_str_radix(text, 16).expect("a number")
            };
            assert_eq!(&bytes[at..at + 6], MAGIC.as_bytes());
            let (size, length) = (field(6), field(11));
            let name = at + 110;
            let contents = (name + length).next_multiple_of(4);
            let text = std::str::from_utf8(&bytes[name..name + length - 1]).expect("a name").to_owned();
            if text == END {
                return seen;
            }
            seen.push((text, bytes[contents..contents + size].to_vec()));
            at = (contents + size).next_multiple_of(4);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_files_are_read_back(
            files in proptest::collection::vec(("[a-z./-]{1,30}", proptest::collection::vec(any::<u8>(), 0..200)), 0..8),
        ) {
            let entries: Vec<Entry<'_>> =
                files.iter().map(|(name, contents)| Entry { name, mode: 0o444, contents }).collect();
            let bytes = archive(&entries);
            prop_assert_eq!(bytes.len() % 4, 0);
            prop_assert_eq!(unpacked(&bytes), files);
        }
    }
}
