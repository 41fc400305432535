//! Recovery codes: ten words of 80 random bits, each of which stands for a second factor once. What can't be guessed is
//! stored by a fast digest, as tokens are.

use api::Error;
use api::units::Secret;
use base::authn::token_hash;
use base::clock::Random;
use base::cx::Tx;
use data_encoding::BASE32_NOPAD;

use super::sql;

const CODES: usize = 10;
const BYTES: usize = 10;
/// Letters between two dashes.
const GROUP: usize = 4;

/// A new set; the one before is worth nothing any more.
pub(super) async fn renew(tx: &mut Tx, account: &str) -> Result<Vec<Secret>, Error> {
    sql::delete_codes(tx, account).await?;
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let code = make(tx.app.random)?;
        sql::insert_code(tx, account, &hash(account, &code)).await?;
        codes.push(Secret::new(code));
    }
    Ok(codes)
}

/// Whether this is one of the account's, which it then is no longer.
pub(super) async fn take(tx: &mut Tx, account: &str, code: &str) -> Result<bool, Error> {
    Ok(sql::take_code(tx, account, &hash(account, code)).await? == 1)
}

fn make(random: Random) -> Result<String, Error> {
    let letters = BASE32_NOPAD.encode(&random.bytes::<BYTES>()?).to_lowercase();
    let groups: Vec<&str> = (0..letters.len()).step_by(GROUP).map(|at| &letters[at..at + GROUP]).collect();
    Ok(groups.join("-"))
}

/// However it is typed: in any case, with or without dashes, with digits for the letters that look like them.
fn hash(account: &str, code: &str) -> String {
    let letters: String = code
        .chars()
        .take(100)
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            c => c,
        })
        .collect();
    token_hash(&format!("recovery code {account} {letters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_and_may_be_typed_in_any_way() {
        let code = make(Random).unwrap();
        assert_eq!(code.len(), 19);
        assert_ne!(code, make(Random).unwrap());
        let own = hash("usr_mia", "abcd-efgh-ijkl-mnob");
        assert_eq!(hash("usr_mia", " ABCD efgh 1JKL MN08 ".replace("08", "0B").as_str()), own);
        assert_ne!(hash("usr_eve", "abcd-efgh-ijkl-mnob"), own);
    }
}
