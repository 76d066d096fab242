//! Sessions: finding the session's secret in a request and turning it into a fingerprint that may be stored.

pub use crate::platform::session::fingerprint;

/// Cookie names taken as sessions when nothing else is configured.
pub const COOKIES: &[&str] = &["session", "sessionid", "sid", "PHPSESSID", "JSESSIONID", "connect.sid"];

/// Every session secret of a request. All of them count: a client that adds a second cookie must not hide the
/// revoked one behind it.
pub fn secrets<'a>(cookie: &'a str, authorization: &'a str, names: &'a [String]) -> impl Iterator<Item = &'a str> {
    let cookies = cookie.split(';').filter_map(move |pair| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        let value = value.trim().trim_matches('"');
        (!value.is_empty() && names.iter().any(|n| n.eq_ignore_ascii_case(name))).then_some(value)
    });
    cookies.chain(bearer(authorization))
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        COOKIES.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn every_session_of_a_request_is_found() {
        let names = names();
        let found = |cookie, auth| secrets(cookie, auth, &names).collect::<Vec<_>>();
        assert_eq!(found("a=1; sid=decoy; SID=\"real\" ;phpsessid=p", "bearer  tok"), ["decoy", "real", "p", "tok"]);
        assert_eq!(found("", "Basic dXNlcg=="), Vec::<&str>::new());
        assert_eq!(found("sid=; ;=;sid", ""), Vec::<&str>::new());
    }
}
