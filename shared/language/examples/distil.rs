//! Makes `src/detect/ngrams.bin` from lingua's language models (Apache-2.0), which cargo unpacks
//! when a project depends on `lingua`:
//! `cargo run --release --example distil -- ~/.cargo/registry/src/<index> src/detect/ngrams.bin`

#![allow(clippy::expect_used, reason = "a generator run by hand stops at the first fault")]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::{env, fs};

use fst::Streamer as _;

/// The models, by name and code. Languages that their script names have none: Armenian, Georgian,
/// Greek, Gujarati, Hebrew, Japanese, Chinese, Korean, Punjabi, Tamil, Telugu, Thai.
const MODELS: &str = "afrikaans af|albanian sq|arabic ar|azerbaijani az|basque eu|belarusian be\
    |bokmal nb|bosnian bs|bulgarian bg|catalan ca|croatian hr|czech cs|danish da|dutch nl|english en\
    |esperanto eo|estonian et|finnish fi|french fr|ganda lg|german de|hindi hi|hungarian hu\
    |icelandic is|indonesian id|irish ga|italian it|kazakh kk|latin la|latvian lv|lithuanian lt\
    |macedonian mk|malay ms|maori mi|marathi mr|mongolian mn|nynorsk nn|persian fa|polish pl\
    |portuguese pt|romanian ro|russian ru|serbian sr|shona sn|slovak sk|slovene sl|somali so|sotho st\
    |spanish es|swahili sw|swedish sv|tagalog tl|tsonga ts|tswana tn|turkish tr|ukrainian uk|urdu ur\
    |vietnamese vi|welsh cy|xhosa xh|yoruba yo|zulu zu";

/// N-grams kept for each language, by length.
const KEPT: [usize; 5] = [200, 2000, 6000, 7000, 6000];

/// Below this logarithm an n-gram, given its beginning, counts as unseen; by length.
const FLOOR: [f64; 5] = [-10.0, -8.5, -7.5, -6.5, -5.5];

const UNITS_PER_NAT: f64 = 24.0;

type Postings = Vec<(u8, u8)>;

fn main() {
    let mut args = env::args().skip(1).map(PathBuf::from);
    let registry = args.next().expect("first argument: the folder of unpacked crates");
    let target = args.next().expect("second argument: the file to write");
    let mut table: HashMap<String, Postings> = HashMap::new();
    let mut codes = Vec::new();
    for (index, model) in (0_u8..).zip(MODELS.split('|')) {
        let (name, code) = model.split_once(' ').expect("name and code");
        for (ngram, score) in best(&read(&registry, name)) {
            table.entry(ngram).or_default().push((index, score));
        }
        codes.push(code);
    }
    let bytes = encode(&table, &codes);
    println!("{} n-grams, {} bytes", table.len(), bytes.len());
    fs::write(target, bytes).expect("write the table");
}

/// All n-grams of a language with the logarithm of their probability after their beginning.
fn read(registry: &Path, name: &str) -> HashMap<String, f64> {
    let path = registry.join(format!("lingua-{name}-language-model-1.3.0/models/ngrams.fst"));
    let map = fst::Map::new(fs::read(path).expect("read a model")).expect("a model is an fst");
    let mut out = HashMap::new();
    let mut stream = map.stream();
    while let Some((key, bits)) = stream.next() {
        let ngram = String::from_utf8(key.to_vec()).expect("n-grams are text");
        out.insert(ngram, f64::from_bits(bits));
    }
    out
}

/// The most frequent n-grams and their scores.
fn best(all: &HashMap<String, f64>) -> Vec<(String, u8)> {
    let mut by_length: BTreeMap<usize, Vec<(f64, f64, &String)>> = BTreeMap::new();
    for (ngram, given_beginning) in all {
        let mut frequency = *given_beginning;
        let mut beginning = ngram.clone();
        while beginning.pop().is_some() && !beginning.is_empty() {
            frequency += all.get(&beginning).copied().unwrap_or(-12.0);
        }
        let length = ngram.chars().count();
        by_length.entry(length).or_default().push((frequency, *given_beginning, ngram));
    }
    let mut out = Vec::new();
    for (mut ngrams, (kept, floor)) in by_length.into_values().zip(KEPT.into_iter().zip(FLOOR)) {
        ngrams.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(b.2)));
        for (_, given_beginning, ngram) in ngrams.into_iter().take(kept) {
            let score = ((given_beginning - floor) * UNITS_PER_NAT).round().clamp(0.0, 255.0);
            if score >= 1.0 {
                out.push((ngram.clone(), score as u8));
            }
        }
    }
    out
}

/// The layout that `src/detect/model.rs` describes.
fn encode(table: &HashMap<String, Postings>, codes: &[&str]) -> Vec<u8> {
    let mut sorted: BTreeMap<u32, &Postings> = BTreeMap::new();
    for (ngram, postings) in table {
        sorted.insert(hash(ngram), postings);
    }
    let mut bytes = b"LNG1".to_vec();
    bytes.push(u8::try_from(codes.len()).expect("fewer than 256 languages"));
    for code in codes {
        bytes.extend(code.bytes().chain([0, 0]).take(3));
    }
    bytes.extend(u32::try_from(sorted.len()).expect("fits").to_le_bytes());
    let mut counts = vec![0_u16; 1 << 16];
    for hash in sorted.keys() {
        if let Some(count) = counts.get_mut((hash >> 16) as usize) {
            *count += 1;
        }
    }
    bytes.extend(counts.into_iter().flat_map(u16::to_le_bytes));
    for (hash, postings) in &sorted {
        bytes.extend((*hash as u16).to_le_bytes());
        bytes.push(u8::try_from(postings.len()).expect("fewer than 256 languages"));
    }
    for (language, score) in sorted.values().copied().flatten() {
        bytes.extend([*language, *score]);
    }
    bytes
}

/// FNV-1a over the characters, mixed; `src/detect/model.rs` uses the same.
fn hash(ngram: &str) -> u32 {
    let hash = ngram.chars().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
        (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    ((hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}
