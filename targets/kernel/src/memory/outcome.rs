//! What the operations on a protection header come to, apart from violations and faults.

/// Where a header's list pointer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// It is null.
    Null,
    /// To the entry after the header. `intact` says whether that is still what mapping stored there.
    Inline {
        /// Nobody stored over page, offset and length since.
        intact: bool,
    },
    /// To a list of the scatterlist pool that this header owns.
    Pool,
    /// Elsewhere: the pointer was stored over.
    Foreign(u64),
}

/// What mapping integrity data did (midlayer.md 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// `prot_sdb` is null: one kernel warning, and the request ends with an I/O error.
    NoHeader,
    /// One segment in the list that the header pointed at (W2).
    One(List),
    /// A list from the scatterlist pool (W3).
    Pool,
}

/// What the host driver reads of the protection data (R2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The count; 0 without header.
    pub count: u32,
    /// The list.
    pub list: List,
}

/// What freeing the lists did (R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freed {
    /// There was nothing to free.
    Nothing,
    /// The header's list went back to the scatterlist pool.
    PoolList,
    /// The header still owns a list of the scatterlist pool: its counts do not say so. It leaks once it is stored over.
    LeftBehind,
}
