//! The setups, and which rule guards what.

use super::database::Model;
use super::invariants::Broken;
use super::setup::{Mutation, Setup, Sink};
use super::state::Budget;
use super::walk::walk;

const TWO: Setup = Setup {
    name: "two messages",
    queue: &[0, 1],
    conversation: [0; 3],
    sink: Sink::Resend,
    budget: budget(2, 0, 0),
    poison: false,
    notice: false,
};
const CALM: Setup =
    Setup { name: "nothing goes wrong", queue: &[0, 1, 0], budget: budget(0, 2, 0), ..TWO };
const TWICE: Setup = Setup { name: "one of them delivered twice", queue: &[0, 1, 0], ..TWO };
const REVERSED: Setup = Setup {
    name: "the later one delivered first, and once more",
    queue: &[1, 0, 1],
    budget: budget(1, 0, 0),
    ..TWO
};
const ONE: Setup =
    Setup { name: "one message, three faults", queue: &[0], budget: budget(3, 0, 0), ..TWO };
const REFUSED: Setup =
    Setup { name: "the platform refuses a reply", budget: budget(1, 1, 0), ..TWO };
const HOLD: Setup = Setup { name: "unknown replies are held", sink: Sink::Hold, ..TWO };
const KEYED: Setup = Setup { name: "the platform takes a key once", sink: Sink::Keyed, ..TWO };
const REPLAY: Setup = Setup {
    name: "a reply refused for good, and replayed by hand",
    budget: budget(1, 1, 1),
    ..TWO
};
const POISON: Setup = Setup {
    name: "a message that panics, and is replayed by hand",
    budget: budget(1, 0, 1),
    poison: true,
    ..TWO
};
const APART: Setup =
    Setup { name: "two conversations", conversation: [0, 1, 0], budget: budget(1, 1, 0), ..TWO };
const NOTICE: Setup = Setup {
    name: "a question passed on into another conversation",
    conversation: [0, 1, 1],
    budget: budget(1, 0, 0),
    notice: true,
    ..TWO
};

const fn budget(faults: u8, refusals: u8, replays: u8) -> Budget {
    Budget { faults, refusals, replays }
}

/// In the second column: whether the platform can take a reply twice. Where it can, the invariant
/// `Doubled` says that a crash or freeze hit while it was in flight.
#[test]
fn the_protocol_holds_and_ends_well() {
    for (setup, twice) in [
        (CALM, false),
        (TWO, true),
        (TWICE, true),
        (REVERSED, true),
        (ONE, true),
        (REFUSED, true),
        (HOLD, false),
        (KEYED, false),
        (REPLAY, true),
        (POISON, true),
        (APART, true),
        (NOTICE, true),
    ] {
        let walked = walk(&Model { setup, mutation: None });
        if let Some((broken, trace)) = walked.broken {
            panic!("{}: {broken:?} after\n{trace}", setup.name);
        }
        assert_eq!(walked.twice > 0, twice, "{}: {} states", setup.name, walked.states);
    }
}

/// Leaves out one rule at a time. What breaks first is what the rule is there for; a model that
/// cannot fail would prove nothing.
#[test]
fn every_rule_is_needed() {
    for (mutation, setup, expected) in [
        (Mutation::AckBeforeCommit, TWO, Broken::Lost),
        (Mutation::NewConversationIsLookedUpOnce, TWO, Broken::Lost),
        (Mutation::NewConversationIsLookedUpOnce, NOTICE, Broken::Lost),
        (Mutation::NoDedupe, CALM, Broken::DecidedTwice),
        (Mutation::InsertLeavesWake, CALM, Broken::Invisible),
        (Mutation::NoticeLeavesWake, NOTICE, Broken::Invisible),
        (Mutation::ReplayLeavesWake, POISON, Broken::Invisible),
        (Mutation::ReplayLeavesWake, REPLAY, Broken::Invisible),
        (Mutation::ClaimMovesWake, CALM, Broken::Invisible),
        (Mutation::ReleaseComputesBeforeLock, CALM, Broken::Invisible),
        (Mutation::LateRecordLeavesWake, REFUSED, Broken::Invisible),
        (Mutation::ExpiredLeaseIsNotTaken, ONE, Broken::Stuck),
        (Mutation::AnyMessageThatIsDue, TWO, Broken::OutOfOrder),
        (Mutation::AnyReplyThatIsDue, REFUSED, Broken::OutOfOrder),
        (Mutation::NoFenceOnDecisions, ONE, Broken::DecidedTwice),
        (Mutation::DecisionIsRetried, ONE, Broken::DecidedTwice),
        (Mutation::MemoryAfterUnknownCommit, TWO, Broken::EffectLost),
        (Mutation::RecordNeedsFence, ONE, Broken::SentUndone),
        (Mutation::MarkWithoutLooking, TWO, Broken::SentUndone),
        (Mutation::SendingAfterRequest, HOLD, Broken::Doubled),
        (Mutation::KeyOfTheAttempt, KEYED, Broken::Doubled),
        (Mutation::FailedRecordIsDropped, ONE, Broken::Doubled),
        (Mutation::RetakenLeaseHasNoOwner, TWO, Broken::Doubled),
    ] {
        let walked = walk(&Model { setup, mutation: Some(mutation) });
        let Some((broken, trace)) = walked.broken else {
            panic!("{mutation:?} went unnoticed in {} states", walked.states);
        };
        assert_eq!(broken, expected, "{mutation:?}: {trace}");
    }
}
