//! Server-side request forgery. Hosts are judged by `typed/host.rs`; here is what has a pattern.

use super::super::rule::{BODY, INPUT, Rule, Sign, URL, View};
use crate::api::Severity;

pub(in super::super) static RULE: Rule = Rule {
    name: "web.ssrf",
    title: "Server-side request forgery",
    class: "ssrf",
    techniques: &["T1190", "T1552.005"],
    signs: &[
        Sign {
            name: "metadata of a cloud host",
            view: View::Plain,
            parts: INPUT,
            severity: Severity::High,
            confidence: 0.9,
            literals: &[
                "169.254.169.254",
                "metadata.google",
                "latest/meta-data",
                "computemetadata/",
                "100.100.100.200",
                "metadata/instance",
                "/latest/user-data",
                "latest/dynamic/",
                "latest/api/token",
                "fd00:ec2::254",
                "2852039166",
                "0xa9fea9fe",
                "169.254.170.2",
                "opc/v1/",
                "opc/v2/",
                "metadata/v1.json",
            ],
            regex: r#"169\.254\.(?:169\.254|170\.2)|metadata\.google\.internal|100\.100\.100\.200|latest/(?:meta-data|user-data|dynamic/instance|api/token)|computemetadata/v1|metadata/instance\?api|fd00:ec2::254|//(?:2852039166|0xa9fea9fe)\b|opc/v[12]/instance|metadata/v1\.json"#,
            hits: &["/fetch?u=http://169.254.169.254/latest/meta-data/", "/f?u=x/computeMetadata/v1/"],
            passes: &["/blog/meta-data"],
        },
        Sign {
            name: "scheme inside a scheme",
            view: View::Plain,
            parts: URL | BODY,
            severity: Severity::High,
            confidence: 0.85,
            literals: &["jar:", "url:", "netdoc:", "view-source:", "gopher:", "dict:", "local_file:", "feed:"],
            regex: r#"(?:^|[=\s"'(\[,])(?:jar:(?:https?|file|ftp)|url:(?:file|https?|gopher|jar|ftp)|netdoc:/|view-source:\w|gopher:/|dict:/|local_file:/|feed:(?:file|https?))"#,
            hits: &["/x?u=jar:http://evil.example/b.zip!a", "/x?u=url:file:///x", "/x?u=gopher://a:70/_x"],
            passes: &["/x?u=curl:post", "/docs/jar:x"],
        },
    ],
};
