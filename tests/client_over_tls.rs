//! The client over real TLS: a CA of one's own is trusted when named, and refused with a sentence when not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use watchfloor::client::{Client, Target};

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn openssl(dir: &Path, line: &str) {
    let done = Command::new("openssl").args(line.split(' ')).current_dir(dir).stderr(Stdio::null()).status();
    assert!(done.expect("openssl must be installed").success(), "openssl {line}");
}

fn server(dir: &Path) -> Server {
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(dir, &format!("req -x509 {curve} -keyout ca.key -out ca.pem -subj /CN=Test-CA"));
    openssl(dir, &format!("req {curve} -keyout a.key -out a.csr -subj /CN=localhost").replace(" -days 2", ""));
    std::fs::write(dir.join("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    openssl(dir, "x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out a.pem -extfile ext");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let accept = port.to_string();
    let child = Command::new("openssl")
        .args(["s_server", "-quiet", "-www", "-cert", "a.pem", "-key", "a.key", "-accept", &accept])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(since.elapsed() < Duration::from_secs(10), "openssl s_server did not start");
        std::thread::yield_now();
    }
    Server { child, port }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs openssl"]
async fn a_ca_of_ones_own_is_trusted_when_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(dir.path());
    let ca = std::fs::read(dir.path().join("ca.pem")).unwrap();
    let call = async |ca: Option<Vec<u8>>| {
        let url = format!("https://localhost:{}", server.port);
        let target = Target { url, token: Some("wf_x".into()), ssh_client: None, ca, allow_http: false };
        Client::new(target).unwrap().version().await.unwrap_err().to_string()
    };
    // It speaks TLS, but is no platform: getting that far means that the certificate was accepted.
    let trusted = call(Some(ca)).await;
    assert!(trusted.contains("not a Watchfloor platform"), "{trusted}");
    let unknown = call(None).await;
    assert!(unknown.contains("certificate") && unknown.contains("ca_file"), "{unknown}");
}
