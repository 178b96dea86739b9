//! Stored files keep their meaning, and seeds stay what they are. See `data/README.md`.

use std::fmt::Write;
use std::path::PathBuf;

use regdiff_scenario::{
    Answer, Choice, Content, ContentField, Device, Domain, Kernel, Lun, Module, Moment, Port, Record, Scenario, Step,
    Trigger, bytes, text,
};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Compares a golden file, or writes it anew if the caller asks for that.
fn check(name: &str, actual: &str) {
    if std::env::var_os("REGDIFF_BLESS").is_some() {
        std::fs::write(path(name), actual).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let expected = read(name);
    let line = expected.lines().zip(actual.lines()).take_while(|(a, b)| a == b).count();
    let (old, new) = (expected.lines().nth(line), actual.lines().nth(line));
    assert!(expected == actual, "{name}, line {}: {old:?} became {new:?}; see tests/data/README.md", line + 1);
}

fn to_hex(bytes: &[u8]) -> String {
    let lines = bytes.chunks(32).map(|line| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n");
    lines.collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn files_mean_what_they_meant() {
    for name in ["empty", "seed", "mixed"] {
        let scenario = text::parse(&read(&format!("{name}.toml"))).unwrap_or_else(|error| panic!("{name}: {error}"));
        let hex = format!("{name}.hex");
        check(&hex, &to_hex(&bytes::encode(&scenario)));
        assert_eq!(bytes::decode_strict(&from_hex(&read(&hex))).as_ref(), Ok(&scenario), "{name}");
    }
}

#[test]
fn printed_text_is_canonical() {
    for name in ["empty", "seed", "mixed"] {
        let written = read(&format!("{name}.toml"));
        let without_comments: String =
            written.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
        let scenario = text::parse(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(text::print(&scenario), without_comments, "{name}");
    }
}

/// Bytes as an engine makes them: no version, spare tags, an orphan, values out of range, a cut record.
#[test]
fn noise_means_what_it_meant() {
    let noise = from_hex(&read("noise.hex"));
    let scenario = bytes::decode(&noise);
    check("noise.toml", &text::print(&scenario));
    assert!(scenario.devices.len() == 1 && scenario.steps.len() == 2, "the noise has something to say");
}

/// What an engine makes first: tags and zeros. They are a healthy machine that comes online.
#[test]
fn zeros_are_plain_records() {
    let mut zeros = bytes::encode(&Scenario::default());
    assert!(zeros[1..].iter().all(|byte| *byte == 0));
    let widths = [bytes::width::<Device>(), bytes::width::<Port>(), bytes::width::<Lun>()];
    let step = bytes::width::<Step>() + bytes::width::<Moment>();
    for (tag, width) in [bytes::tag::DEVICE, bytes::tag::PORT, bytes::tag::LUN].into_iter().zip(widths) {
        zeros.push(tag);
        zeros.extend(vec![0; width]);
    }
    zeros.push(bytes::tag::STEP);
    zeros.extend(vec![0; step]);
    let port = Port { luns: vec![Lun::default()], ..Port::default() };
    let device = Device { ports: vec![port], ..Device::default() };
    let steps = vec![Step::new(Trigger::SetOnline)];
    assert_eq!(bytes::decode(&zeros), Scenario { devices: vec![device], steps, ..Scenario::default() });
}

#[test]
fn later_versions_are_empty_until_they_exist() {
    let seed = text::parse(&read("seed.toml")).unwrap_or_else(|error| panic!("{error}"));
    let mut bytes = bytes::encode(&seed);
    for version in 2..=15 {
        bytes[0] = version;
        assert_eq!(bytes::decode(&bytes), Scenario::default());
        assert!(bytes::decode_strict(&bytes).is_err());
    }
    for version in [0, 1, 16, 255] {
        bytes[0] = version;
        assert_eq!(bytes::decode(&bytes), seed);
    }
}

#[test]
fn the_language_only_grows() {
    let mut out = String::new();
    record::<Module>(&mut out, "module");
    record::<Kernel>(&mut out, "kernel");
    record::<Device>(&mut out, "device");
    record::<Port>(&mut out, "port");
    record::<Lun>(&mut out, "lun");
    record::<Answer>(&mut out, "answer");
    record::<Content>(&mut out, "content");
    record::<Step>(&mut out, "step");
    record::<Moment>(&mut out, "moment");
    record::<Choice>(&mut out, "choice");
    for trigger in Trigger::ALL {
        for operand in trigger.operands() {
            let _ =
                write!(out, "{}, {}: {:?}, default {}", trigger.text(), operand.name, operand.slot, operand.default);
            domain(&mut out, &operand.domain);
        }
    }
    assert_eq!(ContentField::ALL.len(), ContentField::NAMES.len());
    check("language.txt", &out);
}

fn record<R: Record>(out: &mut String, name: &str) {
    for field in R::FIELDS {
        let _ = write!(out, "{name}, {}: {} bytes, default {}", field.name, field.width, (field.default)());
        domain(out, &field.domain);
    }
}

fn domain(out: &mut String, domain: &Domain) {
    match domain {
        Domain::Names(names) | Domain::Flags(names) => {
            out.push_str(", names\n");
            for name in *names {
                let _ = writeln!(out, "    {} {}", name.value, name.text);
            }
        }
        other => {
            let _ = writeln!(out, ", {other:?}");
        }
    }
}

/// FNV-1a, 64 bits.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Reports quote seeds, so a seed keeps its scenario while the generator's tables and the language stay the same. A change
/// to either may change this file, but then it is meant.
#[test]
fn seeds_stay_what_they_are() {
    let lines = (0..5).map(|seed| (seed, fingerprint(&bytes::encode(&Scenario::generate(seed)))));
    let lines: String = lines.map(|(seed, fingerprint)| format!("{seed} {fingerprint:016x}\n")).collect();
    check("seeds.txt", &lines);
}
