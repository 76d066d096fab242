//! The names that writers of access logs in JSON give their members.

use crate::platform::ingest::names::Names;
use std::sync::LazyLock;

/// What a member says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The peer, by the server's own view.
    Remote,
    /// The client, which may be the peer or not.
    Client,
    Time,
    /// A request line; Caddy's object.
    Request,
    Method,
    /// Path with query.
    Uri,
    /// Path, perhaps without query.
    Path,
    Query,
    Status,
    /// The status of whoever answered behind the proxy.
    Origin,
    Bytes,
    Referer,
    Agent,
    User,
    Host,
    Headers,
    /// What a web application firewall did.
    Action,
    /// Members of members: the request or the answer of whoever writes them apart.
    Group,
}

pub const FIELDS: usize = Field::Group as usize + 1;

/// Names of members, in any case.
pub static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    let groups: [(Field, &str); FIELDS] = [
        (
            Field::Remote,
            "remote_addr remote_ip remoteIp ClientAddr source.ip src_ip ClientIP remoteAddress remote-addr \
             RemoteIpAddress c-ip CIp cliIP downstream_remote_address downstream_direct_remote_address socketIp",
        ),
        (
            Field::Client,
            "client_ip clientip client client_addr client_address ClientHost client.ip ip source.address \
             remote_host remotehost addr ip_address source_ip remote sourceIp callerIp fwd",
        ),
        (
            Field::Time,
            "time_local time_iso8601 @timestamp time timestamp ts msec time_msec date datetime StartUTC \
             request_timestamp local_time requestTime EdgeStartTimestamp started_at start_time starttime \
             accept_date time_start reqTimeSec eventTime isotime @t asctime EventTimestampMs t",
        ),
        (Field::Request, "request request_line http_request requestLine requested_url"),
        (
            Field::Method,
            "request_method method verb http_method requestMethod http.request.method httpMethod \
             ClientRequestMethod cs-method CsMethod reqMethod",
        ),
        (
            Field::Uri,
            "request_uri url.original request_url raw_uri requestUrl ClientRequestURI http_uri \
             originalUrl",
        ),
        (
            Field::Path,
            "uri url path uri_path request_path RequestPath url.path document_uri filename requestUri \
             resourcePath ClientRequestPath cs-uri-stem CsUriStem reqPath requested_uri",
        ),
        (
            Field::Query,
            "args query_string query uri_query queryString url.query requestQuery ClientRequestQuery \
             cs-uri-query CsUriQuery queryStr",
        ),
        (
            Field::Status,
            "status status_code response response_code statusCode DownstreamStatus http_status response_status \
             code http.response.status_code httpStatus EdgeResponseStatus sc-status ScStatus httpStatusCode",
        ),
        (Field::Origin, "OriginStatus upstream_status"),
        (
            Field::Bytes,
            "body_bytes_sent bytes_sent bytes size response_size bytes_out bytesSent DownstreamContentSize \
             http.response.body.bytes EdgeResponseBytes responseLength responseSize",
        ),
        (
            Field::Referer,
            "http_referer http_referrer referer referrer request_Referer http.request.referrer \
             ClientRequestReferer",
        ),
        (
            Field::Agent,
            "http_user_agent user_agent agent userAgent http_agent request_User-Agent ua user-agent \
             user_agent.original ClientRequestUserAgent cs-user-agent useragent",
        ),
        (Field::User, "remote_user user auth username remoteUser ClientUsername user_id user.name"),
        (Field::Host, "host server_name http_host vhost virtual_host RequestHost domain site ClientRequestHost"),
        (Field::Headers, "headers"),
        (Field::Action, "action"),
        (
            Field::Group,
            "httpRequest req res properties meta state payload jsonPayload nginx http haproxy source event access conn \
             record",
        ),
    ];
    let names = groups.iter().flat_map(|(field, names)| names.split_whitespace().map(|name| (name, *field)));
    Names::of(&names.collect::<Vec<_>>())
});
