//! Which platform is spoken to: what was asked for, else the environment, else the settings, else the embedded one.

use super::{Env, Error, Settings};
use crate::text::near::distance;
use crate::text::visible::escape;
use std::net::IpAddr;
use std::path::PathBuf;

/// The name that stands for the platform inside the console.
pub const EMBEDDED: &str = "embedded";

/// A platform elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name in the settings; its URL when it has none.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Send the token over plain http.
    pub allow_http: bool,
}

/// The server to speak to; nothing means the embedded platform. `asked` is a name or a URL from the command line; then
/// count `WATCHFLOOR_URL`, `WATCHFLOOR_SERVER` and the settings' `default_server`, in this order.
///
/// # Errors
/// There is no server of that name.
pub fn choose(asked: Option<&str>, env: Env<'_>, settings: &Settings) -> Result<Option<Server>, Error> {
    let named = asked
        .map(str::to_owned)
        .or_else(|| env("WATCHFLOOR_URL"))
        .or_else(|| env("WATCHFLOOR_SERVER"))
        .or_else(|| settings.default_server.clone());
    let Some(name) = named.filter(|name| name != EMBEDDED) else { return Ok(None) };
    // A URL of a server we know brings that server's certificates with it.
    let known = settings.server.iter().find(|(key, server)| **key == name || same_url(&server.url, &name));
    if let Some((key, server)) = known {
        return Ok(Some(Server {
            name: key.clone(),
            url: server.url.clone(),
            ca_file: server.ca_file.clone(),
            allow_http: server.allow_http,
        }));
    }
    if name.contains("://") {
        return Ok(Some(Server { name: name.clone(), url: name, ca_file: None, allow_http: false }));
    }
    Err(unknown(&name, settings))
}

/// Where the operator sits when they came to this host over SSH: the platform must never block that address.
#[must_use]
pub fn ssh_client(env: Env<'_>) -> Option<IpAddr> {
    // A link-local address comes with its interface: fe80::1%eth0.
    let bare = |text: &str| text.split_whitespace().next()?.split('%').next()?.parse::<IpAddr>().ok();
    ["SSH_CONNECTION", "SSH_CLIENT"].into_iter().find_map(|name| bare(&env(name)?)).map(|ip| ip.to_canonical())
}

fn same_url(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn unknown(name: &str, settings: &Settings) -> Error {
    let mut names: Vec<&str> = settings.server.keys().map(String::as_str).collect();
    names.sort_by_key(|known| distance(name, known));
    let known = match names.as_slice() {
        [] => format!("none is: add [server.{}] with its url, or give a URL", escape(name)),
        names => format!("there are: {}", escape(&names.join(", "))),
    };
    Error::NoServer { name: escape(name).into_owned(), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let text = "default_server = \"prod\"\n[server.prod]\nurl = \"https://a.example\"\nca_file = \"/ca\"\n\
                    [server.lab]\nurl = \"http://b.example\"\nallow_http = true\n";
        Settings::parse(text, std::path::Path::new("x")).unwrap()
    }

    fn chosen(asked: Option<&str>, vars: &[(&str, &str)]) -> String {
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        match choose(asked, &env, &settings()) {
            Ok(Some(server)) => format!("{} {} {}", server.name, server.url, server.ca_file.is_some()),
            Ok(None) => EMBEDDED.into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_nearest_word_wins() {
        assert_eq!(chosen(None, &[]), "prod https://a.example true");
        assert_eq!(chosen(None, &[("WATCHFLOOR_SERVER", "lab")]), "lab http://b.example false");
        let both = [("WATCHFLOOR_SERVER", "lab"), ("WATCHFLOOR_URL", "https://c.example")];
        assert_eq!(chosen(None, &both), "https://c.example https://c.example false");
        assert_eq!(chosen(Some("https://a.example/"), &both), "prod https://a.example true");
        assert_eq!(chosen(Some("embedded"), &both), EMBEDDED);
        assert_eq!(choose(None, &|_| None, &Settings::default()).unwrap(), None);
        assert_eq!(chosen(Some("prdo"), &[]), "there is no server \"prdo\" in the settings; there are: prod, lab");
    }

    #[test]
    fn the_operators_address_is_the_first_word_of_ssh_connection() {
        let from = |text: &'static str| ssh_client(&move |name| (name == "SSH_CONNECTION").then(|| text.to_owned()));
        assert_eq!(from("192.0.2.7 50022 10.0.0.1 22"), "192.0.2.7".parse().ok());
        assert_eq!(from("fe80::1%eth0 50022 fe80::2 22"), "fe80::1".parse().ok());
        assert_eq!(from("::ffff:192.0.2.7 1 2 3"), "192.0.2.7".parse().ok());
        assert_eq!(from("nonsense"), None);
        assert_eq!(ssh_client(&|_| None), None);
    }
}
