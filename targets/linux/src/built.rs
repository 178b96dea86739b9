//! A built kernel: a folder that `scripts/kernel` made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::log::LogIds;
use crate::sandbox;

/// The environment variable that says where built kernels lie.
pub const CACHE: &str = "REGDIFF_CACHE";

/// Files of a built kernel.
pub mod files {
    /// The User-Mode Linux binary.
    pub const BINARY: &str = "linux";
    /// The initramfs without an order.
    pub const INITRAMFS: &str = "initramfs.cpio";
    /// Which log line has which name.
    pub const LOG_IDS: &str = "log-ids.json";
    /// Structure sizes of this kernel.
    pub const LAYOUT: &str = "layout.json";
    /// What was built.
    pub const MANIFEST: &str = "manifest.json";
    /// What gcov needs of a build that counts lines.
    pub const COVERAGE: &str = "coverage";
}

/// Versions of Linux that the lane knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Version {
    /// 6.1, the oldest with User-Mode Linux that suits.
    #[default]
    #[serde(rename = "6.1")]
    V6_1,
    /// 6.12.
    #[serde(rename = "6.12")]
    V6_12,
}

impl Version {
    /// Every version.
    pub const ALL: &'static [Self] = &[Self::V6_1, Self::V6_12];

    /// As people write it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::V6_1 => "6.1",
            Self::V6_12 => "6.12",
        }
    }

    /// The version of a release like `6.1.192`.
    pub fn of_release(release: &str) -> Option<Self> {
        let mut numbers = release.split(['.', '-']);
        let (major, minor) = (numbers.next()?, numbers.next()?);
        Self::ALL.iter().copied().find(|version| version.text() == format!("{major}.{minor}"))
    }

    /// The version of a LINUX_VERSION_CODE.
    pub fn of_code(code: u32) -> Option<Self> {
        Self::of_release(&format!("{}.{}", code >> 16, code >> 8 & 0xff))
    }
}

impl std::str::FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|version| version.text() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|version| version.text()).collect();
            format!("known versions are {}", known.join(" and "))
        })
    }
}

/// What was built, as its maker tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The release, as `6.1.192`.
    pub release: String,
    /// Whether it has the address sanitizer.
    #[serde(default)]
    pub kasan: bool,
    /// Whether it counts which lines of the driver run.
    #[serde(default)]
    pub coverage: bool,
    /// Everything else.
    #[serde(flatten)]
    pub rest: BTreeMap<String, serde_json::Value>,
}

/// A built kernel.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub manifest: Manifest,
    /// Its version.
    pub version: Version,
    pub(crate) base: Vec<u8>,
    pub(crate) log_ids: LogIds,
    pub(crate) libraries: Vec<PathBuf>,
}

impl Built {
    /// Opens a folder.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        // Paths go into another name space, where there is no current folder.
        let folder = folder.canonicalize().map_err(|_| missing(folder, "the folder"))?;
        let manifest: Manifest = json(&folder, files::MANIFEST)?;
        let version = Version::of_release(&manifest.release).ok_or_else(|| Error::Unusable {
            file: folder.join(files::MANIFEST),
            why: format!("{:?} is no release that this lane knows", manifest.release),
        })?;
        let base = fs::read(folder.join(files::INITRAMFS)).map_err(|_| missing(&folder, files::INITRAMFS))?;
        let log_ids = LogIds::new(json(&folder, files::LOG_IDS)?);
        let binary = folder.join(files::BINARY);
        if !binary.is_file() {
            return Err(missing(&folder, files::BINARY));
        }
        let libraries = sandbox::libraries(&binary)?;
        Ok(Self { folder, manifest, version, base, log_ids, libraries })
    }

    /// The binary.
    pub fn binary(&self) -> PathBuf {
        self.folder.join(files::BINARY)
    }
}

fn missing(folder: &Path, what: &str) -> Error {
    Error::NotBuilt { folder: folder.to_owned(), what: what.to_owned() }
}

fn json<T: serde::de::DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Error> {
    let file = folder.join(name);
    let text = fs::read(&file).map_err(|_| missing(folder, name))?;
    serde_json::from_slice(&text).map_err(|error| Error::Unusable { file, why: error.to_string() })
}

/// Where built kernels lie: `$REGDIFF_CACHE/kernel`, or `~/.cache/regdiff/kernel`.
pub fn cache() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set(CACHE).or_else(|| {
        let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
        Some(base.join("regdiff"))
    })?;
    Some(cache.join("kernel"))
}

/// Every kernel that is built, by folder name; those that cannot be opened with the reason.
pub fn all(cache: &Path) -> Vec<Result<Built, Error>> {
    let Ok(entries) = fs::read_dir(cache) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|folder| folder.join(files::MANIFEST).is_file());
    folders.sort();
    folders.iter().map(|folder| Built::open(folder)).collect()
}

/// The kernel of a version: the one built last, with or without the address sanitizer, with or without line counts.
pub fn find(version: Version, kasan: bool, coverage: bool) -> Result<Built, Error> {
    let cache = cache().unwrap_or_else(|| PathBuf::from("."));
    let of_age = |built: &Built| fs::metadata(built.folder.join(files::MANIFEST)).and_then(|data| data.modified()).ok();
    let fits = |built: &Built| {
        built.version == version && built.manifest.kasan == kasan && built.manifest.coverage == coverage
    };
    let fitting = all(&cache).into_iter().flatten().filter(fits);
    fitting.max_by_key(|built| (of_age(built), built.folder.clone())).ok_or_else(|| {
        let counts = if coverage { " that counts lines (--coverage)" } else { "" };
        missing(&cache, &format!("a kernel of version {}{counts}", version.text()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_of_every_version_are_taken_and_no_others() {
        let script = include_str!("../kernel/build.sh");
        let line = script.lines().find_map(|line| line.strip_prefix("fitting=(")?.strip_suffix(')')).expect("the list");
        let taken: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(taken, Version::ALL.iter().map(|version| version.text()).collect::<Vec<_>>());
    }
}
