//! Character n-grams of 75 languages, distilled from lingua's published models
//! (`examples/distil.rs`): for each n-gram the languages in which it is likely, and how likely.

use std::sync::LazyLock;

use lumi_domain::Lang;

/// The distilled table. Layout: `LNG1`, number of languages (1 byte), their codes (3 bytes each,
/// padded with 0), number of n-grams (4 bytes, little endian); for each of 65536 buckets how many
/// n-grams it holds (2 bytes); for each n-gram the low 16 bits of its hash (2 bytes) and its number
/// of postings (1 byte); the postings: language, score (1 byte each).
static TABLE: &[u8] = include_bytes!("ngrams.bin");

/// Longest n-gram, in characters.
const MAX_LEN: usize = 5;

/// Letters looked at: more makes no surer, only slower.
const MAX_LETTERS: usize = 120;

/// A score of the table is so many units per natural logarithm.
pub(crate) const UNITS_PER_NAT: f32 = 24.0;

const BUCKETS: usize = 1 << 16;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(TABLE).unwrap_or_default());

/// The table, indexed.
#[derive(Debug, Default)]
struct Model {
    languages: Vec<Lang>,
    /// For each bucket the position of its first n-gram and of its first posting.
    starts: Vec<(u32, u32)>,
    keys: &'static [[u8; 3]],
    postings: &'static [[u8; 2]],
}

/// Indexes the table now.
pub(crate) fn load() {
    LazyLock::force(&MODEL);
}

/// Languages of the model; scores come in this order.
pub(crate) fn languages() -> &'static [Lang] {
    &MODEL.languages
}

/// How well the letters fit each language, in natural logarithms over what no language would get.
pub(crate) fn scores(text: &str) -> Vec<f32> {
    let model = &*MODEL;
    let mut sums = vec![0_u32; model.languages.len()];
    let mut word: Vec<char> = Vec::with_capacity(24);
    let mut letters = 0;
    for c in text.chars().flat_map(char::to_lowercase).chain([' ']) {
        if is_letter(c) && letters < MAX_LETTERS {
            word.push(c);
            letters += 1;
            continue;
        }
        model.add_word(&word, &mut sums);
        word.clear();
        if letters >= MAX_LETTERS {
            break;
        }
    }
    sums.into_iter().map(|s| f32_of(s) / UNITS_PER_NAT).collect()
}

/// The sums are far below 2^24, where every integer is a float.
fn f32_of(sum: u32) -> f32 {
    f32::from(u16::try_from(sum >> 8).unwrap_or(u16::MAX)) * 256.0
        + f32::from(u16::try_from(sum & 0xFF).unwrap_or_default())
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{900}'..='\u{D7F}')
}

impl Model {
    fn parse(table: &'static [u8]) -> Option<Self> {
        let rest = table.strip_prefix(b"LNG1")?;
        let (&count, rest) = rest.split_first()?;
        let (codes, rest) = rest.split_at_checked(usize::from(count) * 3)?;
        let languages: Vec<Lang> = codes
            .chunks_exact(3)
            .filter_map(|c| Lang::parse(std::str::from_utf8(c).ok()?.trim_end_matches('\0')))
            .collect();
        let (total, rest) = rest.split_first_chunk::<4>()?;
        let (counts, rest) = rest.split_at_checked(BUCKETS * 2)?;
        let keys = usize::try_from(u32::from_le_bytes(*total)).ok()?;
        let (keys, postings) = rest.split_at_checked(keys * 3)?;
        let (keys, _) = keys.as_chunks::<3>();
        let (postings, _) = postings.as_chunks::<2>();
        let mut starts = Vec::with_capacity(BUCKETS);
        let (mut key, mut posting) = (0_u32, 0_u32);
        for pair in counts.as_chunks::<2>().0 {
            starts.push((key, posting));
            let count = u32::from(u16::from_le_bytes(*pair));
            let from = usize::try_from(key).ok()?;
            let here = keys.iter().skip(from).take(usize::try_from(count).ok()?);
            posting += here.map(|&[_, _, n]| u32::from(n)).sum::<u32>();
            key += count;
        }
        starts.push((key, posting));
        (languages.len() == usize::from(count)).then_some(Self {
            languages,
            starts,
            keys,
            postings,
        })
    }

    fn add_word(&self, word: &[char], sums: &mut [u32]) {
        for start in 0..word.len() {
            let mut hash = HASH_START;
            for c in word.iter().skip(start).take(MAX_LEN) {
                hash = step(hash, *c);
                for &[language, score] in self.postings(finish(hash)) {
                    if let Some(sum) = sums.get_mut(usize::from(language)) {
                        *sum += u32::from(score);
                    }
                }
            }
        }
    }

    fn postings(&self, hash: u32) -> &'static [[u8; 2]] {
        let [low0, low1, high0, high1] = hash.to_le_bytes();
        let bucket = usize::from(u16::from_le_bytes([high0, high1]));
        let bounds = self.starts.get(bucket).zip(self.starts.get(bucket + 1));
        let Some((&(from, posting), &(to, _))) = bounds else { return &[] };
        let range = from as usize..to as usize;
        let mut at = posting as usize;
        for &[k0, k1, count] in self.keys.get(range).unwrap_or(&[]) {
            let end = at + usize::from(count);
            if (k0, k1) == (low0, low1) {
                return self.postings.get(at..end).unwrap_or(&[]);
            }
            at = end;
        }
        &[]
    }
}

/// FNV-1a over the characters; the generator uses the same.
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, c: char) -> u64 {
    (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
}

fn finish(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    u32::try_from(mixed >> 32).unwrap_or_default()
}
