use std::fmt;

/// How many partitions there are. Fixed for a version of the topology: another number would spread a
/// conversation over two queues while its older messages still wait in the first.
pub const PARTITIONS: u8 = 32;

/// One of the [`PARTITIONS`] queues a message can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(u8);

/// The partition of a conversation: FNV-1a over the hint's bytes (64 bits, offset basis
/// `cbf29ce484222325`, prime `100000001b3`), its halves folded together, modulo [`PARTITIONS`].
///
/// Stable for ever: two versions of the ingress that disagree would put one conversation into two
/// queues. FNV-1a is what every language has in five lines, and the fold makes up for its weak low bits.
pub fn partition(hint: &str) -> Partition {
    let hash = hint.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) % u64::from(PARTITIONS);
    Partition(u8::try_from(folded).unwrap_or_default())
}

impl Partition {
    /// The partition with this number; `None` from [`PARTITIONS`] on.
    pub const fn new(number: u8) -> Option<Self> {
        if number < PARTITIONS { Some(Self(number)) } else { None }
    }

    /// Its number, below [`PARTITIONS`].
    pub const fn number(self) -> u8 {
        self.0
    }

    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PARTITIONS).map(Self)
    }
}

/// Two digits, as in queue names and routing keys.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_keeps_its_partition_for_ever() {
        let pinned = [("", 1), ("a", 0), ("33123456789", 27), ("wa", 18), ("Отпуск", 12)];
        for (hint, number) in pinned {
            assert_eq!(partition(hint).number(), number, "{hint:?}");
        }
    }

    #[test]
    fn phone_numbers_spread_evenly() {
        let mut counts = [0_u32; PARTITIONS as usize];
        for n in 0..32_000 {
            counts[usize::from(partition(&format!("3361234{n:05}")).number())] += 1;
        }
        let (low, high) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(*low > 850 && *high < 1150, "1000 each would be even: {counts:?}");
    }

    #[test]
    fn numbers_end_where_the_queues_end() {
        assert_eq!(Partition::new(31).map(|p| p.to_string()).as_deref(), Some("31"));
        assert_eq!(Partition::new(32), None);
        assert_eq!(Partition::all().count(), 32);
    }
}
