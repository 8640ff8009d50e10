//! Intel's AMX: eight registers of 16 rows of 64 bytes, and one instruction that multiplies two of
//! them. The compiler's own names for them are not stable yet, so that they stand here in assembly.

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count};
use std::marker::PhantomData;
use std::sync::OnceLock;

use super::packed::{Line, SIDE, TILE};
use super::product::Block;

/// Lines that are brought nearer to the core in a step, beside those that are multiplied.
const AHEAD: usize = 4;

/// Whether the processor has the registers, and the system lets this process use them.
pub(super) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| has_instructions() && is_permitted())
}

fn has_instructions() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & (BF16 | TILES) == BF16 | TILES
}

/// Asks Linux once for all threads: they keep 8 KiB more from then on.
#[allow(unsafe_code)]
fn is_permitted() -> bool {
    const ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XFEATURE_XTILEDATA: usize = 18;
    let result: isize;
    // SAFETY: the call reads and writes no memory of ours. A system that does not know it gives an
    // error. The kernel overwrites rcx and r11, which are named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack)
        );
    }
    result == 0
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row of each tile.
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

/// This thread's tiles, configured until this is dropped. They belong to the thread.
pub(super) struct Tiles(PhantomData<*const ()>);

impl Tiles {
    #[allow(unsafe_code)]
    pub(super) fn new() -> Option<Self> {
        if !is_available() {
            return None;
        }
        let mut c = Configuration {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        c.row_bytes[..8].fill(64);
        c.rows[..8].fill(16);
        // SAFETY: the instruction exists and is permitted, as just asked; it reads the 64 bytes of
        // `c`, a valid configuration, and changes nothing but the state of the tiles.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &raw const c, options(nostack, readonly, preserves_flags));
        }
        Some(Self(PhantomData))
    }

    /// `c = a b`: 32 rows in two tiles for each step along the inner dimension, times a panel.
    /// Meanwhile `ahead` comes nearer to the core.
    #[allow(unsafe_code)]
    pub(super) fn multiply(
        &mut self,
        c: &mut Block,
        [upper, lower]: [&[Line]; 2],
        panel: &[Line],
        ahead: &[Line],
    ) {
        let steps = panel.len() / (2 * TILE);
        assert!(steps > 0 && panel.len() == steps * 2 * TILE, "lines of a panel");
        assert!(upper.len() == steps * TILE && lower.len() == steps * TILE, "lines of 32 rows");
        let ahead = beyond(ahead, AHEAD * steps);
        // SAFETY: the tiles are configured on this thread as 16 rows of 64 bytes as long as `self`
        // lives. Per step a tile of 1024 bytes is read from `upper` and from `lower`, and two from
        // `panel`, whose lengths were asserted; `c` has 32 rows of 128 bytes, 16 of which lie 2048
        // bytes further. Addresses that are fetched ahead need not exist. All registers that
        // change are named, the tiles among them.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "2:",
                "tileloadd tmm6, [{panel} + {line}]",
                "tileloadd tmm4, [{upper} + {line}]",
                "tileloadd tmm7, [{panel} + {line} + 1024]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm5, [{lower} + {line}]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "prefetcht1 [{ahead}]",
                "prefetcht1 [{ahead} + 64]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "prefetcht1 [{ahead} + 128]",
                "prefetcht1 [{ahead} + 192]",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {ahead}, 256",
                "add {upper}, 1024",
                "add {lower}, 1024",
                "add {panel}, 2048",
                "dec {steps}",
                "jnz 2b",
                "tilestored [{c} + {row}], tmm0",
                "tilestored [{c} + {row} + 64], tmm1",
                "tilestored [{c} + {row} + 2048], tmm2",
                "tilestored [{c} + {row} + 2112], tmm3",
                upper = inout(reg) upper.as_ptr() => _,
                lower = inout(reg) lower.as_ptr() => _,
                panel = inout(reg) panel.as_ptr() => _,
                ahead = inout(reg) ahead => _,
                steps = inout(reg) steps => _,
                line = in(reg) size_of::<Line>(),
                row = in(reg) SIDE * size_of::<f32>(),
                c = in(reg) c.0.as_mut_ptr(),
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack)
            );
        }
    }
}

/// Fetches what a loop that fetches `later` lines would leave; returns where it may go on.
#[allow(unsafe_code)]
fn beyond(ahead: &[Line], later: usize) -> *const Line {
    let (now, rest) = ahead.split_at(ahead.len().saturating_sub(later));
    for line in now {
        // SAFETY: fetching changes no value, flag or register.
        unsafe {
            asm!("prefetcht1 [{}]", in(reg) line, options(nostack, readonly, preserves_flags));
        }
    }
    rest.as_ptr()
}

impl Drop for Tiles {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the tiles are configured, so that the instruction exists; nothing else of this
        // thread has anything in them.
        unsafe {
            asm!(
                "tilerelease",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, nomem, preserves_flags)
            );
        }
    }
}
