//! Broken text files: each gives an error of the right kind, at the right line and column, with a cure.

use regdiff_scenario::text::{self, TextErrorKind as Kind};
use regdiff_scenario::{LoadError, Scenario, limits};

struct Broken {
    text: &'static str,
    kind: Kind,
    line: usize,
    column: usize,
    /// Part of the place.
    place: &'static str,
    /// Part of the cure.
    cure: &'static str,
}

const fn broken(text: &'static str, kind: Kind, at: (usize, usize), place: &'static str, cure: &'static str) -> Broken {
    Broken { text, kind, line: at.0, column: at.1, place, cure }
}

const CASES: &[Broken] = &[
    broken("", Kind::MissingVersion, (1, 1), "", "write `version = 1`"),
    broken("# nothing\n\n", Kind::MissingVersion, (1, 1), "", "write `version = 1`"),
    broken("[module]\ndif = true\n", Kind::MissingVersion, (1, 1), "", "as the first line"),
    broken("version = 2\n", Kind::UnknownVersion, (1, 11), "\"version\"", "write `version = 1`"),
    broken("version = -1\n", Kind::UnknownVersion, (1, 11), "\"version\"", "write `version = 1`"),
    broken("version = \"1\"\n", Kind::WrongType, (1, 11), "\"version\"", "write `version = 1`"),
    broken("version = 1\nmodule dif\n", Kind::Syntax, (2, 8), "", "key = value"),
    broken("version = 1\n[module\ndif = true\n", Kind::Syntax, (2, 8), "", "[module]"),
    broken("version = 1\n[kernel]\nlayout = \"linux\n", Kind::Syntax, (3, 16), "", "text in quotes"),
    broken("version = 1\nversion = 1\n", Kind::Syntax, (2, 1), "", "keep one"),
    broken("version = 1\n[module]\n[module]\n", Kind::Syntax, (3, 2), "", "keep one"),
    broken("version = 1\n[modul]\n", Kind::UnknownSection, (2, 2), "", "did you mean \"module\"?"),
    broken("version = 1\n[[steps]]\n", Kind::UnknownSection, (2, 3), "", "did you mean \"step\"?"),
    broken("version = 1\nfirmware = 3\n", Kind::UnknownSection, (2, 1), "", "write one of \"version\""),
    broken("version = 1\nmodule = 3\n", Kind::WrongType, (2, 10), "module", "write [module]"),
    broken("version = 1\n[device]\n", Kind::WrongType, (2, 1), "device 0", "write [[device]]"),
    broken("version = 1\n[[device.port]]\n", Kind::WrongType, (2, 3), "device 0", "write [[device]]"),
    broken("version = 1\nstep = [1]\n", Kind::WrongType, (2, 9), "step 1", "write [[step]]"),
    broken("version = 1\n[module]\ndiff = true\n", Kind::UnknownKey, (3, 1), "module", "did you mean \"dif\"?"),
    broken("version = 1\n[module]\ndif = 1\n", Kind::WrongType, (3, 7), "module, key \"dif\"", "write true or false"),
    broken("version = 1\n[module]\nqueue_depth = 0\n", Kind::OutOfRange, (3, 15), "queue_depth", "from 1 to 65535"),
    broken("version = 1\n[module]\nqueue_depth = \"0x20\"\n", Kind::WrongType, (3, 15), "queue_depth", "a number from"),
    broken("version = 1\n[module]\nqueue_depth = 3.5\n", Kind::WrongType, (3, 15), "queue_depth", "a number from"),
    broken("version = 1\n[module]\ndbflevel = -1\n", Kind::OutOfRange, (3, 12), "dbflevel", "from 0 to 6"),
    broken("version = 1\n[module]\ninit_port_index = 1\n", Kind::NoSuchIndex, (3, 19), "module", "[[device.port]]"),
    broken(
        "version = 1\n[kernel]\nlayout = \"linux-5.7.14-s390\"\n",
        Kind::UnknownName,
        (3, 10),
        "kernel, key \"layout\"",
        "did you mean \"linux-5.7.14-s390x\"?",
    ),
    broken("version = 1\n[kernel]\nmidlayer = \"4.4\"\n", Kind::UnknownName, (3, 12), "midlayer", "\"5.3\""),
    broken("version = 1\n[kernel]\nbehaviours = \"no_suspend\"\n", Kind::WrongType, (3, 14), "behaviours", "a list of"),
    broken(
        "version = 1\n[kernel]\nbehaviours = [\"no_suspend\",\n  \"nosuspend\"]\n",
        Kind::UnknownName,
        (4, 3),
        "kernel, key \"behaviours\"",
        "did you mean \"no_suspend\"?",
    ),
    broken(
        "version = 1\n[kernel]\nbehaviours = [\"no_suspend\", \"no_suspend\"]\n",
        Kind::DuplicateName,
        (3, 29),
        "behaviours",
        "remove one",
    ),
    broken("version = 1\n[kernel]\nbehaviours = [1]\n", Kind::WrongType, (3, 15), "behaviours", "names in quotes"),
    broken("version = 1\n[[device]]\nwwpn = \"5005\"\n", Kind::OutOfRange, (3, 8), "device 0", "\"0x0\" to \"0xffff"),
    broken("version = 1\n[[device]]\ns_id = \"0x1000000\"\n", Kind::OutOfRange, (3, 8), "device 0", "\"0xffffff\""),
    broken(
        "version = 1\n[[device]]\n[[device]]\n[[device.port]]\n[[device.port.lun]]\n  lum = \"0x0\"\n",
        Kind::UnknownKey,
        (6, 3),
        "device 1, port 0, LUN 0",
        "did you mean \"lun\"?",
    ),
    broken(
        "version = 1\n[[device]]\n[[device]]\n[[device]]\n[[device]]\n[[device]]\n",
        Kind::TooMany,
        (6, 1),
        "device 4",
        "keep 4",
    ),
    broken("version = 1\n[[answer]]\nnth = 1\n", Kind::NoSuchIndex, (2, 1), "answer 1", "add a [[device]] section"),
    broken(
        "version = 1\n[[device]]\n[[answer]]\nnth = 0\n",
        Kind::OutOfRange,
        (4, 7),
        "answer 1, key \"nth\"",
        "from 1",
    ),
    broken("version = 1\n[[device]]\n[[answer]]\nport = 64\n", Kind::OutOfRange, (4, 8), "answer 1", "or \"any\""),
    broken("version = 1\n[[device]]\n[[answer]]\nport = 1\n", Kind::NoSuchIndex, (4, 8), "answer 1", "port = 0"),
    broken(
        "version = 1\n[[device]]\n[[answer]]\ncontent = { adapter_feature = 1 }\n",
        Kind::UnknownKey,
        (4, 13),
        "answer 1, key \"content\"",
        "did you mean \"adapter_features\"?",
    ),
    broken(
        "version = 1\n[[device]]\n[[answer]]\ncontent = { s_id = 1, s_id = 2 }\n",
        Kind::Syntax,
        (4, 23),
        "",
        "keep one",
    ),
    broken("version = 1\n[[device]]\n[[answer]]\ncontent = [1]\n", Kind::WrongType, (4, 11), "content", "content = {"),
    broken(
        "version = 1\n[[device]]\n[[answer]]\n[answer.content]\nlic_version = 1\nhigh_qtcb_version = 1\n\
         low_qtcb_version = 1\nmax_qtcb_size = 1\nadapter_features = 1\nconnection_features = 1\nfc_topology = 1\n\
         fc_link_speed = 1\nadapter_type = 1\n",
        Kind::TooMany,
        (13, 1),
        "content",
        "keep 8",
    ),
    broken("version = 1\n[[device]]\n[[step]]\n", Kind::MissingKey, (3, 1), "step 1", "do = \"set_online\""),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\n[[step]]\ndo = \"set_onlien\"\n",
        Kind::UnknownName,
        (6, 6),
        "step 2, key \"do\"",
        "did you mean \"set_online\"?",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"explode\"\n",
        Kind::UnknownName,
        (4, 6),
        "step 1, key \"do\"",
        "such as",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nevent = \"gone\"\n",
        Kind::ForeignOperand,
        (5, 1),
        "step 1",
        "\"set_online\" takes \"device\"",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\ndevise = 0\n",
        Kind::UnknownKey,
        (5, 1),
        "step 1",
        "did you mean \"device\"?",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\ndevice = 1\n",
        Kind::NoSuchIndex,
        (5, 10),
        "step 1, key \"device\"",
        "write device = 0",
    ),
    broken(
        "version = 1\n[[device]]\n[[device.port]]\n[[device.port]]\n[[step]]\ndo = \"port_failed\"\nport = 2\n",
        Kind::NoSuchIndex,
        (7, 8),
        "step 1, key \"port\"",
        "from 0 to 1",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"notify\"\nevent = \"gon\"\n",
        Kind::UnknownName,
        (5, 9),
        "step 1, key \"event\"",
        "did you mean \"gone\"?",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nwhen = \"at_rest\"\n",
        Kind::WrongType,
        (5, 8),
        "step 1, key \"when\"",
        "or nothing for at rest",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nwhen = { nth = 2 }\n",
        Kind::MissingKey,
        (5, 8),
        "step 1, key \"when\"",
        "outstanding",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nwhen = { point = \"erp_open\", after_ms = 3 }\n",
        Kind::ConflictingKey,
        (5, 30),
        "step 1, key \"when\"",
        "keep one",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nwhen = { after_ms = 3, nth = 2 }\n",
        Kind::UnknownKey,
        (5, 24),
        "step 1, key \"when\"",
        "\"after_ms\"",
    ),
    broken(
        "version = 1\n[[device]]\n[[step]]\ndo = \"set_online\"\nwhen = { outstanding = \"inquiry\", device = 3 }\n",
        Kind::NoSuchIndex,
        (5, 44),
        "step 1, key \"when\"",
        "write device = 0",
    ),
    broken(
        "version = 1\n[[device]]\n[[choice]]\npoint = \"host_add\"\n",
        Kind::UnknownName,
        (4, 9),
        "choice 1, key \"point\"",
        "did you mean \"host_added\"?",
    ),
];

#[test]
fn each_mistake_has_a_line_and_a_cure() {
    let mut wrong = Vec::new();
    for case in CASES {
        let Err(error) = text::parse(case.text) else {
            wrong.push(format!("accepted:\n{}", case.text));
            continue;
        };
        let as_said = error.kind == case.kind
            && (error.line, error.column) == (case.line, case.column)
            && error.place.contains(case.place)
            && error.cure.contains(case.cure);
        let message = error.to_string();
        let in_full = message.starts_with(&format!("line {}, column {}: ", error.line, error.column))
            && message.ends_with(&format!("; cure: {}", error.cure));
        if !(as_said && in_full) {
            wrong.push(format!("{}{:?}: {message}", case.text, error.kind));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_table_has_thirty_kinds_of_files() {
    assert!(CASES.len() >= 30);
    let kinds: std::collections::BTreeSet<String> = CASES.iter().map(|case| format!("{:?}", case.kind)).collect();
    assert!(kinds.len() >= 14, "{kinds:?}");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let mut text = String::from("version = 1\n");
    text.push_str(&"#".repeat(limits::MAX_FILE));
    assert_eq!(text::parse(&text).unwrap_err().kind, Kind::TooLarge);
    assert!(Scenario::load(text.as_bytes()).is_err());
    assert!(Scenario::load_crash(&vec![0; limits::MAX_FILE + 1]).is_err());
}

#[test]
fn a_file_that_is_not_utf8_says_where() {
    let Err(LoadError::Text(error)) = Scenario::load(b"version = 1\n# caf\xe9\n") else { panic!("accepted") };
    assert_eq!((error.kind, error.line, error.column), (Kind::NotUtf8, 2, 6));
    assert!(error.cure.contains("UTF-8"));
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let text = format!("version = 1\nmodule = {}", "[".repeat(100_000));
    assert_eq!(text::parse(&text).unwrap_err().kind, Kind::Syntax);
}

#[test]
fn numbers_may_be_written_in_any_of_toml_s_ways() {
    let read =
        |value: &str| text::parse(&format!("version = 1\n[[device]]\nwwpn = {value}\n")).map(|s| s.devices[0].wwpn);
    for value in ["\"0xc05076e500001901\"", "0xc05076e500001901", "13857706779338610945", "\"0xC05076E500001901\""] {
        assert_eq!(read(value), Ok(0xc050_76e5_0000_1901), "{value}");
    }
    assert!(read("\"0x+1\"").is_err());
    assert!(read("\"\"").is_err());
}
