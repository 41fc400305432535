//! Blobs that differ only at their end, so that a thousand of them need the memory of one and are hashed beforehand.

use sha2::{Digest as _, Sha256};

const TAIL: usize = 16;

pub struct Blobs {
    body: Vec<u8>,
    tails: Vec<[u8; TAIL]>,
    names: Vec<String>,
}

impl Blobs {
    /// `count` blobs of `length` bytes. Another `series` has other names.
    pub fn new(length: usize, count: usize, series: u64) -> Self {
        let mut state = series.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut body = Vec::with_capacity(length);
        while body.len() + TAIL < length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            body.extend_from_slice(&state.to_le_bytes());
        }
        body.truncate(length - TAIL);
        let hashed = Sha256::new_with_prefix(&body);
        let tails: Vec<[u8; TAIL]> = (0..count as u128).map(|n| (n << 64 | u128::from(series)).to_le_bytes()).collect();
        let hex = |tail: &[u8; TAIL]| {
            let digest = hashed.clone().chain_update(tail).finalize();
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let names = tails.iter().map(hex).collect();
        Self { body, tails, names }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn length(&self) -> usize {
        self.body.len() + TAIL
    }

    pub fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    pub fn content(&self, number: usize) -> (&[u8], &[u8]) {
        (&self.body, &self.tails[number])
    }
}
