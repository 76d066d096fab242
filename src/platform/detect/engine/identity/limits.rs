//! Thresholds of the named detectors.

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Thresholds. Times in milliseconds of event time, distances in kilometres, the rest are counts unless said.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// The same story about the same entity is told again after this time at the earliest.
    pub repeat_ms: i64,
    /// Log-likelihood ratio (natural logarithm) at which a login is unlike its user.
    pub signin_score: f64,
    /// Logins ...
    pub signin_logins: u64,
    /// ... on so many days before a user's logins are judged.
    pub signin_days: u32,
    /// Logins of all users before anybody's are judged.
    pub signin_population: u32,
    /// A network so many users sign in from is shared: an office, a carrier, a gateway. At most 8.
    pub shared_users: usize,
    /// Faster than this between two logins is impossible, in km/h; airliners make about 900.
    pub travel_kmh: f64,
    /// Nearer than this is never judged, whatever the time.
    pub travel_km: f64,
    /// A session or key in two places within this time is in two hands.
    pub session_ms: i64,
    /// Calls of a key ...
    pub key_calls: u64,
    /// ... and its age before new networks and operations mean something.
    pub key_age_ms: i64,
    /// New kinds of operation from a new network; one is enough if it is administration.
    pub key_kinds: u32,
    /// A key silent for so long sleeps.
    pub dormant_ms: i64,
    /// Refused calls of a key ...
    pub denied_calls: u32,
    /// ... and secrets read, and operations tried, within this time.
    pub denied_window_ms: i64,
    /// Distinct secrets read by one principal in that window.
    pub secret_reads: usize,
    /// Distinct reading operations in that window ...
    pub looks: usize,
    /// ... over so many services.
    pub look_services: usize,
    /// Steps of one sequence lie within this time.
    pub sequence_ms: i64,
    /// Days with administration, ...
    pub admin_days: u32,
    /// ... administrative calls, ...
    pub admin_calls: u32,
    /// ... and age of the history before an hour is unusual.
    pub admin_age_ms: i64,
    /// Distinct ports of one host within `sweep_fast_ms`; twice as many within `sweep_slow_ms`, three times as many
    /// within `sweep_long_ms`.
    pub sweep_ports: usize,
    /// Distinct hosts, likewise; twice as many pairs of host and port.
    pub sweep_hosts: usize,
    /// The fast window.
    pub sweep_fast_ms: i64,
    /// The slow window.
    pub sweep_slow_ms: i64,
    /// The slowest.
    pub sweep_long_ms: i64,
    /// Cumulative failures of an address that neither time nor successes explain.
    pub slow_sum: f64,
    /// Time takes one failure off that sum per this.
    pub slow_leak_ms: i64,
    /// Users who failed from an address and never got in (twice as many for a range) ...
    pub slow_users: usize,
    /// ... within this time.
    pub slow_spray_ms: i64,
    /// A failure waits so long for a success that explains it.
    pub cold_wait_ms: i64,
    /// Cold failures an hour that any site may have.
    pub cold_per_hour: f64,
    /// Cold failures above what is allowed that make a campaign ...
    pub cold_sum: f64,
    /// ... from so many addresses at least.
    pub cold_distinct: usize,
    /// Distinct names of users who do not exist, from one address ...
    pub names: usize,
    /// ... and messages of logins given up before an answer ...
    pub abandoned: usize,
    /// ... within this time.
    pub names_window_ms: i64,
    /// Guessing so long ago still casts suspicion on a success.
    pub takeover_ms: i64,
    /// Addresses that failed for a user within that time.
    pub takeover_addresses: usize,
    /// Refused logins over HTTP from one address ...
    pub form_refused: u32,
    /// ... within this time.
    pub form_window_ms: i64,
    /// Login forms sent, with hardly another request, ...
    pub form_posts: u32,
    /// ... and answers 401 to requests without a user, ...
    pub form_unauthorized: u32,
    /// ... within this time.
    pub form_fast_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            repeat_ms: DAY,
            signin_score: 8.0,
            signin_logins: 15,
            signin_days: 5,
            signin_population: 50,
            shared_users: 5,
            travel_kmh: 1_000.0,
            travel_km: 500.0,
            session_ms: 20 * MINUTE,
            key_calls: 50,
            key_age_ms: 7 * DAY,
            key_kinds: 3,
            dormant_ms: 30 * DAY,
            denied_calls: 15,
            denied_window_ms: 10 * MINUTE,
            secret_reads: 10,
            looks: 12,
            look_services: 4,
            sequence_ms: HOUR,
            admin_days: 8,
            admin_calls: 20,
            admin_age_ms: 14 * DAY,
            sweep_ports: 15,
            sweep_hosts: 20,
            sweep_fast_ms: 5 * MINUTE,
            sweep_slow_ms: 3 * DAY,
            sweep_long_ms: 14 * DAY,
            slow_sum: 8.0,
            slow_leak_ms: 6 * HOUR,
            slow_users: 10,
            slow_spray_ms: 3 * DAY,
            cold_wait_ms: 15 * MINUTE,
            cold_per_hour: 5.0,
            cold_sum: 40.0,
            cold_distinct: 30,
            names: 5,
            abandoned: 6,
            names_window_ms: 30 * MINUTE,
            takeover_ms: DAY,
            takeover_addresses: 10,
            form_refused: 5,
            form_window_ms: 10 * MINUTE,
            form_posts: 8,
            form_unauthorized: 8,
            form_fast_ms: 2 * MINUTE,
        }
    }
}
