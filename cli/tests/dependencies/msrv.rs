//! The minimum Rust version holds for both workspaces and for everything in both lock files.
//!
//! It is the newest compiler in OSS-Fuzz's base image. A dependency that needs more breaks the build there first, where
//! nobody looks; here it breaks before it is merged.

use super::{manifests, metadata, packages};

const MINIMUM: &str = "1.91";

/// `1.91` and `1.91.0` as numbers that compare.
fn version(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = text.split('.').map(|part| part.parse().expect("a number")).collect();
    numbers.resize(3, 0);
    numbers
}

#[test]
fn no_dependency_needs_a_newer_rust() {
    for manifest in manifests() {
        let metadata = metadata(&manifest);
        let too_new: Vec<String> = packages(&metadata)
            .filter_map(|package| Some((package, package["rust_version"].as_str()?)))
            .filter(|(_, needed)| version(needed) > version(MINIMUM))
            .map(|(package, needed)| format!("{} {} needs {needed}", package["name"], package["version"]))
            .collect();
        let cure = format!("cargo update --manifest-path {} -p NAME --precise OLDER", manifest.display());
        assert!(too_new.is_empty(), "above Rust {MINIMUM}: {too_new:#?}; cure: {cure}");
    }
}

#[test]
fn every_crate_of_ours_declares_the_minimum() {
    for manifest in manifests() {
        let metadata = metadata(&manifest);
        let members = metadata["workspace_members"].as_array().expect("a list of members");
        for package in packages(&metadata).filter(|package| members.contains(&package["id"])) {
            assert_eq!(package["rust_version"], MINIMUM, "{}", package["manifest_path"]);
        }
    }
}

#[test]
fn both_workspaces_resolve_for_the_minimum() {
    for manifest in manifests() {
        let text = std::fs::read_to_string(&manifest).expect("a readable manifest");
        assert!(text.contains("\nresolver = \"3\"\n"), "{}: resolver 3 respects rust-version", manifest.display());
    }
}
