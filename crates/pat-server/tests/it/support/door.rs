//! What stands between server and database, when the database is to be away.

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Database;

/// A door to the database. Shut, everybody inside is thrown out. Held, nobody gets a word through and nobody is told: who is
/// inside, and who comes meanwhile, waits in vain for ever, as after a power cut; opened again, it lets new ones pass.
pub struct Door {
    pub url: String,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    is_shut: bool,
    is_held: bool,
    /// How often it was held.
    holds: u32,
}

impl Door {
    pub async fn to(database: &Database) -> Self {
        let target = url::Url::parse(&database.url).unwrap();
        let address = format!("{}:{}", target.host_str().unwrap(), target.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = target;
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (state, seen) = watch::channel(State::default());
        tokio::spawn(async move {
            loop {
                let (inside, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(inside, address.clone(), seen.clone()));
            }
        });
        Self { url: url.to_string(), state }
    }

    pub fn shut(&self) {
        self.state.send_modify(|state| state.is_shut = true);
    }

    pub fn hold(&self) {
        self.state.send_modify(|state| (state.is_held, state.holds) = (true, state.holds + 1));
    }

    pub fn open(&self) {
        self.state.send_modify(|state| (state.is_shut, state.is_held) = (false, false));
    }
}

/// Passes bytes on while the door is open. A state is watched, not an event: who is still on the way in is thrown out, too.
async fn pass(mut inside: TcpStream, address: String, mut state: watch::Receiver<State>) {
    let came = *state.borrow();
    let mut holding = state.clone();
    let through = async {
        let mut outside = TcpStream::connect(address).await.unwrap();
        let passing = tokio::io::copy_bidirectional(&mut inside, &mut outside);
        let is_over = tokio::select! {
            biased;
            _ = holding.wait_for(|state| state.is_held || state.holds != came.holds) => false,
            _ = passing => true,
        };
        if !is_over {
            // The ends stay open, and nothing comes.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        _ = state.wait_for(|state| state.is_shut) => {}
        () = through => {}
    }
}
