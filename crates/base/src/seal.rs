//! Texts that only we can read and that nobody can make: given to somebody to keep and bring back.

use api::Error;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};

const NONCE: usize = 12;

/// A key for one holder and one purpose, derived from the installation's secret. The same text is always sealed in the
/// same way: its nonce is its own digest, so that a list's cursor doesn't change between two requests.
pub struct Seal {
    cipher: ChaCha20Poly1305,
    digests: [u8; 32],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

impl Seal {
    pub fn new(secret: &[u8], holder: &str, purpose: &'static str) -> Result<Self, Error> {
        let keys = Hkdf::<Sha256>::new(Some(holder.as_bytes()), secret);
        let derive = |use_of: &str, bytes: &mut [u8]| {
            let info = format!("tenantry {purpose} {use_of}");
            keys.expand(info.as_bytes(), bytes).map_err(|error| Error::internal(error.to_string()))
        };
        let mut key = Key::default();
        derive("cipher", &mut key)?;
        let mut digests = [0; 32];
        derive("digests", &mut digests)?;
        Ok(Self { cipher: ChaCha20Poly1305::new(&key), digests })
    }

    /// Tells texts apart and nothing else of them.
    pub fn digest(&self, text: &[u8]) -> Result<[u8; 16], Error> {
        let digest = Sha256::new().chain_update(self.digests).chain_update(text).finalize();
        digest[..16].try_into().map_err(|_| Error::internal("a digest is too short"))
    }

    pub fn close(&self, text: &[u8]) -> Result<String, Error> {
        let digest = self.digest(text)?;
        let nonce = Nonce::try_from(&digest[..NONCE]).map_err(|error| Error::internal(error.to_string()))?;
        let sealed = self.cipher.encrypt(&nonce, text).map_err(|_| Error::internal("a text cannot be sealed"))?;
        Ok(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Nothing if this was not sealed here for this holder.
    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        self.cipher.decrypt(&Nonce::try_from(nonce).ok()?, sealed).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_a_sealed_text_can_bring_it_back() {
        let mia = Seal::new(b"secret", "usr_mia", "cursor").unwrap();
        let sealed = mia.close(b"42").unwrap();
        assert_eq!(mia.open(&sealed).as_deref(), Some(&b"42"[..]));
        assert_eq!(mia.close(b"42").unwrap(), sealed);
        assert!(!sealed.contains("42"));
        for other in [("secret", "usr_eve", "cursor"), ("secret", "usr_mia", "token"), ("other", "usr_mia", "cursor")] {
            let other = Seal::new(other.0.as_bytes(), other.1, other.2).unwrap();
            assert_eq!(other.open(&sealed), None);
            assert_ne!(other.digest(b"42").unwrap(), mia.digest(b"42").unwrap());
        }
        let mut changed = sealed.clone().into_bytes();
        changed[20] ^= 1;
        for noise in ["", "a", "????", std::str::from_utf8(&changed).unwrap()] {
            assert_eq!(mia.open(noise), None, "{noise}");
        }
    }
}
