//! An empty repository, as `restic init` leaves one, for whoever has somewhere to put it: a key and a configuration. What a
//! password costs to try is chosen, and restic finds out for every key what takes half a second: too long for demonstrations
//! with a thousand backups.

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::key::{Key, KeyFile};
use crate::{Error, Id, damaged};

/// How restic cuts files into blobs: an irreducible polynomial. It is a secret where sizes of known files must not be found.
const POLYNOMIAL: &str = "3da3358b4dc173";
/// Work of deriving a key, as the power of two: some milliseconds.
const CHEAP: u8 = 10;
const BLOCKS: u32 = 8;

/// The files of an empty repository.
#[derive(Debug)]
pub struct Blank {
    /// Lies below `keys`, by the hash of its bytes.
    pub key: Vec<u8>,
    pub key_id: Id,
    pub config: Vec<u8>,
}

/// What has to be unpredictable. All zeros are as good where nothing is to be kept secret.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    pub master: [u8; 64],
    pub salt: [u8; 64],
    pub id: [u8; 32],
    pub nonces: [[u8; 16]; 2],
}

impl Blank {
    /// A repository that this password opens at little cost: for nobody who has something to keep.
    ///
    /// # Errors
    /// None that what it is given could cause.
    pub fn new(password: &str, created: jiff::Timestamp, chance: &Chance) -> Result<Self, Error> {
        let master = Key::of(&chance.master);
        let params = scrypt::Params::new(CHEAP, BLOCKS, 1).map_err(|_| damaged("the cost of a key"))?;
        let mut derived = Zeroizing::new([0; 64]);
        scrypt::scrypt(password.as_bytes(), &chance.salt, &params, &mut *derived).map_err(|_| damaged("a key"))?;
        let [of_key, of_config] = chance.nonces;
        let sealed = Key::of(&derived).seal(
            &of_key,
            bytes(&json!({
                "mac": { "k": BASE64.encode(&chance.master[32..48]), "r": BASE64.encode(&chance.master[48..]) },
                "encrypt": BASE64.encode(&chance.master[..32]),
            }))?,
        );
        let key = bytes(&KeyFile {
            created: Some(created.to_string()),
            kdf: "scrypt".to_owned(),
            n: 1 << CHEAP,
            r: BLOCKS,
            p: 1,
            salt: BASE64.encode(&chance.salt),
            data: BASE64.encode(&sealed),
        })?;
        let config = json!({ "version": 2, "id": HEXLOWER.encode(&chance.id), "chunker_polynomial": POLYNOMIAL });
        Ok(Self { key_id: Id::of(&key), key, config: master.seal(&of_config, bytes(&config)?) })
    }
}

fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|_| damaged("what was made"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Directory;

    #[test]
    fn a_blank_repository_is_opened_by_its_password_alone() {
        let chance = Chance { master: [1; 64], salt: [2; 64], id: [3; 32], nonces: [[4; 16], [5; 16]] };
        let blank = Blank::new("demo", jiff::Timestamp::UNIX_EPOCH, &chance).unwrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("keys")).unwrap();
        std::fs::write(home.path().join("keys").join(blank.key_id.to_string()), &blank.key).unwrap();
        let directory = Directory::at(home.path().to_owned());
        let key = crate::key::find(&directory, "demo").unwrap();
        let config = String::from_utf8(key.open(blank.config).unwrap()).unwrap();
        assert!(config.contains(POLYNOMIAL), "{config}");
        assert!(matches!(crate::key::find(&directory, "omed"), Err(Error::WrongPassword)));
    }
}
