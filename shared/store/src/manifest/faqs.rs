use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;

use super::TenantSpec;
use super::apply::Log;
use super::change::{Diff, Verb};
use crate::StoreError;
use crate::knowledge::Faq;

/// Writes the FAQs that differ, and the index of those whose tokens differ: also when only the
/// way of making tokens changed with a new version.
pub(super) async fn write(
    tx: &mut PgConnection,
    spec: &TenantSpec,
    tokens: fn(&str) -> Vec<String>,
    log: &mut Log,
) -> Result<(), StoreError> {
    let tenant = spec.id.as_str();
    let before: HashMap<String, Faq> = sqlx::query_as!(
        Faq,
        "SELECT id, question, variants, answer, language FROM faqs WHERE tenant = $1",
        tenant
    )
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .map(|f| (f.id.clone(), f))
    .collect();
    let mut indexed = index_of(tx, tenant).await?;
    for faq in &spec.faqs {
        let old = before.get(&faq.id);
        if old != Some(faq) {
            put(tx, tenant, faq).await?;
            let verb = if old.is_some() { Verb::Updated } else { Verb::Created };
            log.add(verb, format!("faq {}", faq.id), old.map(|o| diff(o, faq)).unwrap_or_default());
        }
        let phrases = phrases(faq, tokens);
        if indexed.remove(&faq.id).unwrap_or_default() != phrases {
            index(tx, tenant, &faq.id, &phrases).await?;
            log.reindexed = true;
        }
    }
    Ok(())
}

fn diff(old: &Faq, new: &Faq) -> Diff {
    let mut diff = Diff::default();
    diff.field("question", &old.question, &new.question);
    diff.field("variants", &old.variants.join(" | "), &new.variants.join(" | "));
    diff.field("answer", &old.answer, &new.answer);
    diff.optional("language", old.language.clone(), new.language.clone());
    diff
}

async fn put(tx: &mut PgConnection, tenant: &str, faq: &Faq) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO faqs (tenant, id, question, variants, answer, language)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, id) DO UPDATE SET question = excluded.question,
            variants = excluded.variants, answer = excluded.answer, language = excluded.language,
            updated_at = now()",
        tenant,
        faq.id,
        faq.question,
        &faq.variants,
        faq.answer,
        faq.language,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// How often each term occurs, by phrase: 0 = the question, then the variants.
type Phrases = BTreeMap<i16, BTreeMap<String, i16>>;

fn phrases(faq: &Faq, tokens: fn(&str) -> Vec<String>) -> Phrases {
    let mut out = Phrases::new();
    for (idx, text) in (0_i16..).zip(std::iter::once(&faq.question).chain(&faq.variants)) {
        let terms = out.entry(idx).or_default();
        for term in tokens(text) {
            let tf: &mut i16 = terms.entry(term).or_default();
            *tf = tf.saturating_add(1);
        }
    }
    out
}

/// The index as it is, by FAQ.
async fn index_of(
    tx: &mut PgConnection,
    tenant: &str,
) -> Result<HashMap<String, Phrases>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT p.faq_id, p.idx, t.term AS "term?", t.tf AS "tf?" FROM faq_phrases p
           LEFT JOIN faq_terms t ON t.tenant = p.tenant AND t.faq_id = p.faq_id AND t.idx = p.idx
           WHERE p.tenant = $1"#,
        tenant
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut out: HashMap<String, Phrases> = HashMap::new();
    for row in rows {
        let terms = out.entry(row.faq_id).or_default().entry(row.idx).or_default();
        if let (Some(term), Some(tf)) = (row.term, row.tf) {
            terms.insert(term, tf);
        }
    }
    Ok(out)
}

async fn index(
    tx: &mut PgConnection,
    tenant: &str,
    faq: &str,
    phrases: &Phrases,
) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM faq_phrases WHERE tenant = $1 AND faq_id = $2", tenant, faq)
        .execute(&mut *tx)
        .await?;
    let idxs: Vec<i16> = phrases.keys().copied().collect();
    let lengths: Vec<i32> =
        phrases.values().map(|terms| terms.values().map(|tf| i32::from(*tf)).sum()).collect();
    sqlx::query!(
        "INSERT INTO faq_phrases (tenant, faq_id, idx, length)
         SELECT $1, $2, * FROM unnest($3::smallint[], $4::integer[])",
        tenant,
        faq,
        &idxs,
        &lengths
    )
    .execute(&mut *tx)
    .await?;
    let terms: Vec<(i16, &str, i16)> = phrases
        .iter()
        .flat_map(|(idx, terms)| terms.iter().map(|(term, tf)| (*idx, term.as_str(), *tf)))
        .collect();
    sqlx::query!(
        "INSERT INTO faq_terms (tenant, faq_id, idx, term, tf)
         SELECT $1, $2, * FROM unnest($3::smallint[], $4::text[], $5::smallint[])",
        tenant,
        faq,
        &terms.iter().map(|t| t.0).collect::<Vec<_>>(),
        &terms.iter().map(|t| t.1).collect::<Vec<_>>() as &[&str],
        &terms.iter().map(|t| t.2).collect::<Vec<_>>(),
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}
