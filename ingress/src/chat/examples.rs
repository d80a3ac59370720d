use std::sync::Arc;
use std::time::{Duration, Instant};

use dashmap::DashMap;
use lumi_store::Db;
use tokio_util::task::TaskTracker;

/// As many as the page shows.
const MOST: i64 = 4;
/// The page does not wait longer for them.
const PATIENCE: Duration = Duration::from_millis(300);
/// NOTIFY tells sooner; this bounds what happens when it is missed.
const TTL: Duration = Duration::from_secs(60);

/// Questions that a tenant's page offers.
#[derive(Debug, Default)]
pub(crate) struct Examples(DashMap<String, (Instant, Arc<[String]>)>);

impl Examples {
    /// The first questions of the tenant; none when the database does not answer soon.
    pub(super) async fn of(
        self: &Arc<Self>,
        tenant: &str,
        db: &Db,
        tasks: &TaskTracker,
    ) -> Arc<[String]> {
        if let Some(known) = self.0.get(tenant)
            && known.0.elapsed() < TTL
        {
            return Arc::clone(&known.1);
        }
        let (this, db, tenant) = (Arc::clone(self), db.clone(), tenant.to_owned());
        let asked = tasks.spawn(async move {
            let questions: Arc<[String]> = match db.first_questions(&tenant, MOST).await {
                Ok(questions) => questions.into(),
                Err(error) => {
                    tracing::debug!(%error, "Example questions cannot be read");
                    return Arc::default();
                }
            };
            this.0.insert(tenant, (Instant::now(), Arc::clone(&questions)));
            questions
        });
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(questions)) => questions,
            Ok(Err(_)) | Err(_) => Arc::default(),
        }
    }

    pub(crate) fn remove(&self, tenant: &str) {
        self.0.remove(tenant);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}
