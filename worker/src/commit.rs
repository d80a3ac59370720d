use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use lumi_store::pipeline::{Advanced, Unit};
use lumi_store::{Db, StoreError};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::task::TaskTracker;

/// Most conversations that one transaction writes.
const BATCH: usize = 128;

/// Transactions that may run at once. One more than one lets a batch gather while another commits.
const WRITERS: usize = 2;

/// Group commit: units of work from many conversations share a transaction, so that the cost of a
/// commit is paid once a batch. A unit that the database refuses is tried alone, so that it fails
/// alone. The tasks that write are never cancelled, and no future of the database is.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Pending>,
}

type Answer = Result<Advanced, Arc<StoreError>>;

#[derive(Debug)]
struct Pending {
    unit: Unit,
    answer: oneshot::Sender<Answer>,
}

/// Why a unit was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    /// The database refused or is away.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// The writers are gone: the process is going down.
    #[error("the process is stopping")]
    Stopping,
}

impl CommitError {
    /// See [`StoreError::is_data`].
    pub(crate) fn is_data(&self) -> bool {
        matches!(self, Self::Store(e) if e.is_data())
    }

    /// See [`StoreError::constraint`].
    pub(crate) fn constraint(&self) -> Option<&str> {
        match self {
            Self::Store(e) => e.constraint(),
            Self::Stopping => None,
        }
    }
}

impl Committer {
    /// Starts the writers. They end when every clone of the committer is gone.
    pub(crate) fn start(db: &Db, tasks: &TaskTracker) -> Self {
        let (queue, receiver) = mpsc::channel(4 * BATCH);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..WRITERS {
            tasks.spawn(write(db.clone(), Arc::clone(&receiver)));
        }
        Self { queue }
    }

    /// Writes a unit and says what is next in its conversation.
    ///
    /// # Errors
    /// The database is away, or refuses this very unit.
    pub(crate) async fn commit(&self, unit: Unit) -> Result<Advanced, CommitError> {
        let (answer, written) = oneshot::channel();
        self.queue.send(Pending { unit, answer }).await.map_err(|_| CommitError::Stopping)?;
        Ok(written.await.map_err(|_| CommitError::Stopping)??)
    }
}

async fn write(db: Db, queue: Arc<Mutex<mpsc::Receiver<Pending>>>) {
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let (alone, together): (Vec<Pending>, Vec<Pending>) =
            batch.into_iter().partition(|p| may_be_refused(&p.unit));
        write_batch(&db, together).await;
        for pending in alone {
            write_batch(&db, vec![pending]).await;
        }
    }
}

/// A block may overlap another one, a link may be used up: those go alone from the start.
fn may_be_refused(unit: &Unit) -> bool {
    unit.decision.as_ref().is_some_and(|d| d.vacation.is_some() || d.owner_link.is_some())
}

async fn write_batch(db: &Db, batch: Vec<Pending>) {
    let mut todo = VecDeque::from([batch]);
    while let Some(batch) = todo.pop_front() {
        if batch.is_empty() {
            continue;
        }
        let (units, answers): (Vec<Unit>, Vec<_>) =
            batch.into_iter().map(|p| (p.unit, p.answer)).unzip();
        // A writer must outlive whatever one unit makes of it.
        let written = AssertUnwindSafe(db.advance(&units)).catch_unwind().await;
        match written.unwrap_or_else(|_panic| Err(panicked())) {
            Ok(done) => {
                for (answer, advanced) in answers.into_iter().zip(done) {
                    reply(answer, Ok(advanced));
                }
            }
            Err(e) if e.is_data() && units.len() > 1 => {
                let single = units.into_iter().zip(answers);
                todo.extend(single.map(|(unit, answer)| vec![Pending { unit, answer }]));
            }
            Err(e) => {
                let e = Arc::new(e);
                for answer in answers {
                    reply(answer, Err(Arc::clone(&e)));
                }
            }
        }
    }
}

fn panicked() -> StoreError {
    StoreError::Row { row: "a unit of work".into(), problem: "writing it panicked".into() }
}

fn reply(to: oneshot::Sender<Answer>, answer: Answer) {
    // A task that panicked no longer waits; its lease runs out.
    drop(to.send(answer));
}
