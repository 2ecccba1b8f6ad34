//! The command lines shown beside a new secret.

/// A call that shows that the token works.
pub fn curl(origin: &str, token: &str) -> String {
    format!("curl {origin}/auth.info --header 'Authorization: Bearer {token}'")
}

/// Signs the DX CLI in. All its base addresses are set, so that the secret goes to this server and to no other.
pub fn dx_cli(origin: &str, token: &str) -> String {
    format!("DX_BASE_URL={origin} DX_API_BASE_URL={origin} DX_WEB_BASE_URL={origin} dx auth login --token {token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cli_line_points_every_address_at_this_server() {
        let line = dx_cli("https://dx.example", "dxp_secret");
        for variable in ["DX_BASE_URL", "DX_API_BASE_URL", "DX_WEB_BASE_URL"] {
            assert!(line.contains(&format!("{variable}=https://dx.example ")), "{line}");
        }
        assert!(line.ends_with("dx auth login --token dxp_secret"));
    }

    #[test]
    fn the_curl_line_sends_the_token_in_a_header_not_in_the_address() {
        assert_eq!(curl("http://127.0.0.1:3000", "dxp_x"), "curl http://127.0.0.1:3000/auth.info --header 'Authorization: Bearer dxp_x'");
    }
}
