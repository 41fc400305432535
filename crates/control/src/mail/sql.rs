//! The queries of mail settings.

use api::Error;
use api::mail::MailSecurity;
use base::cx::{Cx, Tx};
use base::seal::Seal;
use db::{Rows, Stored, Text, assign, columns, sql};

db::record! {
    /// The settings as they are stored.
    #[derive(Clone, Debug)]
    pub struct SettingsRow {
        pub version: i64,
        pub enabled: bool,
        pub host: String,
        pub port: i64,
        pub security: MailSecurity as Text,
        pub username: Option<String>,
        /// Sealed.
        pub password: Option<String>,
        pub sender: String,
        pub updated_at: i64,
    }
}

impl Stored for SettingsRow {
    const TABLE: &'static str = "mail_settings";
}

impl SettingsRow {
    pub(super) fn port(&self) -> u16 {
        u16::try_from(self.port).unwrap_or_default()
    }
}

pub(super) async fn settings(cx: &mut Cx) -> Result<Option<SettingsRow>, Error> {
    cx.opt(sql!["select ", columns::<SettingsRow>(), " from mail_settings where id = 1"]).await
}

pub(super) async fn store(tx: &mut Tx, exists: bool, row: &SettingsRow) -> Result<(), Error> {
    if exists {
        tx.exec(sql!["delete from mail_settings where id = 1"]).await?;
    }
    let mut rows = Rows::new(SettingsRow::TABLE);
    rows.push(row.assignments().and(assign! { id: 1_i64 }));
    tx.exec(rows.into_sql()).await?;
    Ok(())
}

/// What the password of the mail server and messages are sealed by.
pub(super) async fn seal(cx: &mut Cx) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), "installation", "mail")
}
