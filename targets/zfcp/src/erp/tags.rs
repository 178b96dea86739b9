//! The registry of recovery trace records (driver.md 6.3): every tag that this model can write.

/// Seven characters each, sorted. A test holds the list against the source.
#[rustfmt::skip]
pub const TRACE_TAGS: &[&str] = &[
    "axsref1", "ccnoti1", "ccnoti2", "ccnoti4", "ccnoti5", "ccresu1", "ccshut1", "ccsoff1", "ccsonl1", "ccsusp1",
    "ccthaw1", "ereptp1", "ersff_1", "ersff_2", "ersff_3", "ersff_4", "ersfs_1", "ersfs_2", "ersfs_3", "ersscg1",
    "ersscg2", "ersscg3", "erstgy1", "fcadh_1", "fcadh_2", "fcegpf1", "fcegpf2", "fcgpn_1", "fcgpn_3", "fciwwp1",
    "fcltwk1", "fcrscn1", "fsafch1", "fsafch2", "fsafch3", "fsafch4", "fscns_1", "fscph_1", "fscpph1", "fscpph2",
    "fscuh_1", "fscuh_2", "fscuh_3", "fscwph1", "fsecdh1", "fsecdh3", "fsecdh4", "fsecdh5", "fsece_1", "fsfse_1",
    "fsfsqe1", "fsouh_1", "fsouh_2", "fspse_1", "fspse_2", "fspse_3", "fspse_4", "fspse_6", "fspse_8", "fspse_9",
    "fsrs__1", "fsrth_1", "fsscth1", "fssfch1", "fssfch2", "fssfch3", "fssfch4", "fssfch5", "fssfch6", "fssfch7",
    "fssrh_2", "fssrh_b", "fssrpc1", "qdireq1", "qdires1", "qdsbg_1", "schrh_1", "schrh_p", "scpaddy",
    "scpdely", "scshr_y", "scsla_1", "scssd_1", "sctrpi1", "sctrpin", "syafai2", "sypfai2", "syprs_1", "syufai2",
    "syufai3",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::TRACE_TAGS;

    /// Literals of a tag's shape, outside comments.
    fn tags_of(line: &str) -> impl Iterator<Item = &str> {
        // Fields of structures may have the same shape.
        let fields = ["Access::", "fc_host(", ".bug(", "//"].iter().any(|mark| line.contains(mark));
        let shape = |text: &&str| {
            text.len() == 7 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        line.split('"').skip(1).step_by(2).filter(move |text| !fields && shape(text))
    }

    fn sources(folder: &Path, tags: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the source is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                sources(&path, tags);
            } else if !path.ends_with("tags.rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                tags.extend(text.lines().flat_map(tags_of).map(str::to_owned));
            }
        }
    }

    #[test]
    fn the_registry_holds_the_tags_of_the_source() {
        let mut tags = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut tags);
        tags.sort();
        tags.dedup();
        assert_eq!(tags, TRACE_TAGS, "TRACE_TAGS should list the left ones");
    }
}
