//! Ordinary traffic: people who read, shop and log in, search engines that keep their pace, administrators.

use super::geography;
use super::scene::{Ask, Client, Scene};

/// Visitors are numbered from 1 up to below this, and so are the first of them, who are administrators as well.
const VISITORS: i64 = 601;
const ADMINISTRATORS: i64 = 7;

/// Browsers.
pub const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
];

const ENGINES: [&str; 3] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
];

const CAME_FROM: [&str; 5] =
    ["", "", "https://www.google.com/", "https://duckduckgo.com/", "https://news.example/today"];
const SITE: &str = "https://shop.example";
const ASSETS: [&str; 8] = [
    "/static/site.css",
    "/static/app.js",
    "/static/fonts/inter.woff2",
    "/static/img/logo.svg",
    "/static/img/hero.webp",
    "/static/img/cart.svg",
    "/static/vendor.js",
    "/static/img/banner.webp",
];
const SEARCHES: [&str; 6] =
    ["walking+boots", "rain+jacket", "tent+2+person", "men%27s+socks", "r%C3%BCcksack", "select+size+chart"];

/// The path of some page of the shop.
pub fn page(scene: &mut Scene<'_>) -> String {
    let n = scene.rng.between(1, 400);
    match scene.rng.between(0, 10) {
        0 | 1 => "/".to_owned(),
        2 | 3 => format!("/category/{}/", scene.rng.pick(&["boots", "jackets", "tents", "maps", "sale"])),
        4..7 => format!("/item/{n}.html"),
        7 => format!("/search?q={}&page={}", scene.rng.pick(&SEARCHES), scene.rng.between(1, 4)),
        8 => format!("/blog/2026/{:02}/post-{n}.html", scene.rng.between(1, 12)),
        _ => scene.rng.pick(&["/about.html", "/contact.html", "/shipping.html", "/faq.html"]).to_owned(),
    }
}

/// A person who looks at a few pages, and sometimes logs in.
pub fn person(scene: &mut Scene<'_>) {
    let visitor = scene.rng.between(1, VISITORS);
    let ip = geography::visitor(scene.rng, visitor);
    let mut client = Client { ip, agent: AGENTS[visitor as usize % AGENTS.len()], user: None };
    let mut referer = scene.rng.pick(&CAME_FROM).to_owned();
    let known = scene.rng.chance(35);
    let pages = scene.rng.between(1, 6);
    for nth in 0..pages {
        let url = page(scene);
        // Links rot: now and then one leads nowhere.
        let status = if scene.rng.chance(2) { 404 } else { 200 };
        scene.ask(&client, Ask { method: "GET", url: &url, status, referer: &referer });
        let here = format!("{SITE}{url}");
        if nth == 0 {
            load(scene, &client, &here, known);
        } else {
            scene.wait(60, 250);
            let picture = format!("/static/img/item-{}.webp", scene.rng.between(1, 400));
            scene.ask(&client, Ask { method: "GET", url: &picture, status: 200, referer: &here });
        }
        scene.wait(4_000, 22_000);
        if nth == 1 && scene.rng.chance(20) {
            log_in(scene, &mut client, visitor, &here);
        }
        referer = here;
    }
}

/// What a page brings with it; browsers that know it ask whether it changed.
fn load(scene: &mut Scene<'_>, client: &Client, page: &str, known: bool) {
    scene.wait(80, 300);
    for asset in ASSETS.iter().take(scene.rng.between(2, 7) as usize) {
        let status = if known && scene.rng.chance(60) { 304 } else { 200 };
        scene.ask(client, Ask { method: "GET", url: asset, status, referer: page });
        scene.wait(5, 70);
    }
}

/// A login, with a mistyped password before it now and then.
fn log_in(scene: &mut Scene<'_>, client: &mut Client, visitor: i64, page: &str) {
    scene.ask(client, Ask { method: "GET", url: "/login", status: 200, referer: page });
    scene.wait(5_000, 12_000);
    let form = "https://shop.example/login";
    if scene.rng.chance(15) {
        scene.ask(client, Ask { method: "POST", url: "/login", status: 401, referer: form });
        scene.wait(4_000, 9_000);
    }
    client.user = Some(format!("visitor{visitor}"));
    scene.ask(client, Ask { method: "POST", url: "/login", status: 302, referer: form });
    scene.wait(40, 160);
    scene.ask(client, Ask { method: "GET", url: "/account/", status: 200, referer: form });
    scene.wait(3_000, 9_000);
}

/// A search engine's polite round.
pub fn search_engine(scene: &mut Scene<'_>) {
    let client = Client { ip: geography::search_engine(scene.rng), agent: scene.rng.pick(&ENGINES), user: None };
    scene.ask(&client, Ask { method: "GET", url: "/robots.txt", status: 200, referer: "" });
    for _ in 0..scene.rng.between(4, 12) {
        scene.wait(2_000, 6_000);
        let url = page(scene);
        let status = scene.rng.pick(&[200, 200, 200, 200, 200, 200, 301, 304, 200, 404]);
        scene.ask(&client, Ask { method: "GET", url: &url, status, referer: "" });
    }
}

/// An administrator who logs in over SSH, does something and leaves.
pub fn administrator(scene: &mut Scene<'_>) {
    let visitor = scene.rng.between(1, ADMINISTRATORS);
    let (ip, pid) = (geography::visitor(scene.rng, visitor), scene.rng.between(2_000, 60_000));
    let (user, port) = (format!("visitor{visitor}"), scene.rng.between(32_000, 61_000));
    if scene.rng.chance(12) {
        scene.ssh(pid, &format!("Failed password for {user} from {ip} port {port} ssh2"));
        scene.wait(3_000, 7_000);
        scene.ssh(pid, &format!("Accepted password for {user} from {ip} port {port} ssh2"));
    } else {
        let key = "ED25519 SHA256:Zm9yIHRoZSBkcmlsbCBvbmx5LCBub3QgYSByZWFsIGtleQ";
        scene.ssh(pid, &format!("Accepted publickey for {user} from {ip} port {port} ssh2: {key}"));
    }
    scene.ssh(pid, &format!("pam_unix(sshd:session): session opened for user {user}(uid=1001) by {user}(uid=0)"));
    scene.wait(20_000, 120_000);
    scene.ssh(pid, &format!("Received disconnect from {ip} port {port}:11: disconnected by user"));
    scene.ssh(pid, &format!("Disconnected from user {user} {ip} port {port}"));
    scene.ssh(pid, &format!("pam_unix(sshd:session): session closed for user {user}"));
}
