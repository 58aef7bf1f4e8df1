//! Certificates for a server, made anew for each: none lies in the repository, to be out of date one day.

use std::process::Command;

use crate::directory::Directory;
use crate::program;

/// The authority's certificate, which a client is to trust.
pub(crate) const AUTHORITY: &str = "authority.pem";

/// The server's own: of 127.0.0.1 and "localhost".
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

const NEW: &str = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";

/// Makes an authority and what it says of this server, and returns the settings that use both.
///
/// Two certificates, since what a client trusts must not be what the server shows: strict ones refuse that.
pub(crate) fn settings(directory: &Directory, port: u16) -> Result<Vec<String>, String> {
    let authority = format!("{NEW} -keyout authority-key.pem -out {AUTHORITY} -subj /CN=authority");
    let own = format!(
        "{NEW} -CA {AUTHORITY} -CAkey authority-key.pem -keyout {KEY} -out {CERTIFICATE} -subj /CN=localhost \
         -addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:FALSE"
    );
    run(directory, &authority)?;
    run(directory, &own)?;
    let file = |name| directory.file(name).display().to_string();
    let settings = [
        ["--tls-port".to_owned(), port.to_string()],
        ["--tls-cert-file".to_owned(), file(CERTIFICATE)],
        ["--tls-key-file".to_owned(), file(KEY)],
        ["--tls-ca-cert-file".to_owned(), file(AUTHORITY)],
        ["--tls-auth-clients".to_owned(), "no".to_owned()],
    ];
    Ok(settings.concat())
}

fn run(directory: &Directory, arguments: &str) -> Result<(), String> {
    let openssl = program::on_path(&["openssl"]);
    let openssl = openssl.ok_or("no openssl on PATH, and a server with TLS needs a certificate")?;
    let made = Command::new(openssl)
        .args(arguments.split_whitespace())
        .current_dir(directory.path())
        .output()
        .map_err(|error| format!("cannot start openssl: {error}"))?;
    if made.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&made.stderr);
    Err(format!("openssl {arguments} failed (3.0 or later is needed):\n{error}"))
}
