//! What daemons say, a sample or more of each, and names that pretend to be something else.

use super::*;
use crate::api::Class;
use proptest::prelude::*;

const A: &str = "198.51.100.7";

/// The judgement, user and address of a message; `other` for what is no logon.
fn read<'m>(program: &str, text: &'m str) -> Option<(&'static str, &'m str, String)> {
    let said = understand(program, text)?;
    let word = match (said.class, said.activity, said.outcome.unwrap_or(Outcome::Unknown)) {
        (Class::AUTHENTICATION, 1, Outcome::Success) => "ok",
        (Class::AUTHENTICATION, 1, Outcome::Failure) => "fail",
        (Class::AUTHENTICATION, 1, _) => "try",
        (Class::AUTHENTICATION, ..) => "out",
        (_, _, Outcome::Failure) => "odd",
        _ => said.deed.map_or("note", |deed| deed.action),
    };
    let user = said.user.or(said.deed.map(|deed| deed.object)).unwrap_or("");
    Some((word, user, said.src_ip.map(|ip| ip.to_string()).unwrap_or_default()))
}

#[test]
fn the_table_is_read_in_whole() {
    let rows = include_str!("patterns.txt").lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '['])).count();
    assert_eq!(TABLE.rows.len(), rows);
    for row in &TABLE.rows {
        assert!(row.pattern.anchor().len() >= 4, "{:?} is found in anything", row.pattern);
    }
    assert!(TABLE.anchors.is_some());
}

/// Program, what is expected, user, message. Every message's address is [`A`], unless it holds none.
const SAMPLES: &[(&str, &str, &str, &str)] = &[
    ("dropbear", "fail", "root", "Bad password attempt for 'root' from 198.51.100.7:50000"),
    ("dropbear", "fail", "", "Login attempt for nonexistent user from 198.51.100.7:50000"),
    (
        "dropbear",
        "fail",
        "x' from 192.0.2.1:1",
        "Login attempt for nonexistent user 'x' from 192.0.2.1:1' from 198.51.100.7:50000",
    ),
    (
        "dropbear",
        "ok",
        "bob",
        "Pubkey auth succeeded for 'bob' with ssh-ed25519 key SHA256:abc from 198.51.100.7:50000",
    ),
    (
        "dropbear",
        "try",
        "",
        "Exit before auth from <198.51.100.7:50000>: (user 'root', 3 fails): Max auth tries reached",
    ),
    ("", "fail", "bob", r#"[12] bob@shop 198.51.100.7(4711) FATAL:  password authentication failed for user "bob""#),
    ("", "fail", "", "[Warning] Failed login attempt. 198.51.100.7"),
    (
        "",
        "fail",
        "bob",
        r#"info [cpaneld] 198.51.100.7 - bob "POST /login/?login_only=1 HTTP/1.1" FAILED LOGIN cpaneld: user password incorrect"#,
    ),
    (
        "",
        "fail",
        "",
        "INFO 198.51.100.7\tjoomlafailure\tUsername and password do not match or you do not have an account yet.",
    ),
    (
        "SEC_LOGIN",
        "fail",
        "bob",
        "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: bob] [Source: 198.51.100.7] [localport: 22] [Reason: x] at 13:55",
    ),
    (
        "radius-proxy",
        "fail",
        "bob",
        "Login incorrect (pap: does not match): user bob (from client nas port 0 cli 198.51.100.7)",
    ),
    ("su", "su", "root", "(to root) bob on pts/1"),
    ("su", "odd", "root", "FAILED SU (to root) bob on pts/1"),
    ("doas", "doas", "bob", "bob ran command /bin/sh as root from /home/bob"),
    (
        "useradd",
        "useradd",
        "mallory",
        "new user: name=mallory, UID=1001, GID=1001, home=/home/mallory, shell=/bin/sh, from=/dev/pts/1",
    ),
    ("usermod", "usermod", "sudo", "add 'mallory' to group 'sudo'"),
    ("gpasswd", "gpasswd", "wheel", "user mallory added by root to group wheel"),
    ("groupadd", "groupadd", "staff2", "new group: name=staff2, GID=1002"),
    ("userdel", "userdel", "bob", "delete user 'bob'"),
    ("passwd", "passwd", "bob", "password for 'bob' changed by 'root'"),
    ("systemd-logind", "note", "bob", "New session 5 of user bob."),
    ("postfix/smtpd", "fail", "", "warning: unknown[198.51.100.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"),
    (
        "postfix/submission/smtpd",
        "fail",
        "bob@example.com",
        "warning: host.example[198.51.100.7]: SASL PLAIN authentication failed: authentication failure, sasl_username=bob@example.com",
    ),
    (
        "postfix/smtpd",
        "fail",
        "x[192.0.2.1]: SASL PLAIN authentication failed: y",
        "warning: unknown[198.51.100.7]: SASL LOGIN authentication failed: bad, sasl_username=x[192.0.2.1]: SASL PLAIN authentication failed: y",
    ),
    ("postfix/smtpd", "try", "", "lost connection after AUTH from unknown[198.51.100.7]"),
    ("postfix/smtpd", "odd", "", "too many errors after AUTH from unknown[198.51.100.7]"),
    (
        "postfix/smtpd",
        "odd",
        "",
        "NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 454 4.7.1 <a@b.example>: Relay access denied; from=<c@[192.0.2.1]> to=<a@b.example>",
    ),
    ("postfix/smtpd", "ok", "bob", "4D2F51A2: client=host.example[198.51.100.7], sasl_method=PLAIN, sasl_username=bob"),
    (
        "dovecot",
        "fail",
        "bob",
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<bob>, method=PLAIN, rip=198.51.100.7, lip=10.0.0.1, TLS, session=<x>",
    ),
    (
        "dovecot",
        "fail",
        "bob",
        "pop3-login: Aborted login (auth failed, 3 attempts): user=<bob>, method=PLAIN, rip=::ffff:198.51.100.7, lip=10.0.0.1",
    ),
    (
        "dovecot",
        "fail",
        "bob",
        "imap-login: Login aborted: Connection closed (auth failed, 1 attempts in 5 secs) (auth_failed): user=<bob>, method=PLAIN, rip=198.51.100.7, lip=10.0.0.1, TLS",
    ),
    (
        "dovecot",
        "fail",
        "a>, method=X, rip=192.0.2.1, y",
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<a>, method=X, rip=192.0.2.1, y>, method=PLAIN, rip=198.51.100.7, lip=10.0.0.1",
    ),
    (
        "dovecot",
        "try",
        "",
        "imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=198.51.100.7, lip=10.0.0.1, TLS",
    ),
    (
        "dovecot",
        "ok",
        "bob",
        "imap-login: Login: user=<bob>, method=PLAIN, rip=198.51.100.7, lip=10.0.0.1, mpid=5, TLS",
    ),
    ("dovecot", "try", "bob", "auth-worker(12): sql(bob,198.51.100.7,<x>): unknown user"),
    ("pop3d", "fail", "bob", "LOGIN FAILED, user=bob, ip=[::ffff:198.51.100.7]"),
    ("imapd", "ok", "bob", "LOGIN, user=bob, ip=[::ffff:198.51.100.7], port=[50000], protocol=IMAP"),
    ("imapd", "fail", "bob", "Login failed user=bob auth=bob host=h.example [198.51.100.7]"),
    (
        "cyrus/imap",
        "fail",
        "bob",
        "badlogin: h.example [198.51.100.7] plaintext bob SASL(-13): authentication failure: checkpass failed",
    ),
    (
        "exim",
        "fail",
        "bob",
        "login authenticator failed for (User) [198.51.100.7]: 535 Incorrect authentication data (set_id=bob)",
    ),
    (
        "exim",
        "fail",
        "bob [192.0.2.1]: 535 Incorrect authentication data (set_id=x)",
        "plain_login authenticator failed for H=([192.0.2.1]) [198.51.100.7]:50000 I=[10.0.0.1]:25: 535 Incorrect authentication data (set_id=bob [192.0.2.1]: 535 Incorrect authentication data (set_id=x))",
    ),
    ("exim", "odd", "", "H=(x) [198.51.100.7] F=<a@b> rejected RCPT <c@d>: relay not permitted"),
    (
        "sm-mta",
        "fail",
        "",
        "u1: AUTH failure (LOGIN): user not found (-20) SASL(-13): user not found: checkpass failed, relay=[198.51.100.7]",
    ),
    ("vsftpd", "fail", "bob", "[pid 3] [bob] FAIL LOGIN: Client \"::ffff:198.51.100.7\""),
    (
        "vsftpd",
        "fail",
        "a] FAIL LOGIN: Client \"192.0.2.1\" [b",
        "[a] FAIL LOGIN: Client \"192.0.2.1\" [b] FAIL LOGIN: Client \"198.51.100.7\"",
    ),
    ("", "ok", "bob", "[pid 3] [bob] OK LOGIN: Client \"198.51.100.7\""),
    (
        "proftpd",
        "fail",
        "bob",
        "ftp.example (198.51.100.7[198.51.100.7]) - USER bob (Login failed): Incorrect password.",
    ),
    (
        "proftpd",
        "fail",
        "x: no such user found from 192.0.2.1",
        "ftp.example (h.example[198.51.100.7]) - USER x: no such user found from 192.0.2.1: no such user found from 198.51.100.7 [198.51.100.7] to 10.0.0.1:21",
    ),
    ("proftpd", "ok", "bob", "ftp.example (h.example[198.51.100.7]) - USER bob: Login successful."),
    ("pure-ftpd", "fail", "bob", "(?@198.51.100.7) [WARNING] Authentication failed for user [bob]"),
    ("pure-ftpd", "ok", "bob", "(?@198.51.100.7) [INFO] bob is now logged in"),
    ("wu-ftpd", "fail", "", "failed login from h.example [198.51.100.7]"),
    (
        "ovpn-server",
        "fail",
        "",
        "198.51.100.7:50000 TLS Auth Error: Auth Username/Password verification failed for peer",
    ),
    ("openvpn", "try", "", "198.51.100.7:50000 SENT CONTROL [bob]: 'AUTH_FAILED' (status=1)"),
    ("openvpn", "odd", "", "198.51.100.7:50000 TLS Error: TLS handshake failed"),
    ("openvpn", "odd", "", "TLS Error: incoming packet authentication failed from [AF_INET]198.51.100.7:50000"),
    ("openvpn", "ok", "bob", "198.51.100.7:50000 [bob] Peer Connection Initiated with [AF_INET]198.51.100.7:50000"),
    ("wordpress(shop.example)", "fail", "admin", "Authentication failure for admin from 198.51.100.7"),
    ("wp", "fail", "a from 192.0.2.1", "Authentication attempt for unknown user a from 192.0.2.1 from 198.51.100.7"),
    ("wordpress", "odd", "", "Blocked user enumeration attempt from 198.51.100.7"),
    ("wordpress", "fail", "", "XML-RPC multicall authentication failure from 198.51.100.7"),
    ("", "fail", "bob", "Login failed: 'bob' (Remote IP: '198.51.100.7')"),
    (
        "",
        "fail",
        "x' (Remote IP: '192.0.2.1')",
        "Login failed: 'x' (Remote IP: '192.0.2.1')' (Remote IP: '198.51.100.7')",
    ),
    (
        "roundcube",
        "fail",
        "bob",
        "<a1b2> IMAP Error: Login failed for bob from 198.51.100.7. AUTHENTICATE PLAIN: Authentication failed. in /var/www/rcube_imap.php on line 193 (POST /?_task=login)",
    ),
    ("", "fail", "bob", "Failed login for bob from 198.51.100.7 in session a1b2 (error: 0)"),
    (
        "gitea",
        "fail",
        "bob",
        "[...routers/web/auth/auth.go:266:SignInPost()] [W] Failed authentication attempt for bob from 198.51.100.7:50000: user does not exist [uid: 0, name: bob]",
    ),
    ("", "fail", "bob", "Failed Login: username=bob ip=198.51.100.7"),
    ("phpMyAdmin", "fail", "root", "user denied: root (mysql-denied) from 198.51.100.7"),
    ("mysqld", "fail", "root", "12 [Note] Access denied for user 'root'@'198.51.100.7' (using password: YES)"),
    (
        "mariadbd",
        "fail",
        "x'@'192.0.2.1' (using password: YES)",
        "Access denied for user 'x'@'192.0.2.1' (using password: YES)'@'198.51.100.7' (using password: NO)",
    ),
    ("postgres", "fail", "bob", "[3] client=198.51.100.7 FATAL:  password authentication failed for user \"bob\""),
    (
        "postgres",
        "fail",
        "bob",
        "FATAL:  no pg_hba.conf entry for host \"198.51.100.7\", user \"bob\", database \"x\", no encryption",
    ),
    (
        "mongod",
        "fail",
        "bob",
        "I ACCESS   [conn5] SASL SCRAM-SHA-1 authentication failed for bob on admin from client 198.51.100.7:50000 ; UserNotFound",
    ),
    (
        "redis",
        "odd",
        "",
        "# Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. Connection from 198.51.100.7:50000 aborted.",
    ),
    (
        "",
        "fail",
        "sa",
        "Logon       Login failed for user 'sa'. Reason: Password did not match that for the login provided. [CLIENT: 198.51.100.7]",
    ),
    (
        "smbd",
        "fail",
        "DOM]\\[bob",
        "  Auth: [SMB2,(null)] user [DOM]\\[bob] at [Fri, 02 Jan 2026 03:04:05 UTC] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [PC] remote host [ipv4:198.51.100.7:50000] mapped to [DOM]\\[bob]. local host [ipv4:10.0.0.1:445]",
    ),
    ("xrdp-sesman", "fail", "bob", "[INFO ] AUTHFAIL: user=bob ip=::ffff:198.51.100.7 time=1767323045"),
    ("Xvnc", "odd", "", " Connections: blacklisted: 198.51.100.7"),
    ("x11vnc", "fail", "", "rfbAuthProcessClientMessage: authentication failed from 198.51.100.7"),
    (
        "asterisk",
        "fail",
        "\"100\" <sip:100@10.0.0.1>",
        "NOTICE[12]: chan_sip.c:28468 handle_request_register: Registration from '\"100\" <sip:100@10.0.0.1>' failed for '198.51.100.7:5060' - Wrong password",
    ),
    (
        "asterisk",
        "fail",
        "x' failed for '192.0.2.1:5060' - Wrong password",
        "NOTICE[12]: Registration from 'x' failed for '192.0.2.1:5060' - Wrong password' failed for '198.51.100.7:5060' - Wrong password",
    ),
    (
        "",
        "fail",
        "100",
        "SECURITY[12]: res_security_log.c: SecurityEvent=\"InvalidPassword\",EventTV=\"x\",Severity=\"Error\",Service=\"SIP\",AccountID=\"100\",SessionID=\"0x1\",LocalAddress=\"IPV4/UDP/10.0.0.1/5060\",RemoteAddress=\"IPV4/UDP/198.51.100.7/5060\",Challenge=\"1\"",
    ),
    (
        "freeswitch",
        "fail",
        "100@10.0.0.1",
        "[WARNING] sofia_reg.c:1792 SIP auth failure (REGISTER) on sofia profile 'internal' for [100@10.0.0.1] from ip 198.51.100.7",
    ),
    ("", "fail", "bob@example.com", "IMAP: User bob@example.com doesn't exist. Attempt from IP address 198.51.100.7."),
    (
        "pvedaemon",
        "fail",
        "root@pam",
        "authentication failure; rhost=::ffff:198.51.100.7 user=root@pam msg=Authentication failure",
    ),
    ("pvedaemon", "ok", "root@pam", "<root@pam> successful auth for user 'root@pam'"),
    (
        "",
        "fail",
        "",
        "WARNING (MainThread) [homeassistant.components.http.ban] Login attempt or request with invalid authentication from h.example (198.51.100.7). Requested URL: '/auth/login_flow/x'. (Mozilla/5.0 192.0.2.1)",
    ),
    (
        "vaultwarden",
        "fail",
        "bob@example.com",
        "[vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: 198.51.100.7. Username: bob@example.com",
    ),
    ("", "fail", "", "[vaultwarden::api::admin][ERROR] Invalid admin token. IP: 198.51.100.7"),
    (
        "keycloak",
        "fail",
        "bob",
        "WARN  [org.keycloak.events] (executor-thread-1) type=\"LOGIN_ERROR\", realmId=\"r\", clientId=\"c\", userId=\"null\", ipAddress=\"198.51.100.7\", error=\"user_not_found\", username=\"bob\"",
    ),
    (
        "",
        "fail",
        "bob",
        "WARN [org.keycloak.events] type=LOGIN_ERROR, realmId=r, clientId=c, userId=null, ipAddress=198.51.100.7, error=user_not_found, auth_method=x, username=bob",
    ),
    (
        "ejabberd",
        "fail",
        "bob@example.com",
        "[info] <0.1.0>@ejabberd_c2s:process_auth_result:285 Failed c2s PLAIN authentication for bob@example.com from ::ffff:198.51.100.7: Invalid username or password",
    ),
    (
        "guacd",
        "fail",
        "bob",
        "WARN o.a.g.r.auth.AuthenticationService - Authentication attempt from 198.51.100.7 for user \"bob\" failed.",
    ),
    ("webmin", "fail", "root", "Invalid login as root from 198.51.100.7"),
    (
        "screensharingd",
        "fail",
        "bob",
        "Authentication: FAILED :: User Name: bob :: Viewer Address: 198.51.100.7 :: Type: DH",
    ),
    (
        "sogod",
        "fail",
        "bob",
        "SOGoRootPage Login from '198.51.100.7' for user 'bob' might not have worked - password policy: 65535  grace: -1",
    ),
    ("HORDE", "fail", "bob", "[horde] FAILED LOGIN for bob [198.51.100.7] to Horde [on line 116 of \"/x\"]"),
    (
        "drupal",
        "fail",
        "bob",
        "https://d.example|1767323045|user|198.51.100.7|https://d.example/user|https://d.example/user|0||Login attempt failed for bob.",
    ),
    ("", "fail", "admin", "system,error,critical login failure for user admin from 198.51.100.7 via ssh"),
    (
        "",
        "fail",
        "admin",
        "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 198.51.100.7] [localport: 22] [Reason: Login Authentication Failed] at 03:04:05 UTC",
    ),
    (
        "php-fpm",
        "fail",
        "admin",
        "/index.php: webConfigurator authentication error for user 'admin' from: 198.51.100.7",
    ),
    (
        "Connection",
        "fail",
        "admin",
        "User [admin] from [198.51.100.7] failed to log in via [DSM] due to authorization failure.",
    ),
    ("Hostd", "fail", "root", "Rejected password for user root from 198.51.100.7"),
    (
        "",
        "fail",
        "bob",
        "[WRN] Emby.Server.Implementations: Authentication request for \"bob\" has been denied (IP: \"198.51.100.7\").",
    ),
    ("", "fail", "bob", "[Info] Auth-Failure ip 198.51.100.7 username 'bob'"),
    ("lighttpd", "fail", "bob", "(http_auth.c.875) password doesn't match for /admin username: bob IP: 198.51.100.7"),
    ("named", "odd", "", "client @0x7f 198.51.100.7#50000 (x.example): query (cache) 'x.example/A/IN' denied"),
    ("someapp", "fail", "bob", "authentication failed for user bob from 198.51.100.7"),
    ("someapp", "fail", "bob", "Invalid password: user=bob ip=198.51.100.7:50000"),
    ("", "fail", "", "[12] login attempt rejected: wrong credentials, client 198.51.100.7"),
];

#[test]
fn samples() {
    let mut wrong = Vec::new();
    for (program, verdict, user, text) in SAMPLES {
        let address = if text.contains(A) { A } else { "" };
        let got = read(program, text);
        if got != Some((*verdict, *user, address.to_owned())) {
            wrong.push(format!("{program}: {text}\n    {got:?} instead of {verdict} \"{user}\" {address}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SAMPLES.len(), wrong.join("\n"));
}

#[test]
fn attempts_are_counted_as_often_as_the_line_says() {
    let text = "imap-login: Aborted login (auth failed, 3 attempts in 4 secs): user=<bob>, method=PLAIN, rip=198.51.100.7, lip=10.0.0.1";
    assert_eq!(understand("dovecot", text).unwrap().repeat, 3);
}

#[test]
fn what_is_no_refusal_of_a_login_is_left_alone() {
    for (program, text) in [
        ("cron", "(root) CMD (login failed from 198.51.100.7)"),
        ("nginx", "login failed from 198.51.100.7"),
        ("sshd", "Failed password for root from 198.51.100.7"),
        ("someapp", "search for \"login failed from 198.51.100.7\""),
        ("someapp", "login failed"),
        ("someapp", "login failed from 198.51.100.7 to 203.0.113.1"),
        ("someapp", "failed to connect to 198.51.100.7: authentication service away"),
        ("someapp", "user bob logged in from 198.51.100.7"),
        ("dropbear", "Registration from 'x' failed for '198.51.100.7:5060' - Wrong"),
        ("dropbear", "warning: unknown[198.51.100.7]: SASL LOGIN"),
    ] {
        assert_eq!(read(program, text), None, "{text}");
    }
}

#[test]
fn a_guess_is_worth_less_than_a_pattern() {
    assert_eq!(understand("someapp", "login failed from 198.51.100.7").unwrap().severity, Some(Severity::Info));
    assert_eq!(understand("", "Failed Login: username=bob ip=198.51.100.7").unwrap().severity, Some(Severity::Low));
}

/// Refused attempts that name somebody.
fn named() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    SAMPLES.iter().copied().filter(|(_, verdict, user, _)| *verdict == "fail" && !user.is_empty()).collect()
}

proptest! {
    /// Whatever a client calls itself: the address that the daemon wrote, or none.
    #[test]
    fn no_name_frames_another_address(
        sample in prop::sample::select(named()),
        name in "(root|192\\.0\\.2\\.1|from|port 22|rip=|user=<|>|, |'|\\]|\\[|:|\"|\\(|\\)| |failed for|@){0,12}",
    ) {
        let (program, _, user, text) = sample;
        let hostile = text.replace(user, &name);
        if let Some(said) = understand(program, &hostile) {
            let ip = said.src_ip.map(|ip| ip.to_string());
            prop_assert!(ip.as_deref().is_none_or(|ip| ip == A), "{}: {:?}", hostile, ip);
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC*", cut in 0usize..200, which in 0..SAMPLES.len()) {
        let (program, _, _, sample) = SAMPLES[which];
        let end = (0..=cut.min(sample.len())).rev().find(|i| sample.is_char_boundary(*i)).unwrap_or(0);
        for program in ["", program, "x"] {
            let _ = understand(program, &text);
            let _ = understand(program, &format!("{}{text}", &sample[..end]));
        }
    }
}
