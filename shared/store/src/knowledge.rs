use crate::{Db, StoreError};

/// A stored question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Faq {
    /// Its id within the tenant.
    pub id: String,
    /// As the business wrote it.
    pub question: String,
    /// Other ways to ask.
    pub variants: Vec<String>,
    /// Given verbatim.
    pub answer: String,
    /// Language of the answer.
    pub language: Option<String>,
}

/// A phrase to index: the tokens of a question or of one of its variants.
#[derive(Debug, Clone)]
pub struct Phrase {
    /// 0 = the question, then the variants.
    pub idx: i16,
    /// Its tokens, repeats included.
    pub tokens: Vec<String>,
}

/// A FAQ found by its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The FAQ.
    pub faq: Faq,
    /// BM25 of its best phrase (k1 = 1.2, b = 0.75).
    pub score: f64,
    /// Share of the question's idf mass that the best phrase covers, 0..1.
    pub coverage: f64,
    /// Share of the phrase's own idf mass that the question covers, 0..1.
    pub phrase_coverage: f64,
}

impl Db {
    /// All FAQs of a tenant, by id.
    ///
    /// # Errors
    /// The database is away.
    pub async fn faqs(&self, tenant: &str) -> Result<Vec<Faq>, StoreError> {
        Ok(sqlx::query_as!(
            Faq,
            "SELECT id, question, variants, answer, language FROM faqs WHERE tenant = $1 ORDER BY id",
            tenant
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// The FAQs whose phrases share tokens with the question, best first: OR semantics, BM25
    /// (Robertson and Zaragoza 2009). AND queries are a trap for questions: R@1 0-28 %.
    ///
    /// # Errors
    /// The database is away.
    pub async fn search_faqs(
        &self,
        tenant: &str,
        tokens: &[String],
        limit: i64,
    ) -> Result<Vec<Hit>, StoreError> {
        let rows = sqlx::query!(
            r#"WITH q AS (SELECT DISTINCT term FROM unnest($2::text[]) AS t(term)),
            n AS (SELECT count(*)::float8 AS docs, greatest(coalesce(avg(length), 1), 1)::float8 AS avg_len
                  FROM faq_phrases WHERE tenant = $1),
            seen AS (SELECT t.term, t.faq_id, t.idx, t.tf FROM faq_terms t JOIN q ON q.term = t.term
                     WHERE t.tenant = $1),
            df AS (SELECT q.term, ln(1 + (n.docs - count(s.term) + 0.5) / (count(s.term) + 0.5)) AS idf
                   FROM q CROSS JOIN n LEFT JOIN seen s ON s.term = q.term GROUP BY q.term, n.docs),
            phrase AS (SELECT s.faq_id, s.idx, sum(df.idf) AS covered,
                    sum(df.idf * s.tf * 2.2 / (s.tf + 1.2 * (0.25 + 0.75 * p.length / n.avg_len))) AS score
                  FROM seen s JOIN df ON df.term = s.term CROSS JOIN n
                  JOIN faq_phrases p ON p.tenant = $1 AND p.faq_id = s.faq_id AND p.idx = s.idx
                  GROUP BY s.faq_id, s.idx),
            best AS (SELECT DISTINCT ON (faq_id) * FROM phrase ORDER BY faq_id, score DESC, idx),
            top AS (SELECT * FROM best ORDER BY score DESC, faq_id LIMIT $3)
            SELECT f.id, f.question, f.variants, f.answer, f.language, b.score AS "score!",
                b.covered / nullif((SELECT sum(idf) FROM df), 0) AS "coverage?",
                b.covered / nullif((SELECT sum(ln(1 + (n.docs - c.df + 0.5) / (c.df + 0.5)))
                    FROM faq_terms t CROSS JOIN n
                    CROSS JOIN LATERAL (SELECT count(*) AS df FROM faq_terms x
                                        WHERE x.tenant = $1 AND x.term = t.term) c
                    WHERE t.tenant = $1 AND t.faq_id = b.faq_id AND t.idx = b.idx), 0) AS "phrase_coverage?"
            FROM top b JOIN faqs f ON f.tenant = $1 AND f.id = b.faq_id
            ORDER BY b.score DESC, f.id"#,
            tenant,
            tokens,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|r| Hit {
                faq: Faq {
                    id: r.id,
                    question: r.question,
                    variants: r.variants,
                    answer: r.answer,
                    language: r.language,
                },
                score: r.score,
                coverage: r.coverage.unwrap_or(0.0),
                phrase_coverage: r.phrase_coverage.unwrap_or(0.0),
            })
            .collect())
    }
}
