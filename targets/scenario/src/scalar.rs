//! How one field of the language looks to every form it takes.
//!
//! A record of the language (a device, a step, …) is a list of scalar fields. Each field is described once, by a
//! [`Field`]: its name in the text form, its width in the byte form, its [`Domain`] and its default. The text form, the
//! byte form, the generator, the repair step, the proptest strategies and the minimiser are loops over these lists, so that
//! a new parameter is one line in one place.

/// One named value of an enumeration, or one named bit of a flag set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The raw value: the tag in the byte form, or the bit.
    pub value: u64,
    /// The name in the text form.
    pub text: &'static str,
    /// What it stands for, first line of its documentation.
    pub doc: &'static str,
}

/// Which raw values a field can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// `true` or `false`.
    Flag,
    /// Every whole number from `min` to `max`, both included.
    Range {
        /// The smallest value.
        min: u64,
        /// The largest value.
        max: u64,
        /// Whether people read it as hexadecimal.
        hex: bool,
    },
    /// An index from 0 to `max`, or any: the raw value is the index plus one, and 0 for any.
    Optional {
        /// The largest index.
        max: u64,
    },
    /// One of the named values.
    Names(&'static [Name]),
    /// Any set of the named bits.
    Flags(&'static [Name]),
}

impl Domain {
    /// Whether `raw` belongs to the domain.
    pub fn contains(&self, raw: u64) -> bool {
        match self {
            Domain::Flag => raw <= 1,
            Domain::Range { min, max, .. } => (*min..=*max).contains(&raw),
            Domain::Optional { max } => raw <= *max + 1,
            Domain::Names(names) => names.iter().any(|n| n.value == raw),
            Domain::Flags(names) => raw & !names.iter().fold(0, |m, n| m | n.value) == 0,
        }
    }

    /// The nearest valid value: ranges saturate, unknown bits go away, an unknown name becomes `default`.
    pub fn clamp(&self, raw: u64, default: u64) -> u64 {
        match self {
            Domain::Flag => raw & 1,
            Domain::Range { min, max, .. } => raw.clamp(*min, *max),
            Domain::Optional { max } => raw.min(*max + 1),
            Domain::Names(_) if self.contains(raw) => raw,
            Domain::Names(_) => default,
            Domain::Flags(names) => raw & names.iter().fold(0, |m, n| m | n.value),
        }
    }
}

/// A value that travels as a 64-bit number.
pub trait Scalar: Copy + PartialEq {
    /// The values it can hold unless the field narrows them.
    const DOMAIN: Domain;
    /// Its width in the byte form, in bytes.
    const WIDTH: u8;
    /// The number.
    fn to_raw(self) -> u64;
    /// The value of a number of its domain; numbers outside it are cut down to the type's width.
    fn from_raw(raw: u64) -> Self;
}

impl Scalar for bool {
    const DOMAIN: Domain = Domain::Flag;
    const WIDTH: u8 = 1;
    fn to_raw(self) -> u64 {
        u64::from(self)
    }
    fn from_raw(raw: u64) -> Self {
        raw & 1 == 1
    }
}

/// An index, or any.
#[cfg_attr(feature = "plain", derive(arbitrary::Arbitrary))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Selector(pub Option<u8>);

impl Selector {
    /// Whether `index` is selected.
    pub fn selects(self, index: usize) -> bool {
        self.0.is_none_or(|i| usize::from(i) == index)
    }
}

impl Scalar for Selector {
    const DOMAIN: Domain = Domain::Optional { max: 63 };
    const WIDTH: u8 = 1;
    fn to_raw(self) -> u64 {
        self.0.map_or(0, |i| u64::from(i) + 1)
    }
    fn from_raw(raw: u64) -> Self {
        Self((raw as u8).checked_sub(1))
    }
}

macro_rules! number {
    ($($ty:ty, $width:literal);*) => {$(
        impl Scalar for $ty {
            const DOMAIN: Domain = Domain::Range { min: 0, max: <$ty>::MAX as u64, hex: false };
            const WIDTH: u8 = $width;
            fn to_raw(self) -> u64 {
                u64::from(self)
            }
            fn from_raw(raw: u64) -> Self {
                raw as $ty
            }
        }
    )*};
}
number!(u8, 1; u16, 2; u32, 4; u64, 8);

/// One field of the record `R`.
pub struct Field<R: 'static> {
    /// The name in the text form.
    pub name: &'static str,
    /// Width in the byte form, in bytes.
    pub width: u8,
    /// The values it can hold.
    pub domain: Domain,
    /// The value of a record that does not mention it.
    pub default: fn() -> u64,
    /// Reads it.
    pub get: fn(&R) -> u64,
    /// Writes it; the value must be of the domain.
    pub set: fn(&mut R, u64),
    /// What it means.
    pub doc: &'static str,
}

/// A part of the language that is a fixed list of scalar fields.
pub trait Record: Default + 'static {
    /// Its fields, in the order of both stored forms.
    const FIELDS: &'static [Field<Self>];
}

/// Declares an enumeration with a fixed tag and a name for each value.
///
/// Tags are part of the byte form: never renumber one, never reuse one.
macro_rules! names {
    ($(#[$meta:meta])* pub enum $ty:ident default $default:ident {
        $($(#[doc = $doc:literal])+ $variant:ident = $tag:literal $text:literal,)+
    }) => {
        $(#[$meta])*
        #[cfg_attr(feature = "plain", derive(arbitrary::Arbitrary))]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $ty {
            $($(#[doc = $doc])+ $variant = $tag,)+
        }

        impl $ty {
            /// Every value, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Tags and names.
            pub const NAMES: &'static [$crate::scalar::Name] =
                &[$($crate::scalar::Name { value: $tag, text: $text, doc: concat!($($doc),+) },)+];

            /// The name in the text form.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl Default for $ty {
            fn default() -> Self {
                Self::$default
            }
        }

        impl $crate::scalar::Scalar for $ty {
            const DOMAIN: $crate::scalar::Domain = $crate::scalar::Domain::Names(Self::NAMES);
            const WIDTH: u8 = 1;
            fn to_raw(self) -> u64 {
                self as u8 as u64
            }
            fn from_raw(raw: u64) -> Self {
                match raw { $($tag => Self::$variant,)+ _ => Self::$default }
            }
        }
    };
}
pub(crate) use names;

/// Declares a set of named bits.
macro_rules! flags {
    ($(#[$meta:meta])* pub struct $ty:ident: $repr:ty, width $width:literal {
        $($(#[doc = $doc:literal])+ $flag:ident = $bit:literal $text:literal,)+
    }) => {
        $(#[$meta])*
        #[cfg_attr(feature = "plain", derive(arbitrary::Arbitrary))]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
        pub struct $ty(pub $repr);

        impl $ty {
            $($(#[doc = $doc])+ pub const $flag: Self = Self($bit);)+
            /// Bits and names.
            pub const NAMES: &'static [$crate::scalar::Name] =
                &[$($crate::scalar::Name { value: $bit, text: $text, doc: concat!($($doc),+) },)+];

            /// Whether all bits of `other` are set.
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Both sets together.
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl $crate::scalar::Scalar for $ty {
            const DOMAIN: $crate::scalar::Domain = $crate::scalar::Domain::Flags(Self::NAMES);
            const WIDTH: u8 = $width;
            fn to_raw(self) -> u64 {
                self.0 as u64
            }
            fn from_raw(raw: u64) -> Self {
                Self(raw as $repr)
            }
        }
    };
}
pub(crate) use flags;

/// Declares a record: scalar fields first (`name: type = default, domain;`), then parts that are not scalar (`+ name: type`).
macro_rules! record {
    ($(#[$meta:meta])* pub struct $ty:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $fty:ty = $default:expr $(, $kind:ident $range:expr)?;)+
        $(+ $(#[doc = $partdoc:literal])+ $part:ident: $pty:ty;)*
    }) => {
        $(#[$meta])*
        #[cfg_attr(feature = "plain", derive(arbitrary::Arbitrary))]
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub struct $ty {
            $($(#[doc = $doc])+ pub $field: $fty,)+
            $($(#[doc = $partdoc])+ pub $part: $pty,)*
        }

        impl Default for $ty {
            fn default() -> Self {
                Self { $($field: $default,)+ $($part: Default::default(),)* }
            }
        }

        impl $crate::scalar::Record for $ty {
            const FIELDS: &'static [$crate::scalar::Field<Self>] = &[$($crate::scalar::Field {
                name: stringify!($field),
                width: <$fty as $crate::scalar::Scalar>::WIDTH,
                domain: $crate::scalar::record!(@domain $fty $(, $kind $range)?),
                default: || <$fty as $crate::scalar::Scalar>::to_raw($default),
                get: |r| $crate::scalar::Scalar::to_raw(r.$field),
                set: |r, raw| r.$field = $crate::scalar::Scalar::from_raw(raw),
                doc: concat!($($doc),+),
            },)+];
        }
    };
    (@domain $fty:ty) => { <$fty as $crate::scalar::Scalar>::DOMAIN };
    (@domain $fty:ty, within $range:expr) => {
        $crate::scalar::Domain::Range { min: *$range.start() as u64, max: *$range.end() as u64, hex: false }
    };
    (@domain $fty:ty, hex $range:expr) => {
        $crate::scalar::Domain::Range { min: *$range.start() as u64, max: *$range.end() as u64, hex: true }
    };
}
pub(crate) use record;
