//! TLS, with a certificate that is read again when its files change: nobody restarts for a renewed one. HTTP/1.1 is all that is
//! offered.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the certificate lies, the chain and the key, both PEM.
#[derive(Clone, Debug)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The certificate that is shown to those who connect.
pub(crate) struct Tls {
    files: Files,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
    pub(super) acceptor: TlsAcceptor,
}

/// What was in the files, and what it came to.
struct Shown(RwLock<(Texts, Arc<CertifiedKey>)>);

type Texts = (Vec<u8>, Vec<u8>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).1))
    }
}

impl Files {
    fn read(&self) -> Result<Texts, String> {
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()));
        Ok((read(&self.certificate)?, read(&self.key)?))
    }

    /// A certificate and the key that belongs to it.
    fn certified(&self, (certificate, key): &Texts, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let (chain_at, key_at) = (self.certificate.display(), self.key.display());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.map_err(|error| format!("{chain_at} holds no certificates: {error}"))?;
        if chain.is_empty() {
            return Err(format!("{chain_at} holds no certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("{key_at} holds no key: {error}"))?;
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| format!("the key {key_at} does not belong to the certificate {chain_at}: {error}"))
    }
}

impl Tls {
    /// # Errors
    /// Says which file is no good.
    pub(crate) fn new(files: Files) -> Result<Self, String> {
        let provider = Arc::new(default_provider());
        let texts = files.read()?;
        let certified = files.certified(&texts, &provider)?;
        let shown = Arc::new(Shown(RwLock::new((texts, Arc::new(certified)))));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| error.to_string())?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&shown);
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        // HTTP/2 has no reason phrases, by which refused clients learn why.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, provider, shown, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Reads the files again when they have changed, until `stop`. Half of a new pair keeps the old one.
    pub(crate) async fn follow(&self, stop: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let looked = self.look();
            match &looked {
                Ok(true) => {
                    tracing::info!(certificate = %self.files.certificate.display(), "the certificate was renewed");
                }
                Err(why) if told.as_ref() != Some(why) => tracing::error!("the certificate stays the old one: {why}"),
                Ok(false) | Err(_) => {}
            }
            told = looked.err();
        }
    }

    /// Whether there is another certificate.
    fn look(&self) -> Result<bool, String> {
        let texts = self.files.read()?;
        if self.shown.0.read().unwrap_or_else(PoisonError::into_inner).0 == texts {
            return Ok(false);
        }
        let certified = Arc::new(self.files.certified(&texts, &self.provider)?);
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = (texts, certified);
        Ok(true)
    }
}
