//! What a request says of who sent it, cleaned to the audit log's column types.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use uuid::Uuid;

/// The longest text that is kept of a header, in characters.
const MAX_CHARS: usize = 300;

/// Where a request comes from. All of it but the address and the id is the client's own claim.
#[derive(Clone, Debug)]
pub struct Client {
    /// Given to each request by this server, sent back as `X-Request-Id`.
    pub request_id: Uuid,
    /// The address, as far as the configured proxies vouch for it.
    pub ip: Option<IpAddr>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `X-Client-Type`.
    pub client_type: Option<String>,
    /// `X-Client-Version`.
    pub client_version: Option<String>,
    /// `X-DX-Agent-Name`.
    pub agent_name: Option<String>,
    /// `X-DX-Agent-Session-Id`.
    pub agent_session_id: Option<String>,
    /// `X-DX-Agent-Model`.
    pub agent_model: Option<String>,
}

impl Client {
    /// Reads a request's headers. `peer` is the other end of the connection.
    pub fn read(headers: &HeaderMap, peer: Option<SocketAddr>, trusted_proxies: &[IpNet]) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| clean(value.as_bytes()));
        let named = |name: &'static str| text(&HeaderName::from_static(name));
        Self {
            request_id: Uuid::now_v7(),
            ip: peer.map(|peer| client_ip(peer.ip(), headers, trusted_proxies)),
            user_agent: text(&header::USER_AGENT),
            client_type: named("x-client-type"),
            client_version: named("x-client-version"),
            agent_name: named("x-dx-agent-name"),
            agent_session_id: named("x-dx-agent-session-id"),
            agent_model: named("x-dx-agent-model"),
        }
    }

    /// The same request on behalf of somebody else, as far as who sent it says so.
    #[must_use]
    pub fn on_behalf_of(&self, ip: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let user_agent = user_agent.and_then(|agent| clean(agent.as_bytes()));
        Self { ip: ip.map(|ip| ip.to_canonical()).or(self.ip), user_agent: user_agent.or_else(|| self.user_agent.clone()), ..self.clone() }
    }

    /// For acts on the command line.
    pub fn operator() -> Self {
        Self {
            request_id: Uuid::now_v7(),
            ip: None,
            user_agent: Some(concat!("pat-server/", env!("CARGO_PKG_VERSION")).to_owned()),
            client_type: Some("operator".to_owned()),
            client_version: None,
            agent_name: None,
            agent_session_id: None,
            agent_model: None,
        }
    }

    /// For work that goes on after the request which began it was answered.
    pub fn background(request_id: Uuid) -> Self {
        Self { request_id, client_type: Some("background".to_owned()), ..Self::operator() }
    }

    /// What failures are counted by: the address, or for IPv6 the /64 that one customer has.
    pub fn network(&self) -> Option<IpNet> {
        let prefix = if self.ip?.is_ipv4() { 32 } else { 64 };
        IpNet::new(self.ip?, prefix).ok().map(|net| net.trunc())
    }

    /// The address as a database value.
    pub fn ip_net(&self) -> Option<IpNet> {
        self.ip.map(IpNet::from)
    }
}

/// Text that Postgres takes: UTF-8, no control characters, not empty, not endless.
fn clean(bytes: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Walks `X-Forwarded-For` from the right: each hop that is a trusted proxy vouches for the one before it. What stands left
/// of the first address that isn't, anybody could have written.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut ip = peer.to_canonical();
    let hops: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for hop in hops.iter().rev() {
        if !is_trusted(ip) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(before) => ip = before.to_canonical(),
            Err(_) => break,
        }
    }
    ip
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_ip(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_as_far_as_trusted_proxies_vouch_for_them() {
        assert_eq!(ip("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(ip("10.0.0.1", &["6.6.6.6", "198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(ip("10.0.0.1", &["nonsense"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(ip("::ffff:10.0.0.1", &["2001:db8::1"], &["10.0.0.0/8"]), "2001:db8::1");
    }

    #[test]
    fn header_texts_are_cleaned() {
        assert_eq!(clean(b"curl/8\x7f\x00.5"), Some("curl/8.5".to_owned()));
        assert_eq!(clean(b"\xff"), Some("\u{fffd}".to_owned()));
        assert_eq!(clean(b"   "), None);
        assert_eq!(clean("é".repeat(1000).as_bytes()).unwrap().chars().count(), MAX_CHARS);
    }
}
