use crate::delivery::Source;
use crate::partition::PARTITIONS;

/// How many messages wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// By partition number.
    pub partitions: Vec<u64>,
    /// In the catch-all.
    pub unrouted: u64,
    /// Given up, and not yet moved to the dead letters.
    pub dead: u64,
    /// On the ladder.
    pub delayed: u64,
    /// Queues that do not exist.
    pub missing: Vec<String>,
}

impl Default for Depth {
    fn default() -> Self {
        let partitions = vec![0; usize::from(PARTITIONS)];
        Self { partitions, unrouted: 0, dead: 0, delayed: 0, missing: Vec::new() }
    }
}

impl Depth {
    /// What waits in the work queues together.
    pub fn work(&self) -> u64 {
        self.partitions.iter().sum()
    }

    /// What waits anywhere.
    pub fn total(&self) -> u64 {
        self.work() + self.unrouted + self.dead + self.delayed
    }

    /// Counts messages of a source; `None` is the ladder.
    pub(crate) fn add(&mut self, source: Option<Source>, messages: u64) {
        let place = match source {
            Some(Source::Partition(p)) => self.partitions.get_mut(usize::from(p.number())),
            Some(Source::Unrouted) => Some(&mut self.unrouted),
            Some(Source::Dead) => Some(&mut self.dead),
            None => Some(&mut self.delayed),
        };
        if let Some(place) = place {
            *place += messages;
        }
    }
}
