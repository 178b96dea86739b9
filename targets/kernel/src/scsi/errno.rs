//! Error numbers.

/// An error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub i32);

#[expect(missing_docs, reason = "their names say it")]
impl Errno {
    pub const EIO: Self = Self(5);
    pub const ENXIO: Self = Self(6);
    pub const EAGAIN: Self = Self(11);
    pub const ENOMEM: Self = Self(12);
    pub const EACCES: Self = Self(13);
    pub const EBUSY: Self = Self(16);
    pub const EEXIST: Self = Self(17);
    pub const ENODEV: Self = Self(19);
    pub const EINVAL: Self = Self(22);
    pub const ENOENT: Self = Self(2);
    pub const ENOLINK: Self = Self(67);
    pub const E2BIG: Self = Self(7);
    pub const EREMOTEIO: Self = Self(121);
    pub const EOPNOTSUPP: Self = Self(95);

    /// As a system call returns it.
    pub fn code(self) -> i64 {
        -i64::from(self.0)
    }
}
