//! Seals: AES-256 in counter mode under a Poly1305-AES, as restic has it, and the keys that a password opens.

use std::fmt;

use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _, KeyIvInit as _, StreamCipher as _};
use data_encoding::BASE64;
use poly1305::Poly1305;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::directory::{Directory, Kind};
use crate::{Error, damaged};

type Counter = ctr::Ctr128BE<aes::Aes256>;

const NONCE: usize = 16;
const TAG: usize = 16;
/// What a seal adds to what is sealed.
pub(crate) const SEAL: usize = NONCE + TAG;

/// Keys of a repository that a password is tried with.
const MOST_KEYS: usize = 20;
const LONGEST_KEY: u64 = 64 * 1024;

/// What opens the seals of a repository. Gone from memory when it is dropped.
pub(crate) struct Key {
    encrypt: [u8; 32],
    k: [u8; 16],
    r: [u8; 16],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.encrypt.zeroize();
        self.k.zeroize();
        self.r.zeroize();
    }
}

impl Key {
    fn of(bytes: &[u8; 64]) -> Self {
        let mut key = Self { encrypt: [0; 32], k: [0; 16], r: [0; 16] };
        key.encrypt.copy_from_slice(&bytes[..32]);
        key.k.copy_from_slice(&bytes[32..48]);
        key.r.copy_from_slice(&bytes[48..]);
        key
    }

    fn tag(&self, nonce: &[u8; NONCE], sealed: &[u8]) -> [u8; TAG] {
        let mut key = Zeroizing::new([0; 32]);
        key[..16].copy_from_slice(&self.r);
        let mut block = aes::Block::from(*nonce);
        aes::Aes128::new(&self.k.into()).encrypt_block(&mut block);
        key[16..].copy_from_slice(&block);
        block.zeroize();
        Poly1305::new((&*key).into()).compute_unpadded(sealed).into()
    }

    /// Opens a seal; nothing if it isn't whole, or not sealed with this key.
    pub(crate) fn open(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let end = bytes.len().checked_sub(TAG)?;
        let nonce: [u8; NONCE] = bytes.get(..NONCE)?.try_into().ok()?;
        let sealed = bytes.get(NONCE..end)?;
        if !bool::from(self.tag(&nonce, sealed).ct_eq(bytes.get(end..)?)) {
            return None;
        }
        bytes.truncate(end);
        bytes.drain(..NONCE);
        Counter::new(&self.encrypt.into(), &nonce.into()).apply_keystream(&mut bytes);
        Some(bytes)
    }
}

/// A file in `keys`.
#[derive(Deserialize)]
struct KeyFile {
    kdf: String,
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
    salt: String,
    data: String,
}

/// What a key file has sealed.
#[derive(Deserialize)]
struct Master<'a> {
    #[serde(borrow)]
    mac: Mac<'a>,
    encrypt: &'a str,
}

#[derive(Deserialize)]
struct Mac<'a> {
    k: &'a str,
    r: &'a str,
}

/// What trying a key costs is written in the key itself, by whoever made it. restic takes 32 to 64 MiB and half a second.
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
const MOST_WORK: u64 = 1 << 23;

/// Finds the key that a password opens.
///
/// # Errors
/// `WrongPassword` where there is none, `NoRepository` where there are no keys.
pub(crate) fn find(directory: &Directory, password: &str) -> Result<Key, Error> {
    let names = directory.list(Kind::Keys)?;
    if names.is_empty() {
        return Err(Error::NoRepository);
    }
    let mut work_left = MOST_WORK * 2;
    let mut is_any_readable = false;
    for name in names.into_iter().take(MOST_KEYS) {
        // One that somebody removes, or that is no key, keeps nobody from the others.
        let Ok(text) = directory.read(Kind::Keys, name, LONGEST_KEY) else { continue };
        let Ok(file) = serde_json::from_slice::<KeyFile>(&text) else { continue };
        let cost = file.n.saturating_mul(u64::from(file.r)).saturating_mul(u64::from(file.p));
        let memory = file.n.saturating_mul(u64::from(file.r)).saturating_mul(128);
        if file.kdf != "scrypt" || memory > MOST_MEMORY || cost > MOST_WORK || cost > work_left {
            continue;
        }
        work_left -= cost;
        is_any_readable = true;
        if let Some(key) = open(&file, password) {
            return Ok(key);
        }
    }
    if is_any_readable { Err(Error::WrongPassword) } else { Err(damaged("every key of the repository")) }
}

fn open(file: &KeyFile, password: &str) -> Option<Key> {
    if !file.n.is_power_of_two() {
        return None;
    }
    let log_n = u8::try_from(file.n.trailing_zeros()).ok()?;
    let params = scrypt::Params::new(log_n, file.r, file.p).ok()?;
    let salt = BASE64.decode(file.salt.as_bytes()).ok()?;
    let mut derived = Zeroizing::new([0; 64]);
    scrypt::scrypt(password.as_bytes(), &salt, &params, &mut *derived).ok()?;
    let text = Zeroizing::new(Key::of(&derived).open(BASE64.decode(file.data.as_bytes()).ok()?)?);
    let master: Master<'_> = serde_json::from_slice(&text).ok()?;
    let mut bytes = Zeroizing::new([0; 64]);
    for (part, text) in [(0..32, master.encrypt), (32..48, master.mac.k), (48..64, master.mac.r)] {
        let decoded = Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?);
        if decoded.len() != part.len() {
            return None;
        }
        bytes[part].copy_from_slice(&decoded);
    }
    Some(Key::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one key.
    fn with_key(text: &str) -> (tempfile::TempDir, Directory) {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("keys")).unwrap();
        std::fs::write(home.path().join("keys").join(crate::Id::of(text.as_bytes()).to_string()), text).unwrap();
        let directory = Directory::at(home.path().to_owned());
        (home, directory)
    }

    #[test]
    fn a_key_costs_no_more_than_a_backup_client_would_ask_for() {
        let began = std::time::Instant::now();
        for (n, r, p) in [(1_u64 << 40, 8, 1), (1 << 20, 1 << 20, 1), (1 << 15, 8, 1 << 20), (1 << 17, 8, 16)] {
            let text = format!(r#"{{"kdf":"scrypt","N":{n},"r":{r},"p":{p},"salt":"AAAA","data":"AAAA"}}"#);
            let (_home, directory) = with_key(&text);
            assert!(matches!(find(&directory, "password"), Err(Error::Damaged(_))), "{text}");
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(1));
    }

    #[test]
    fn what_is_no_key_opens_nothing() {
        for text in ["", "{}", r#"{"kdf":"scrypt","N":3,"r":1,"p":1,"salt":"AAAA","data":"AAAA"}"#, r#"{"kdf":"none"}"#]
        {
            let (_home, directory) = with_key(text);
            assert!(find(&directory, "").is_err(), "{text}");
        }
        let home = tempfile::tempdir().unwrap();
        let nothing = find(&Directory::at(home.path().to_owned()), "password");
        assert!(matches!(nothing, Err(Error::NoRepository)));
    }

    #[test]
    fn a_seal_that_was_touched_stays_closed() {
        let key = Key::of(&[7; 64]);
        let mut sealed = vec![9; NONCE];
        let mut text = b"something to keep".to_vec();
        let nonce: [u8; NONCE] = sealed[..].try_into().unwrap();
        Counter::new(&key.encrypt.into(), &nonce.into()).apply_keystream(&mut text);
        sealed.extend(&text);
        sealed.extend(key.tag(&nonce, &text));
        assert_eq!(key.open(sealed.clone()).unwrap(), b"something to keep");
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert!(key.open(touched).is_none(), "{at}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(sealed[..length].to_vec()).is_none(), "{length}");
        }
    }
}
