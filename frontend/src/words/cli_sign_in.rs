//! Signing in a command line.

pub const TITLE: &str = "Sign in a command line";
pub const INTRO: &str = "A program asks for a token that acts as you. Choose what it may do, and for how long.";
pub const PROGRAM: &str = "Who asks";
pub const ON_THIS_COMPUTER: &str = "A program on this computer";
pub const GOES_TO: &str = "The answer goes to";
pub const ACTS_AS: &str = "The token acts as";
pub const CAUTION: &str = "Allow this only if you started it yourself, in a terminal on this computer, a moment ago.";
pub const ALLOW: &str = "Allow";
pub const ALLOWING: &str = "Allowing…";
pub const REFUSE: &str = "Refuse";

pub const ON_ITS_WAY: &str =
    "The answer is on its way to the program. If this page stays, the program has stopped waiting: start it again.";

pub const CANT: &str = "This can’t be decided here";
pub const GARBLED: &str = "The address of this page is incomplete, or it was made by a program that this server doesn’t know how to answer. \
    Start the sign-in again, with an up-to-date program; or make a token in your settings and give it to the program yourself.";
pub const OWN_TOKEN: &str = "Make a token yourself";

pub const DONE_TITLE: &str = "Signed in";
pub const DONE: &str = "The program has its token. You can close this page.";
pub const TO_SETTINGS: &str = "See the token in your settings";

pub fn elsewhere(callback: &str) -> String {
    format!(
        "The program wants the answer sent to {callback}. Answers go only to this computer, to http://127.0.0.1 or http://[::1] with a port, \
         so nothing was sent. If it is your own program, let it listen there; if it isn’t on this computer, use the code of a device. \
         If you don’t know where this page came from, close it."
    )
}

pub fn person(name: &str, email: &str, account: &str) -> String {
    format!("{name} ({email}), {account}")
}

/// By a code that a device shows.
pub mod device {
    pub const TITLE: &str = "Sign in a device";
    pub const INTRO: &str = "Enter the code that the program on the other device shows.";
    pub const CODE: &str = "Code";
    pub const CODE_HINT: &str = "Eight letters, such as WDJB-MJHT.";
    pub const FIND: &str = "Continue";
    pub const FINDING: &str = "Looking…";
    pub const SHOWS: &str = "It shows the code";
    pub const ASKED_FROM: &str = "It asked from";
    pub const ASKED_AT: &str = "It asked";
    pub const SOMEWHERE: &str = "an unknown address";
    pub const UNNAMED: &str = "A program that doesn’t say what it is";
    pub const CAUTION: &str = "Allow this only if the code stands on a device in front of you, and you started it yourself. Whoever sent you \
        this code or a link with it would get the token.";
    pub const ALLOWED: &str = "Done. Go back to the device: it fetches its token within a few seconds.";
    pub const REFUSED: &str = "Refused. The device gets no token.";

    pub fn program(user_agent: &str) -> String {
        format!("A program that calls itself {user_agent}")
    }
}
