//! The kernel's timer wheel: the longer a timer, the coarser the bucket that it waits in.
//!
//! A wheel has levels of 64 buckets, each level eight times as coarse as the one below. A timer goes to the finest level that
//! reaches as far, and runs out at the end of its bucket: never early, late by an eighth of its time at most. Ticks last 10 ms, as
//! on s390x and User-Mode Linux. Two timers of about a minute run out together more often than not.

/// A tick, in µs.
const TICK_US: u64 = 10_000;
/// Ticks that the first level reaches.
const FIRST_LEVEL: u64 = 63;
/// Bits by which a level is coarser than the one below.
const LEVEL_SHIFT: u32 = 3;
/// The last level.
const LEVELS: u32 = 9;
/// The tick counter when a scenario starts, below its wrap-around five minutes after boot: a kernel counts from there, and is up one
/// tick when the first step begins.
const TICKS_AT_START: u64 = (1 << 32) - 30_000 + 1;

/// When a delayed work of so many ms that is queued at `now_us` runs out, in µs.
pub(crate) fn expiry_us(now_us: u64, ms: u64) -> u64 {
    let now = TICKS_AT_START + now_us / TICK_US;
    let delta = (ms * 1000).div_ceil(TICK_US);
    let level = (0..LEVELS).find(|level| delta < FIRST_LEVEL << (level * LEVEL_SHIFT)).unwrap_or(LEVELS - 1);
    let shift = level * LEVEL_SHIFT;
    // What lies in a bucket waits for its end; a bucket of the first level is one tick.
    let bucket = (((now + delta) >> shift) + 1) << shift;
    now_us.max((bucket - TICKS_AT_START) * TICK_US)
}

/// So many ms in whole ticks, in ms: a duration is rounded up, a moment down to the tick that runs.
pub(crate) fn whole_ticks_ms(ms: u64, round_up: bool) -> u64 {
    let tick = TICK_US / 1000;
    if round_up { ms.next_multiple_of(tick) } else { ms / tick * tick }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_timers_last_whole_ticks_and_long_ones_meet() {
        // A tick means the next whole one.
        assert_eq!((expiry_us(0, 10), expiry_us(9_999, 10), expiry_us(10_000, 10)), (20_000, 20_000, 30_000));
        // As the real driver's loss timers and scans of the first seconds, all of which ran out together.
        for (now_us, ms) in [(0, 60_000), (30_000, 60_000), (500_000, 60_000)] {
            assert_eq!(expiry_us(now_us, ms), 64_470_000);
        }
        assert!(expiry_us(0, 30_000) >= 30_000_000 && expiry_us(0, 30_000) < 31_000_000);
    }

    #[test]
    fn nothing_is_early_or_later_than_an_eighth() {
        for ms in [1, 100, 629, 630, 5039, 5040, 60_000, 1_000_000] {
            for now_us in [0, 9_999, 123_456_789] {
                let late = expiry_us(now_us, ms) + TICK_US - (now_us + ms * 1000);
                assert!(late <= ms * 1000 / 8 + 5 * TICK_US, "{ms} ms at {now_us}: {late}");
            }
        }
    }
}
