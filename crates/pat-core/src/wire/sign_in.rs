//! Signing in a command line: what its person decides on, and the answer.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::CreateToken;

wire! {
    /// `POST /api/cli/approve`: yes, and the token to be made once the program fetches it.
    pub struct ApproveSignIn {
        /// Who asked.
        pub request: SignInRequest,
        /// The token.
        pub token: CreateToken,
    }

    /// `POST /api/cli/deny`: no.
    pub struct DenySignIn {
        /// Who asked.
        pub request: SignInRequest,
    }

    /// `POST /api/cli/device`: the code that a device shows.
    pub struct FindDevice {
        /// As it was typed.
        #[serde(default)]
        pub user_code: String,
    }

    /// A device that waits for consent. What it says of itself is its own claim.
    pub struct WaitingDevice {
        /// The code, grouped.
        pub user_code: String,
        /// The address that it asked from.
        pub ip: Option<String>,
        /// The program, by its own account.
        pub user_agent: Option<String>,
        /// When it asked.
        #[serde(with = "crate::instant")]
        pub created_at: Timestamp,
        /// Until when it waits.
        #[serde(with = "crate::instant")]
        pub expires_at: Timestamp,
    }
}

/// Who asks to be signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SignInRequest {
    /// A program on the reader's own computer, which opened the page.
    Browser {
        /// Where it listens: `http://127.0.0.1:<port>` or `http://[::1]:<port>`.
        callback_uri: String,
        /// What it recognizes the answer by.
        #[serde(default)]
        state: Option<String>,
        /// Of RFC 7636, or DX's.
        code_challenge: String,
        /// `S256`.
        code_challenge_method: String,
    },
    /// A device that shows a code.
    Device {
        /// The code.
        user_code: String,
    },
}

/// The answer to a decision. Its `Debug` shows the name only: the address may hold a code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInDecided {
    /// Where the page goes with the answer; null where the device fetches it.
    pub redirect_to: Option<String>,
}

impl fmt::Debug for SignInDecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInDecided(…)")
    }
}
