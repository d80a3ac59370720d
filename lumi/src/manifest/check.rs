//! From what was written to what is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lumi_channels::{Place, account_of, problems};
use lumi_domain::{ChannelKind, Lang, Peer, TenantId, retrieval};
use lumi_store::Faq;
use lumi_store::manifest::{ChannelSpec, OwnerSpec, TenantSpec};
use lumi_store::seal::Secrets;
use serde_saphyr::{Location, Spanned};

use super::secret::Source;
use super::{Reader, faq, schema};

/// Kinds that Lumi is meant to speak and this build does not.
const LATER: [&str; 8] =
    ["messenger", "instagram", "line", "viber", "slack", "twilio", "discord", "email"];

impl Reader<'_> {
    /// Checks everything and keeps the tenant, which counts only when there was no mistake.
    pub(super) fn check(&mut self, m: &schema::Manifest) {
        let Some(id) = self.tenant_id(&m.tenant) else { return };
        let language = self.language(m.language.as_ref());
        if let Some(documents) = m.documents.as_ref().filter(|d| !d.value.is_empty()) {
            self.mistake(
                documents.referenced,
                "documents are not supported yet: the next release answers from them; leave the section out until then",
            );
        }
        let channels = self.channels(m);
        let owners = self.owners(m);
        let faqs = self.faqs(m);
        let limits = m.limits.as_ref();
        let spec = TenantSpec {
            name: self.name(m, &id),
            timezone: self.timezone(m),
            country: self.country(m.country.as_ref()),
            language: language.map_or_else(|| "en".to_owned(), |l| l.to_string()),
            instructions: m
                .assistant
                .as_ref()
                .and_then(|a| a.instructions.clone())
                .unwrap_or_default(),
            handoff: m.assistant.as_ref().and_then(|a| a.handoff).unwrap_or(true),
            messages_days: self
                .count(m.retention.as_ref().and_then(|r| r.messages_days.as_ref()), 365),
            replies_per_contact_per_hour: self
                .count(limits.and_then(|l| l.replies_per_contact_per_hour.as_ref()), 120),
            tokens_per_day: self.count(limits.and_then(|l| l.tokens_per_day.as_ref()), 0),
            id,
            channels,
            owners,
            faqs,
        };
        self.found.tenants.push(spec);
    }

    fn tenant_id(&mut self, id: &Spanned<String>) -> Option<TenantId> {
        TenantId::parse(&id.value).map_err(|e| self.mistake(id.referenced, e)).ok()
    }

    fn name(&mut self, m: &schema::Manifest, id: &TenantId) -> String {
        match &m.name {
            Some(name) if name.value.trim().is_empty() => {
                self.mistake(name.referenced, "the name is empty");
                String::new()
            }
            Some(name) => name.value.trim().to_owned(),
            None => id.as_str().to_owned(),
        }
    }

    fn timezone(&mut self, m: &schema::Manifest) -> chrono_tz::Tz {
        let Some(zone) = &m.timezone else {
            self.warn(m.tenant.referenced, "no timezone is given: days begin and end in UTC");
            return chrono_tz::UTC;
        };
        zone.value.parse().unwrap_or_else(|_| {
            self.mistake(
                zone.referenced,
                format!(
                    "`{}` is no IANA time zone (Europe/Paris, America/New_York, Asia/Tokyo)",
                    zone.value
                ),
            );
            chrono_tz::UTC
        })
    }

    fn country(&mut self, country: Option<&Spanned<String>>) -> Option<String> {
        let country = country?;
        let code = country.value.to_ascii_uppercase();
        if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Some(code);
        }
        self.mistake(
            country.referenced,
            format!("`{}` is no country code of two letters (FR, US, JP)", country.value),
        );
        None
    }

    fn language(&mut self, tag: Option<&Spanned<String>>) -> Option<Lang> {
        let tag = tag?;
        let lang = Lang::parse(&tag.value);
        if lang.is_none() {
            self.mistake(
                tag.referenced,
                format!("`{}` is no language tag (fr, en, zh-Hant)", tag.value),
            );
        }
        lang
    }

    fn count<T: Copy + PartialOrd + Default>(
        &mut self,
        value: Option<&Spanned<T>>,
        default: T,
    ) -> T {
        let Some(value) = value else { return default };
        if value.value < T::default() {
            self.mistake(value.referenced, "expected a number from 0");
        }
        value.value
    }

    fn channels(&mut self, m: &schema::Manifest) -> Vec<ChannelSpec> {
        let mut accounts = BTreeSet::new();
        let mut specs = Vec::new();
        for channel in m.channels.iter().flatten() {
            let Some(spec) = self.channel(channel) else { continue };
            if !accounts.insert((spec.kind.as_str(), spec.account.clone())) {
                self.mistake(
                    channel.referenced,
                    format!(
                        "a channel above has the {} account {} already",
                        spec.kind, spec.account
                    ),
                );
            }
            specs.push(spec);
        }
        specs
    }

    fn channel(&mut self, entry: &Spanned<schema::Channel>) -> Option<ChannelSpec> {
        let channel = &entry.value;
        let key = &channel.key.value;
        if !is_key(key) {
            self.mistake(
                channel.key.referenced,
                format!(
                    "`{key}` cannot stand in a webhook path: 1 to 63 of a-z, A-Z, 0-9, - and _"
                ),
            );
        }
        let kind = self.kind(&channel.kind)?;
        let settings: serde_json::Map<String, serde_json::Value> = channel
            .settings
            .iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.value.clone()))
            .collect();
        let before = self.found.mistakes.len();
        let secrets = self.secrets(channel);
        let unread = self.found.mistakes.len() > before;
        for problem in problems(kind, &settings, &secrets) {
            let at = self.place_of(entry, problem.place, &problem.field);
            // A secret that could not be read has been told already.
            if !(unread && at.is_none() && problem.place == Place::Secret) {
                self.mistake(at.unwrap_or(entry.referenced), problem.to_string());
            }
        }
        let account = account_of(kind, &settings, &secrets, key);
        Some(ChannelSpec { key: key.clone(), kind, account, settings, secrets })
    }

    fn kind(&mut self, kind: &Spanned<String>) -> Option<ChannelKind> {
        let parsed = kind.value.parse();
        if parsed.is_err() {
            let served: Vec<&str> = ChannelKind::ALL.iter().map(|k| k.as_str()).collect();
            let served = served.join(", ");
            let what = if LATER.contains(&kind.value.as_str()) {
                format!("this build does not serve {} yet; it serves {served}", kind.value)
            } else {
                format!("`{}` is no kind of channel; this build serves {served}", kind.value)
            };
            self.mistake(kind.referenced, what);
        }
        parsed.ok()
    }

    fn place_of(
        &self,
        entry: &Spanned<schema::Channel>,
        place: Place,
        field: &str,
    ) -> Option<Location> {
        let channel = &entry.value;
        match place {
            Place::Setting => channel.settings.as_ref()?.get(field).map(|v| v.referenced),
            Place::Secret => channel.secrets.as_ref()?.get(field).map(|v| v.referenced),
        }
    }

    fn secrets(&mut self, channel: &schema::Channel) -> Secrets {
        let mut secrets = Secrets::new();
        let folder = self.file.parent().unwrap_or(Path::new("")).to_owned();
        for (name, entry) in channel.secrets.iter().flatten() {
            let mut values = Vec::new();
            for source in &entry.value.0 {
                match source.read(&folder, self.env) {
                    Ok(value) => values.push(value),
                    Err(e) => self.mistake(entry.referenced, format!("secrets.{name}: {e}")),
                }
                if matches!(source, Source::Literal(_)) {
                    self.warn(
                        entry.referenced,
                        format!("secrets.{name} is written out here; {{env: NAME}} or {{file: PATH}} keeps it out of the file"),
                    );
                }
            }
            secrets.insert(name.clone(), values);
        }
        secrets
    }

    fn owners(&mut self, m: &schema::Manifest) -> Vec<OwnerSpec> {
        let keys: BTreeSet<&str> =
            m.channels.iter().flatten().map(|c| c.value.key.value.as_str()).collect();
        let mut seen = BTreeSet::new();
        let mut specs = Vec::new();
        for entry in m.owners.iter().flatten() {
            let owner = &entry.value;
            let peer = Peer::new(owner.id.value.trim());
            if peer.as_str().is_empty() {
                self.mistake(owner.id.referenced, "the owner's id is empty");
            }
            let channel = owner.channel.value.clone();
            if !keys.contains(channel.as_str()) {
                let known: Vec<&str> = keys.iter().copied().collect();
                self.mistake(
                    owner.channel.referenced,
                    format!(
                        "there is no channel `{channel}` in this manifest; it has {}",
                        known.join(", ")
                    ),
                );
            }
            if !seen.insert((channel.clone(), peer.as_str().to_owned())) {
                self.mistake(entry.referenced, "this owner stands above already");
            }
            specs.push(OwnerSpec { channel, peer, name: owner.name.clone() });
        }
        specs
    }

    fn faqs(&mut self, m: &schema::Manifest) -> Vec<Faq> {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut faqs = Vec::new();
        for entry in m.faqs.iter().flatten() {
            let at = entry.value.id.as_ref().map_or(entry.referenced, |id| id.referenced);
            let faq = self.faq(&entry.value);
            if let Some(line) = seen.insert(faq.id.clone(), at.line()) {
                self.mistake(at, format!("the FAQ `{}` stands in line {line} already", faq.id));
            }
            faqs.push(faq);
        }
        faqs
    }

    fn faq(&mut self, entry: &schema::FaqEntry) -> Faq {
        let question = entry.question.value.trim().to_owned();
        if retrieval::tokens(&question).is_empty() {
            self.mistake(entry.question.referenced, "the question has no words");
        }
        if entry.answer.value.trim().is_empty() {
            self.mistake(entry.answer.referenced, "the answer is empty");
        }
        if let Some(id) = entry.id.as_ref().filter(|id| !faq::is_id(&id.value)) {
            self.mistake(
                id.referenced,
                format!("`{}` is no id: letters, digits and - _ . : /, at most 100", id.value),
            );
        }
        let language = match &entry.language {
            Some(tag) => self.language(Some(tag)),
            None => faq::language_of(&entry.answer.value),
        };
        Faq {
            id: entry.id.as_ref().map_or_else(|| faq::id_of(&question), |id| id.value.clone()),
            question,
            variants: entry.variants.iter().flatten().map(|v| v.trim().to_owned()).collect(),
            answer: entry.answer.value.trim().to_owned(),
            language: language.map(|l| l.to_string()),
        }
    }
}

fn is_key(key: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=63).contains(&key.len()) && key.bytes().all(plain)
}
