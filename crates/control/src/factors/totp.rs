//! Codes of six digits that an app shows, another one every 30 seconds (RFC 6238).

use api::Error;
use api::units::Secret;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Totp};

/// As long as the digest (RFC 4226, 4).
pub(super) const SECRET: usize = 20;

/// No code is longer than this, with all that people type between its digits.
const LONGEST: usize = 20;

fn fault(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

/// What apps assume: SHA-1, six digits, 30 seconds. A code of the step before or after the present one is as good: clocks
/// differ, and people are slow.
fn codes(secret: &[u8]) -> Builder {
    Builder::new().with_secret(secret)
}

/// The time step that a code belongs to, if it belongs to one about now.
pub(super) fn step_of(secret: &[u8], code: &str, second: u64) -> Result<Option<i64>, Error> {
    let totp = codes(secret).build().map_err(fault)?;
    let code: String = code.chars().take(LONGEST).filter(|c| !c.is_whitespace() && *c != '-').collect();
    Ok(totp.check(&code, second).and_then(|step| i64::try_from(step).ok()))
}

/// What an app needs to show codes: as text, as an address and as a picture.
pub(super) struct Shown {
    pub(super) secret: Secret,
    pub(super) url: String,
    pub(super) qr_svg: String,
}

/// `issuer`: what the app calls us.
pub(super) fn show(secret: &[u8], issuer: &str, login: &str) -> Result<Shown, Error> {
    // The address separates the two by a colon.
    let plain = |text: &str| text.replace(':', " ");
    let totp: Totp =
        codes(secret).with_issuer(Some(plain(issuer))).with_account_name(plain(login)).build().map_err(fault)?;
    let url = totp.to_url().map_err(fault)?;
    let code = QrCode::new(url.as_bytes()).map_err(fault)?;
    let qr_svg = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    Ok(Shown { secret: Secret::new(totp.secret().to_base32()), url, qr_svg })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8; SECRET] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: 94287082 at second 59, of which six digits are the last.
        assert_eq!(step_of(KEY, "287082", 59).unwrap(), Some(1));
        assert_eq!(step_of(KEY, " 287 082 ", 59).unwrap(), Some(1));
        assert_eq!(step_of(KEY, "287082", 89).unwrap(), Some(1), "a step late");
        assert_eq!(step_of(KEY, "287082", 120).unwrap(), None, "too late");
        for noise in ["", "28708", "2870822", "abcdef", "٢٨٧٠٨٢", &"2".repeat(10_000)] {
            assert_eq!(step_of(KEY, noise, 59).unwrap(), None);
        }
    }

    #[test]
    fn an_app_is_told_whose_codes_these_are() {
        let shown = show(KEY, "backup.example.com:8420", "mia@example.com").unwrap();
        assert_eq!(shown.secret.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(shown.url.starts_with("otpauth://totp/backup.example.com%208420:mia%40example.com?"), "{}", shown.url);
        assert!(shown.qr_svg.contains("<svg"));
    }
}
