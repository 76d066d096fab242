//! Guessing passwords over HTTP: at login forms, token endpoints, XML-RPC, and by HTTP authentication.
//!
//! The status tells where it can: 401, 403 and 429; 200 from a form that others leave with a redirect. Where it does not
//! tell, the proportions do: whoever sends one form after the other and asks for hardly anything else is not signing
//! in. An office behind one address signs in all morning, too, but then it works.

use super::super::seen::{Distinct, Evidence, Finding, Seen, Spec};
use super::Limits;
use super::recent::Told;
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::record::HttpRecord;
use crate::query::row::path;
use crate::text::human;
use std::net::IpAddr;

pub(super) const SPEC: Spec = Spec {
    rule: "auth.http_burst",
    title: "Password guessing over HTTP",
    class: "brute_force",
    kind: DetectionKind::Behaviour,
    techniques: &["T1110.001", "T1110.004"],
};

const PATHS_MAX: usize = 16;

/// What a path is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// A form; its answer of 200 is the form again.
    Redirecting,
    /// A form or call that may answer 200 either way.
    Form,
    /// Programs fetch tokens here all day.
    Token,
}

/// One client's tries.
#[derive(Default)]
pub(in super::super) struct Forms {
    start: i64,
    /// Answered with a refusal; answered so that it may be one; sent at all.
    refused: u32,
    doubtful: u32,
    posts: u32,
    /// Requests for anything else since then.
    other: u32,
    /// Answers 401 to whatever it was.
    unauthorized: u32,
    paths: Distinct,
    evidence: Evidence,
    told: Told,
}

/// Takes a request in that reached the application.
pub(in super::super) fn observe(
    limits: &Limits,
    seen: &Seen<'_>,
    ip: IpAddr,
    http: &HttpRecord<'_>,
    slot: &mut Option<Box<Forms>>,
    out: &mut Vec<Detection>,
) {
    let post = http.method.len() == 4 && http.method.eq_ignore_ascii_case("post");
    let door = if post { door(&http.url) } else { None };
    if door.is_none() && http.status != 401 {
        if let Some(forms) = slot {
            forms.other = forms.other.saturating_add(1);
        }
        return;
    }
    // A user that the log names is the other detectors' matter.
    let named = seen.record.user.as_deref().is_some_and(|u| !u.is_empty() && u != "-");
    if door.is_none() && named {
        return;
    }
    let forms = slot.get_or_insert_default();
    forms.sent(limits, seen, http, door);
    forms.say(limits, seen, ip, out);
}

impl Forms {
    fn sent(&mut self, limits: &Limits, seen: &Seen<'_>, http: &HttpRecord<'_>, door: Option<Door>) {
        let time = seen.time();
        let passed = time.saturating_sub(self.start);
        if self.posts + self.unauthorized == 0 || !(0..=limits.form_window_ms).contains(&passed) {
            let told = std::mem::take(&mut self.told);
            *self = Self { start: time, told, ..Self::default() };
        }
        let refused = matches!(http.status, 400 | 401 | 403 | 422 | 423 | 429);
        if door == Some(Door::Token) && !refused {
            self.other = self.other.saturating_add(1);
            return;
        }
        self.evidence.add(seen.event);
        self.paths.add(PATHS_MAX, path(&http.url));
        let Some(door) = door else {
            self.unauthorized += 1;
            return;
        };
        self.posts += 1;
        match (door, http.status) {
            (Door::Redirecting, 200) => self.refused += 1,
            _ if refused => self.refused += 1,
            (Door::Form, 0..=299 | 400..) => self.doubtful += 1,
            _ => {}
        }
    }

    fn say(&mut self, limits: &Limits, seen: &Seen<'_>, ip: IpAddr, out: &mut Vec<Detection>) {
        let time = seen.time();
        let span = time.saturating_sub(self.start);
        let fast = span <= limits.form_fast_ms;
        // Proportions: refusals outnumber what passed; forms outnumber pages.
        let clear = self.refused >= limits.form_refused && self.refused * 2 > self.posts;
        let lone = self.posts >= limits.form_posts && self.posts > 2 * self.other && self.posts > self.refused;
        let blind = fast && lone && self.doubtful * 2 >= self.posts || lone && self.posts >= 3 * limits.form_posts;
        let basic = fast && self.unauthorized >= limits.form_unauthorized && self.unauthorized > 4 * self.other;
        let (count, confidence, what) = if clear {
            (self.refused, 0.8, format!("{} of {} logins refused", self.refused, self.posts))
        } else if blind {
            let what = format!("{} logins sent and only {} requests for anything else", self.posts, self.other);
            (self.posts, 0.65, what)
        } else if basic {
            let what = format!("{} requests answered 401 and only {} others", self.unauthorized, self.other);
            (self.unauthorized, 0.6, what)
        } else {
            return;
        };
        if !self.told.is_news(time, usize::try_from(count).unwrap_or(usize::MAX), limits.form_window_ms) {
            return;
        }
        let why = format!(
            "{what} within {} at {}; would not have alerted below {} refused, {} sent in {} without visiting pages, or {} \
             answers 401",
            human::duration(span),
            self.paths.examples(),
            limits.form_refused,
            limits.form_posts,
            human::duration(limits.form_fast_ms),
            limits.form_unauthorized,
        );
        let (severity, entity, evidence) = (Severity::Medium, EntityRef::address(ip), &self.evidence);
        let count = u64::from(count);
        out.push(seen.detection(&SPEC, Finding { severity, confidence, entity, why, evidence, count }));
    }
}

/// What a POST to this URL is, if it is a login. Decided by the last two parts of the path, whatever is before them.
fn door(url: &str) -> Option<Door> {
    const LOGIN: [&str; 13] = [
        "login",
        "signin",
        "sign-in",
        "sign_in",
        "log-in",
        "logon",
        "auth",
        "authenticate",
        "j_security_check",
        "j_spring_security_check",
        "do_login",
        "dologin",
        "checklogin",
    ];
    const TOKEN: [&str; 8] = ["token", "tokens", "oauth", "oauth2", "access_token", "jwt", "session", "sessions"];
    let mut parts = path(url).rsplit('/').filter(|p| !p.is_empty());
    let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if last.len() > 64 {
        return None;
    }
    let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
    if is(last, "wp-login.php") {
        return Some(Door::Redirecting);
    }
    if is(last, "xmlrpc.php") || is(before, "administrator") && is(last, "index.php") {
        return Some(Door::Form);
    }
    // `login.php`, `Login.aspx`, `signin.do`.
    let stem = last.split_once('.').map_or(last, |(stem, _)| stem);
    if TOKEN.iter().any(|w| is(stem, w)) {
        return Some(Door::Token);
    }
    let ends = |word: &&str| {
        let at = stem.len().checked_sub(word.len());
        at.and_then(|at| stem.get(at..)).is_some_and(|tail| is(tail, word))
    };
    if LOGIN.iter().any(|w| is(stem, w)) || ["login", "signin", "logon"].iter().any(ends) {
        return Some(Door::Form);
    }
    // `/login/account`, `/auth/password`, `/users/authenticate/basic`.
    let below = ["login", "signin", "auth"].iter().any(|w| is(before, w));
    (below && ["account", "password", "local", "basic", "check", "submit", "verify"].iter().any(|w| is(stem, w)))
        .then_some(Door::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_are_known_by_their_last_parts() {
        for url in [
            "/login",
            "/user/login?next=/",
            "/users/sign_in",
            "/Login.aspx",
            "/admin/login.php",
            "/administrator/index.php",
            "/index.php/login",
            "/api/v1/auth",
            "/api/auth/login",
            "/wp/xmlrpc.php",
            "/auth/realms/x/login-actions/authenticate",
            "/j_security_check",
            "/Users/AuthenticateByName/../signin",
            "/login/account",
            "/userlogin",
        ] {
            assert_eq!(door(url), Some(Door::Form), "{url}");
        }
        assert_eq!(door("/blog/wp-login.php"), Some(Door::Redirecting));
        assert_eq!(door("/realms/master/protocol/openid-connect/token"), Some(Door::Token));
        for url in ["/", "", "/blog/how-to-login-safely", "/authors", "/static/login.css/x", "/api/orders", "/é/ü"] {
            assert_eq!(door(url), None, "{url}");
        }
    }
}
