//! Sums over (id, version), by which two sides find out where they differ.
//!
//! A record's bucket is the first byte of SHA-256(id). Its leaf is the first 16 bytes of
//! SHA-256(id, 0, version), read as a big-endian number; a bucket's sum is that of its leaves, mod 2^128.

use super::answer::Answer;
use super::read::json_answer;
use super::{World, version};
use crate::store::{StoreError, changes};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl World {
    pub(super) fn digest(
        &self,
        collection: &str,
        at: Option<&str>,
        bucket: Option<u8>,
    ) -> Result<Answer, StoreError> {
        if let Some(refusal) = self.no_collection(collection)? {
            return Ok(refusal);
        }
        let seq = match at.map(|token| self.position(collection, Some(token), None)).transpose() {
            Ok(token) => token.map_or(self.seq, |token| token.after),
            Err(refusal) => return Ok(refusal),
        };
        let records = changes::live_at(self.store.read(), collection, seq)?;
        let Some(bucket) = bucket else {
            return Ok(json_answer(&json!({"epoch": self.epoch, "buckets": buckets(&records)})));
        };
        let items: Vec<Value> = records
            .iter()
            .filter(|(id, _)| bucket_of(id) == bucket)
            .map(|(id, version)| json!({"id": id, "version": version}))
            .collect();
        Ok(json_answer(&json!({"epoch": self.epoch, "bucket": bucket, "items": items})))
    }
}

/// The bucket of an id.
fn bucket_of(id: &str) -> u8 {
    Sha256::digest(id.as_bytes())[0]
}

fn leaf(id: &str, version: &str) -> u128 {
    let mut hash = Sha256::new();
    hash.update(id);
    hash.update([0]);
    hash.update(version);
    hash.finalize()[..16].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

fn buckets(records: &[(String, String)]) -> Vec<Value> {
    let mut sums = vec![(0u64, 0u128); 256];
    for (id, version) in records {
        let (count, sum) = &mut sums[usize::from(bucket_of(id))];
        *count += 1;
        *sum = sum.wrapping_add(leaf(id, version));
    }
    sums.iter().map(|(count, sum)| json!({"count": count, "sum": version::hex(&sum.to_be_bytes())})).collect()
}
