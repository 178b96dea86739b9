//! One table of the file, read key by key in the order of the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{TextError, TextErrorKind};
use super::source::Source;
use super::{names, value};
use crate::scalar::Record;

/// The result of reading; errors are large and rare.
pub(super) type Read<T> = Result<T, Box<TextError>>;

/// One key with its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

/// A table, and what messages call it.
pub(super) struct Section<'a> {
    pub(super) source: Source<'a>,
    pub(super) place: String,
    pub(super) span: Range<usize>,
    pub(super) entries: Vec<Entry<'a>>,
}

impl<'a> Section<'a> {
    /// The table of a value; `written` shows how such a table is written.
    pub(super) fn of(source: Source<'a>, place: String, value: &'a Spanned<DeValue<'a>>, written: &str) -> Read<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(Self::new(source, place, value.span(), table)),
            other => Err(source.error(
                TextErrorKind::WrongType,
                &value.span(),
                &place,
                format!("{} where a table belongs", value::type_name(other)),
                format!("write {written}"),
            )),
        }
    }

    pub(super) fn new(source: Source<'a>, place: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        let mut entries: Vec<Entry<'a>> =
            table.iter().map(|(key, value)| Entry { key: key.get_ref(), key_span: key.span(), value }).collect();
        entries.sort_by_key(|entry| entry.key_span.start);
        Self { source, place, span, entries }
    }

    /// The sections of an array of tables, `[[like_this]]`; at most `limit` of them.
    pub(super) fn list(
        source: Source<'a>,
        value: &'a Spanned<DeValue<'a>>,
        header: &str,
        limit: usize,
        place: impl Fn(usize) -> String,
    ) -> Read<Vec<Self>> {
        let DeValue::Array(items) = value.get_ref() else {
            return Err(source.error(
                TextErrorKind::WrongType,
                &value.span(),
                &place(0),
                format!("{} where a list of sections belongs", value::type_name(value.get_ref())),
                format!("write [[{header}]], once for each"),
            ));
        };
        if let Some(extra) = items.get(limit) {
            return Err(source.error(
                TextErrorKind::TooMany,
                &extra.span(),
                &place(limit),
                format!("{} [[{header}]] sections where {limit} are the most", items.len()),
                format!("keep {limit} of them"),
            ));
        }
        let sections = items.iter().enumerate();
        sections.map(|(index, item)| Self::of(source, place(index), item, &format!("[[{header}]]"))).collect()
    }

    /// The entry of `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Reads the fields of a record; keys in `others` are left to the caller.
    pub(super) fn record<R: Record>(&self, others: &[&str]) -> Read<R> {
        let mut record = R::default();
        for entry in &self.entries {
            if let Some(field) = R::FIELDS.iter().find(|field| field.name == entry.key) {
                let raw = self.value(entry, &field.domain)?;
                (field.set)(&mut record, raw);
            } else if !others.contains(&entry.key) {
                let known: Vec<&str> = R::FIELDS.iter().map(|field| field.name).chain(others.iter().copied()).collect();
                return Err(self.unknown_key(entry, &known));
            }
        }
        Ok(record)
    }

    /// The value of an entry, of a domain.
    pub(super) fn value(&self, entry: &Entry<'a>, domain: &crate::Domain) -> Read<u64> {
        value::read(self.source, entry.value, domain, &|| self.place_of(entry.key))
    }

    /// What messages call a key of this section.
    pub(super) fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() { format!("key \"{key}\"") } else { format!("{}, key \"{key}\"", self.place) }
    }

    /// An error at the value of an entry.
    pub(super) fn error(
        &self,
        kind: TextErrorKind,
        entry: &Entry<'a>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Box<TextError> {
        self.source.error(kind, &entry.value.span(), &self.place_of(entry.key), problem, cure)
    }

    /// An error at a key.
    pub(super) fn key_error(
        &self,
        kind: TextErrorKind,
        entry: &Entry<'a>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Box<TextError> {
        self.source.error(kind, &entry.key_span, &self.place, problem, cure)
    }

    pub(super) fn unknown_key(&self, entry: &Entry<'a>, known: &[&str]) -> Box<TextError> {
        let problem = format!("unknown key \"{}\"", entry.key);
        self.key_error(TextErrorKind::UnknownKey, entry, problem, names::cure(entry.key, known))
    }

    /// Refuses an index of something that is not in the file. `count` things exist; index 0 is fine where `none_is_fine`.
    pub(super) fn check_index(&self, key: &str, index: u8, count: usize, what: &str, none_is_fine: bool) -> Read<()> {
        if usize::from(index) < count || (index == 0 && none_is_fine) {
            return Ok(());
        }
        let (span, place) = match self.get(key) {
            Some(entry) => (entry.value.span(), self.place_of(key)),
            None => (self.span.clone(), self.place.clone()),
        };
        let cure = match count {
            0 if none_is_fine => format!("write {key} = 0, or add a [[{what}]] section"),
            0 => format!("add a [[{what}]] section"),
            1 => format!("write {key} = 0, or add a [[{what}]] section"),
            _ => format!("write a number from 0 to {}, or add a [[{what}]] section", count - 1),
        };
        let name = what.rsplit('.').next().unwrap_or(what);
        let problem = format!("there is no {name} {index}");
        Err(self.source.error(TextErrorKind::NoSuchIndex, &span, &place, problem, cure))
    }
}
