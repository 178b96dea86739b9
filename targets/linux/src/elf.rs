//! What the kernel's own binary says: its loader, and the instruction at a place in a function.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use iced_x86::{Decoder, DecoderOptions, InstructionInfoFactory, OpAccess};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use regdiff_observation::Access;

use crate::error::Error;

/// Longest instruction of x86-64, in bytes.
const LONGEST: u64 = 15;

/// The dynamic loader of a binary; `None` for one that is linked statically, and for scripts.
pub(crate) fn interpreter(binary: &Path) -> Result<Option<PathBuf>, Error> {
    let data = fs::read(binary).map_err(Error::io("the kernel's binary"))?;
    let Ok(file) = object::File::parse(&*data) else { return Ok(None) };
    let Some(section) = file.section_by_name(".interp") else { return Ok(None) };
    let unusable = |why: String| Error::Unusable { file: binary.to_owned(), why };
    let path = section.data().map_err(|error| unusable(error.to_string()))?;
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(Some(PathBuf::from(OsStr::from_bytes(path))))
}

/// Whether the instruction at `offset` in a function of a binary or module loads or stores; `None` if it cannot be told.
///
/// The kernel's panic says the address but not the direction.
pub(crate) fn access(binary: &Path, function: &str, offset: u64) -> Option<Access> {
    let data = fs::read(binary).ok()?;
    let file = object::File::parse(&*data).ok()?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(function))?;
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    // In a module a symbol's address is an offset in its section, and the section's address is 0.
    let at = symbol.address().checked_sub(section.address())?.checked_add(offset)?;
    let code = section.data().ok()?;
    let start = usize::try_from(at).ok().filter(|start| *start < code.len())?;
    let end = code.len().min(start + LONGEST as usize);
    direction(&code[start..end])
}

/// The function before another in the code of a binary or module.
///
/// A call that never returns can be the last instruction of a function; its return address is then where the next one begins.
pub(crate) fn function_before(binary: &Path, function: &str) -> Option<String> {
    let data = fs::read(binary).ok()?;
    let file = object::File::parse(&*data).ok()?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(function))?;
    let before = |other: &object::Symbol<'_, '_>| {
        other.kind() == SymbolKind::Text
            && other.section_index() == symbol.section_index()
            && other.address() < symbol.address()
    };
    let last = file.symbols().filter(before).max_by_key(ObjectSymbol::address)?;
    Some(last.name().ok()?.to_owned())
}

/// What the first instruction does to memory.
fn direction(code: &[u8]) -> Option<Access> {
    let instruction = Decoder::new(64, code, DecoderOptions::NONE).into_iter().next()?;
    if instruction.is_invalid() {
        return None;
    }
    let mut factory = InstructionInfoFactory::new();
    let used = factory.info(&instruction).used_memory();
    let writes = |access| {
        matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
    };
    // A string move reads one place and writes another; a fault is then likelier in what it writes to.
    let write = used.iter().any(|memory| writes(memory.access()));
    let read = used.iter().any(|memory| !writes(memory.access()) && memory.access() != OpAccess::NoMemAccess);
    match (write, read) {
        (true, _) => Some(Access::Write),
        (false, true) => Some(Access::Read),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_tell_their_direction() {
        assert_eq!(direction(&[0x48, 0x8b, 0x07]), Some(Access::Read), "mov rax, [rdi]");
        assert_eq!(direction(&[0x48, 0x89, 0x07]), Some(Access::Write), "mov [rdi], rax");
        assert_eq!(direction(&[0xf3, 0x48, 0xab]), Some(Access::Write), "rep stosq");
        assert_eq!(direction(&[0x48, 0x31, 0xc0]), None, "xor rax, rax");
        assert_eq!(direction(&[]), None);
    }
}
