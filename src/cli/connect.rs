//! From flags, environment and settings to a platform that can be called: which one, with which token.

use super::Global;
use super::modes::nothing_runs;
use crate::api::{Problem, ProblemKind, Reply, Wire};
use crate::client::{Client, Target};
use crate::config::{self, Ladder, Paths, Running, Server, Settings, SystemVault};
use crate::export::Remote;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Directories and settings of this run.
#[derive(Debug, Clone)]
pub struct Here {
    /// Directories, with `--config-dir` and `--data-dir` applied.
    pub paths: Paths,
    /// The settings.
    pub settings: Settings,
}

impl Here {
    /// Reads the settings. A directory comes from its flag, else the environment, else the settings, else the system's
    /// convention.
    ///
    /// # Errors
    /// There is no home directory, or the settings make no sense.
    pub fn read(global: &Global) -> Result<Self, Problem> {
        let env = |name: &str| {
            let flag = match name {
                "WATCHFLOOR_CONFIG_DIR" => global.config_dir.as_ref(),
                "WATCHFLOOR_DATA_DIR" => global.data_dir.as_ref(),
                _ => None,
            };
            flag.map(|dir| dir.to_string_lossy().into_owned()).or_else(|| config::environment(name))
        };
        let mut paths = Paths::find(&env)?;
        let settings = Settings::load(&paths.settings())?;
        if let Some(dir) = &settings.platform.data_dir
            && env("WATCHFLOOR_DATA_DIR").is_none()
        {
            paths.data = dir.clone();
        }
        Ok(Self { paths, settings })
    }

    /// The server to speak to; nothing means the platform on this host.
    ///
    /// # Errors
    /// There is none of that name, or two were named.
    pub fn server(&self, global: &Global) -> Result<Option<Server>, Problem> {
        if global.url.is_some() && global.server.is_some() {
            return Err(Problem::new(
                ProblemKind::Usage,
                "--url and --server are both given",
                "they name a platform each",
            )
            .hint("Leave one of them out."));
        }
        if let Some(url) = &global.url
            && !url.contains("://")
        {
            return Err(Problem::new(ProblemKind::Usage, format!("\"{url}\" is no URL"), "it has no scheme")
                .hint("Write for example https://watch.example.net, or use --server with a name of the settings."));
        }
        let asked = global.url.as_deref().or(global.server.as_deref());
        Ok(config::choose(asked, &config::environment, &self.settings)?)
    }

    /// Where tokens of other platforms are looked for.
    fn ladder<'a>(&self, url: &'a str, global: &Global, vault: &'a SystemVault) -> Ladder<'a> {
        Ladder {
            url,
            token_file: global.token_file.clone(),
            variable: config::environment("WATCHFLOOR_TOKEN"),
            dir: self.paths.credentials(),
            vault,
        }
    }

    /// The URL whose token is meant by `auth`.
    fn url(&self, global: &Global) -> Result<String, Problem> {
        self.server(global)?.map(|server| server.url).ok_or_else(|| {
            Problem::new(ProblemKind::Usage, "No server is named", "the platform on this host needs no stored token")
                .hint("Name one with --url or --server, or set default_server in the settings.")
        })
    }

    /// What to call and as whom; the token is absent when none is known for a server.
    ///
    /// # Errors
    /// Nothing runs here and no server was named, or a file cannot be used.
    pub fn target(&self, global: &Global) -> Result<Target, Problem> {
        let ssh_client = config::ssh_client(&config::environment);
        let Some(server) = self.server(global)? else {
            let running = Running::read(&self.paths.data)?.ok_or_else(nothing_runs)?;
            let vault = SystemVault::default();
            let named = match &global.token_file {
                Some(_) => self.ladder(&running.url, global, &vault).find()?.map(|found| found.token),
                None => None,
            };
            let token = Some(named.unwrap_or(running.token));
            return Ok(Target { url: running.url, token, ssh_client, ca: None, allow_http: false });
        };
        let vault = SystemVault::default();
        let token = self.ladder(&server.url, global, &vault).find()?.map(|found| found.token);
        let ca = match &server.ca_file {
            Some(path) => Some(std::fs::read(path).map_err(|e| {
                Problem::new(ProblemKind::Usage, format!("{} cannot be read", path.display()), e.to_string())
                    .hint("It is the ca_file of this server in the settings.")
            })?),
            None => None,
        };
        Ok(Target { url: server.url, token, ssh_client, ca, allow_http: server.allow_http })
    }
}

/// A client with a limit on how long one answer may take.
struct Line {
    client: Client,
    limit: Option<Duration>,
}

impl Remote for Line {
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        Box::pin(async move {
            let Some(limit) = self.limit else { return self.client.send(wire).await };
            tokio::time::timeout(limit, self.client.send(wire)).await.unwrap_or_else(|_| {
                Err(Problem::new(
                    ProblemKind::Unreachable,
                    format!("{} did not answer in time", self.client.url()),
                    format!("the limit was {} s", limit.as_secs()),
                )
                .hint("Give it longer with --timeout, or look at the platform's load."))
            })
        })
    }
}

impl Remote for Client {
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>> {
        Box::pin(Self::send(self, wire))
    }
}

/// The platform that flags, environment and settings name.
///
/// # Errors
/// None is named and none runs here, or there is no token for it.
pub fn remote(global: &Global) -> Result<Box<dyn Remote>, Problem> {
    let here = Here::read(global)?;
    let target = here.target(global)?;
    if target.token.is_none() {
        return Err(Problem::new(
            ProblemKind::Unauthenticated,
            format!("There is no token for {}", target.url),
            "neither --token-file, WATCHFLOOR_TOKEN nor the credential store has one",
        )
        .hint("Keep one with `watchfloor auth login`, or name a file with --token-file."));
    }
    Ok(Box::new(Line { client: Client::new(target)?, limit: global.timeout }))
}

/// Keeps a token; returns a sentence on where.
///
/// # Errors
/// No server is named, or there is no safe place.
pub fn sign_in(global: &Global, token: &str, insecure: bool) -> Result<String, Problem> {
    let here = Here::read(global)?;
    let url = here.url(global)?;
    let vault = SystemVault::default();
    let place = here.ladder(&url, global, &vault).store(token, insecure)?;
    Ok(format!("the token for {url} is kept in {place}"))
}

/// Forgets the token kept; returns a sentence.
///
/// # Errors
/// No server is named, or our own file cannot be removed.
pub fn sign_out(global: &Global) -> Result<String, Problem> {
    let here = Here::read(global)?;
    let url = here.url(global)?;
    let vault = SystemVault::default();
    Ok(match here.ladder(&url, global, &vault).forget()? {
        Ok(()) => format!("the token for {url} is forgotten"),
        Err(why) => format!("no file holds a token for {url}; the keyring could not be asked: {why}"),
    })
}

/// A sentence on where the token comes from.
///
/// # Errors
/// The settings make no sense.
pub fn credential(global: &Global) -> Result<String, Problem> {
    let here = Here::read(global)?;
    let vault = SystemVault::default();
    Ok(match here.server(global)? {
        Some(server) => here.ladder(&server.url, global, &vault).describe(),
        None if global.token_file.is_some() => here.ladder("the platform on this host", global, &vault).describe(),
        None if Running::read(&here.paths.data)?.is_none() => {
            "None is needed: no server is named and no platform runs on this host.".into()
        }
        None => format!("The token comes from {}.", Running::path(&here.paths.data).display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_server_the_platform_on_this_host_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let global = Global {
            config_dir: Some(dir.path().join("config")),
            data_dir: Some(dir.path().join("data")),
            server: Some(config::EMBEDDED.into()),
            ..Global::default()
        };
        let here = Here::read(&global).unwrap();
        assert_eq!(here.target(&global).unwrap_err().kind, ProblemKind::Unreachable);
        let running = Running { url: "http://127.0.0.1:7440".into(), token: "wf_x".into() };
        running.write(&here.paths.data).unwrap();
        let target = here.target(&global).unwrap();
        assert_eq!((target.url, target.token), (running.url, Some(running.token)));
    }
}
