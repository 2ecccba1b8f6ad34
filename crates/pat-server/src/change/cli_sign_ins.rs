//! Signing in a command line: the consent, and what becomes of it.
//!
//! Consent makes no token. It stores what was asked for, with who decided and in which session; the token is minted when the
//! program fetches it, and everything is decided again then ([`redeem`]).

pub mod redeem;

use pat_core::audit::EventType;
use pat_core::sign_in::callback::{Callback, MAX_STATE_BYTES, Reply};
use pat_core::sign_in::challenge::Challenge;
use pat_core::sign_in::user_code::UserCode;
use pat_core::wire::{ApproveSignIn, CreateToken, FieldCode, SignInRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::tokens::decide_fresh;
use super::{Asker, Record};
use crate::app::App;
use crate::client::Client;
use crate::error::ApiError;
use crate::random_secret::{Purpose, RandomSecret};
use crate::store::audit;
use crate::store::cli_sign_ins::{self, CliSignIn, Decider};
use crate::store::sessions::SignedIn;
use crate::store::{Conn, Reach};

/// Who asks, as far as it has the right form.
enum Asking {
    Browser { callback: Callback, challenge: Challenge, state: Option<String> },
    Device(UserCode),
}

impl Asking {
    fn parse(request: &SignInRequest) -> Result<Self, ApiError> {
        match request {
            SignInRequest::Device { user_code } => Ok(Self::Device(UserCode::parse(user_code).ok().ok_or(ApiError::UserCodeInvalid)?)),
            SignInRequest::Browser { callback_uri, state, code_challenge, code_challenge_method } => {
                let refuse = |field: &str, code: FieldCode| ApiError::field(field, code);
                let callback = Callback::parse(callback_uri).ok().ok_or_else(|| refuse("callback_uri", FieldCode::Invalid))?;
                let challenge = Challenge::parse(code_challenge_method, code_challenge);
                let challenge = challenge.ok().ok_or_else(|| refuse("code_challenge", FieldCode::Invalid))?;
                if state.as_ref().is_some_and(|state| state.len() > MAX_STATE_BYTES) {
                    return Err(refuse("state", FieldCode::TooLong));
                }
                Ok(Self::Browser { callback, challenge, state: state.clone() })
            }
        }
    }

    /// Which program asks, for the log: where it listens, or that a device shows a code. The device's own address and program stand in
    /// the row of its coming for the token, as that alone can be erased with its person.
    fn describe(&self) -> Value {
        match self {
            Self::Browser { callback, .. } => json!({ "way": "browser", "callback": callback.to_string() }),
            Self::Device(_) => json!({ "way": "device" }),
        }
    }
}

/// The device that shows a code. Wrong guesses are counted by person and by address, and are on record.
pub async fn find_device(app: &App, session: &SignedIn, client: &Client, text: &str) -> Result<CliSignIn, ApiError> {
    // Nobody guesses with what can't be a code.
    let code = UserCode::parse(text).ok().ok_or(ApiError::UserCodeInvalid)?;
    let (user, network) = (session.user_id(), client.network());
    let wait = app.user_code_failures.count(user).or_else(|| app.user_code_network_failures.count(network));
    if let Some(seconds) = wait {
        return Err(ApiError::TooManyAttempts(seconds));
    }
    let found = cli_sign_ins::find_waiting(&mut *app.store.conn().await?, &code).await?;
    if let Some(device) = found {
        app.user_code_failures.take_back(&user);
        app.user_code_network_failures.take_back(&network);
        Ok(device)
    } else {
        let event = Record::new(EventType::SignInSought);
        audit::insert_alone(&app.store, event.event(session, client, Some(&ApiError::UserCodeInvalid))).await?;
        Err(ApiError::UserCodeInvalid)
    }
}

/// Lets a program have a token, and says where the browser goes with the code, if it is a browser that carries it.
pub async fn approve(app: &App, session: &SignedIn, client: &Client, request: &ApproveSignIn) -> Result<Option<String>, ApiError> {
    let asking = Asking::parse(&request.request)?;
    let device = device_of(app, session, client, &asking).await?;
    let asker = Asker::new(session, client);
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(session.user_id())).await?;
    let mut record = Record::new(EventType::SignInApproved);
    record.context = asking.describe();
    let work = approve_locked(app, &mut tx, &actor, &asking, device, &request.token, &mut record).await;
    asker.conclude(tx, &actor, record, work).await
}

async fn approve_locked(
    app: &App,
    conn: &mut Conn,
    actor: &SignedIn,
    asking: &Asking,
    device: Option<Uuid>,
    token: &CreateToken,
    record: &mut Record,
) -> Result<Option<String>, ApiError> {
    // Decided for the one who reads the form; what counts is decided when the token is fetched.
    let mint = decide_fresh(app, conn, actor, token).await?.mint;
    let wanted = serde_json::to_value(token).map_err(anyhow::Error::from)?;
    let id = device.unwrap_or_else(Uuid::now_v7);
    if let Some(context) = record.context.as_object_mut() {
        context.insert("sign_in_id".into(), json!(id));
        context.insert("name".into(), json!(mint.name.as_str()));
        context.insert("scopes".into(), json!(app.policy.scope_names(mint.scopes)));
        context.insert("expires_at".into(), json!(mint.expires_at));
    }
    match asking {
        Asking::Browser { callback, challenge, state } => {
            let code = RandomSecret::draw();
            let digest = code.digest(Purpose::CliCode);
            cli_sign_ins::insert_code(conn, id, &digest, decider(actor), challenge, &callback.to_string(), &wanted).await?;
            Ok(Some(callback.address(Reply::Code(code.expose()), state.as_deref())))
        }
        Asking::Device(_) => {
            let is_decided = cli_sign_ins::decide(conn, id, decider(actor), Some(&wanted)).await?;
            if is_decided { Ok(None) } else { Err(ApiError::UserCodeInvalid) }
        }
    }
}

/// Refuses a program its token, and says where the browser goes to tell it.
pub async fn deny(app: &App, session: &SignedIn, client: &Client, request: &SignInRequest) -> Result<Option<String>, ApiError> {
    let asking = Asking::parse(request)?;
    let device = device_of(app, session, client, &asking).await?;
    let asker = Asker::new(session, client);
    let (mut tx, actor) = asker.begin(&app.store, Reach::User(session.user_id())).await?;
    let mut record = Record::new(EventType::SignInDenied);
    record.context = asking.describe();
    let work = async {
        match (&asking, device) {
            (Asking::Browser { callback, state, .. }, _) => Ok(Some(callback.address(Reply::Denied, state.as_deref()))),
            (Asking::Device(_), Some(id)) if cli_sign_ins::decide(&mut tx, id, decider(&actor), None).await? => Ok(None),
            (Asking::Device(_), _) => Err(ApiError::UserCodeInvalid),
        }
    }
    .await;
    asker.conclude(tx, &actor, record, work).await
}

async fn device_of(app: &App, session: &SignedIn, client: &Client, asking: &Asking) -> Result<Option<Uuid>, ApiError> {
    match asking {
        Asking::Browser { .. } => Ok(None),
        Asking::Device(code) => Ok(Some(find_device(app, session, client, code.letters()).await?.id)),
    }
}

fn decider(actor: &SignedIn) -> Decider {
    Decider { account: actor.account_id(), user: actor.user_id(), session: actor.session_id() }
}
