//! Proving who somebody is: passwords and opaque tokens.

use std::sync::Arc;

use api::units::Secret;
use api::{Code, Error};
use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::clock::Random;
use crate::limits::max_length_of;
use crate::text::Refused;
use crate::turns::{Turn, Turns};

const MIN_PASSWORD: usize = 12;

/// A random secret of 256 bits, printable.
pub fn token(random: Random) -> Result<String, Error> {
    Ok(BASE64URL_NOPAD.encode(&random.bytes::<32>()?))
}

/// The form in which a token is stored. Tokens have 256 random bits, so a fast digest is as good as a slow one.
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// Whether a password is good enough: long, and not easy to guess from what is known of its owner.
pub fn check_password(password: &str, known: &[&str]) -> Result<(), Refused> {
    let length = password.chars().count();
    if length < MIN_PASSWORD {
        return Err((
            Code::WeakPassword,
            format!("Needs at least {MIN_PASSWORD} characters; a few words make a good one."),
        ));
    }
    let max = max_length_of::<Secret>();
    if length > max {
        return Err((Code::TooLong, format!("May have at most {max} characters.")));
    }
    // zxcvbn takes time that grows with the length; what it says of the first 100 characters suffices.
    let head: String = password.chars().take(100).collect();
    // "mia@calderwick.example" is three words to whoever guesses.
    let words = known.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2));
    let known: Vec<&str> = known.iter().copied().chain(words).collect();
    if left_without(&head, &known) < LEFT {
        let detail = "Is too easy to guess: hardly anything is left of it without names that are known.";
        return Err((Code::WeakPassword, detail.to_owned()));
    }
    let strength = zxcvbn::zxcvbn(&head, &known);
    if strength.score() < zxcvbn::Score::Three {
        let advice = strength
            .feedback()
            .and_then(|feedback| feedback.warning().map(|warning| warning.to_string()))
            .unwrap_or_else(|| "It follows a pattern that is tried early.".to_owned());
        return Err((Code::WeakPassword, format!("Is too easy to guess. {advice}")));
    }
    Ok(())
}

/// So many characters of a password are no part of known names.
const LEFT: usize = 8;

/// How many characters are left of a password when all known names are taken out, the longest first.
fn left_without(password: &str, known: &[&str]) -> usize {
    let bare = |text: &str| -> String { text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
    let mut names: Vec<String> = known.iter().map(|name| bare(name)).filter(|name| name.chars().count() > 2).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut left = bare(password);
    for name in names {
        // What stands on both sides of a name doesn't become another one.
        left = left.replace(&name, " ");
    }
    let signs = password.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).count();
    left.chars().filter(|c| *c != ' ').count() + signs
}

/// Slow hashes, computed off the async threads in a few lanes, each with a piece of memory that it keeps: hashing many
/// passwords at once would take 19 MiB for each, and the allocator would not give them back. Who waits for a lane waits
/// in turn, so that nobody who sends a hundred passwords keeps others from signing in.
#[derive(Clone)]
pub struct Passwords {
    lanes: Turns<Vec<Block>>,
    /// Verified when an account doesn't exist, so that the answer takes as long as if it did.
    decoy: Arc<str>,
}

/// However many processors there are, this much memory is enough.
const MOST_LANES: usize = 4;

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

/// OWASP's second choice: 19 MiB, two passes, one lane.
const PARAMS: Params = Params::DEFAULT;

/// The digest of a password. Blocks.
fn digest(password: &str, salt: &[u8], params: Params, memory: &mut Vec<Block>) -> Result<[u8; DIGEST], argon2::Error> {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let mut digest = [0; DIGEST];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        password.as_bytes(),
        salt,
        &mut digest,
        &mut memory[..blocks],
    )?;
    Ok(digest)
}

/// Bytes of a digest.
const DIGEST: usize = Params::DEFAULT_OUTPUT_LEN;

/// A hash with all that is needed to verify it, in the usual format.
fn hash_now(password: &str, random: Random, memory: &mut Vec<Block>) -> Result<String, Error> {
    let fault = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
    let salt = random.bytes::<16>()?;
    let digest = digest(password, &salt, PARAMS, memory).map_err(|error| fault(&error))?;
    let hash = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&PARAMS).map_err(|error| fault(&error))?,
        salt: Some(Salt::new(&salt).map_err(|error| fault(&error))?),
        hash: Some(Output::new(&digest).map_err(|error| fault(&error))?),
    };
    Ok(hash.to_string())
}

/// Whether the password belongs to the hash, whatever its cost was when it was made.
fn verify_now(password: &str, hash: &str, memory: &mut Vec<Block>) -> Result<bool, Error> {
    let fault = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
    let hash = PasswordHash::new(hash).map_err(|error| fault(&error))?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(Error::internal("a stored password hash has no salt or no digest"));
    };
    let params = Params::try_from(&hash).map_err(|error| fault(&error))?;
    let digest = digest(password, salt.as_ref(), params, memory).map_err(|error| fault(&error))?;
    Ok(digest.as_slice().ct_eq(expected.as_bytes()).into())
}

impl Passwords {
    pub fn new(random: Random) -> Result<Self, Error> {
        let mut memory = Vec::new();
        let decoy = hash_now("no account has this password", random, &mut memory)?;
        let lanes = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_LANES);
        Ok(Self { lanes: Turns::new(lanes), decoy: decoy.into() })
    }

    pub async fn hash(&self, turn: &Turn, password: &str, random: Random) -> Result<String, Error> {
        let password = password.to_owned();
        self.lanes.work(turn, move |memory| hash_now(&password, random, memory)).await?
    }

    /// Whether the password belongs to the hash; without a hash never, but after the same time.
    pub async fn verify(&self, turn: &Turn, password: &str, hash: Option<String>) -> Result<bool, Error> {
        if password.chars().count() > max_length_of::<Secret>() {
            return Ok(false);
        }
        let password = password.to_owned();
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        Ok(self.lanes.work(turn, move |memory| verify_now(&password, &hash, memory)).await?? && exists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_must_be_long_and_hard_to_guess() {
        for weak in ["short", "passwordpassword", "acmeacmeacme", "123456789012"] {
            assert!(check_password(weak, &["acme"]).is_err(), "{weak}");
        }
        assert!(check_password("violet harbour siphon 42", &["acme"]).is_ok());
        let known = ["root@prov.example", "Calderwick Wexhollow Ltd", "zork_handle_77"];
        for weak in ["rootprovexample", "root prov root prov", "CalderwickWexhollow1", "zorkhandle77!zorkhandle"] {
            assert_eq!(check_password(weak, &known).unwrap_err().0, Code::WeakPassword, "{weak}");
        }
        assert!(check_password("calderwick violet siphon", &known).is_ok());
        assert_eq!(check_password(&"long ".repeat(100), &[]).unwrap_err().0, Code::TooLong);
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_and_no_other() {
        let (passwords, turn) = (Passwords::new(Random).unwrap(), Turn::default());
        let hash = passwords.hash(&turn, "violet harbour", Random).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify(&turn, "violet harbour", Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&turn, "violet harbor", Some(hash)).await.unwrap());
        assert!(!passwords.verify(&turn, "no account has this password", None).await.unwrap());
    }
}
