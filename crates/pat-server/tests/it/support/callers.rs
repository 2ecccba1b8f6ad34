//! Who calls: a browser with a cookie jar, or a client with a token.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Null if it isn't JSON.
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The refused fields as `field: code`.
    pub fn refused_fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {self:?}"));
        errors.iter().map(|error| format!("{}: {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
    }

    /// The status with the code of either surface.
    pub fn verdict(&self) -> (u16, &str) {
        let code = if self.body["error"].is_string() { &self.body["error"] } else { &self.body["code"] };
        (self.status, code.as_str().unwrap_or(""))
    }
}

/// A browser: keeps cookies, sends its origin.
pub struct Browser {
    client: Client,
    base: String,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: base.to_owned() }
    }

    /// A request as the page sends it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).header("origin", &self.base)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    pub async fn delete_with(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::DELETE, path).json(&body)).await
    }

    /// Mints a token for 30 days.
    pub async fn mint(&self, name: &str, scopes: &[&str]) -> Answer {
        let expiration = json!({ "type": "days", "days": 30 });
        self.post("/api/personal-access-tokens", json!({ "name": name, "expiration": expiration, "scopes": scopes })).await
    }

    /// Edits a token, seen at a version.
    pub async fn edit(&self, id: &str, version: i64, body: Value) -> Answer {
        let request = self.request(Method::PATCH, &format!("/api/personal-access-tokens/{id}"));
        Answer::of(request.header("if-match", format!("\"{version}\"")).json(&body)).await
    }

    /// Reads one of one's own tokens.
    pub async fn token(&self, id: &str) -> Answer {
        self.get(&format!("/api/personal-access-tokens/{id}")).await
    }

    /// Deletes one of one's own tokens.
    pub async fn delete_token(&self, id: &str) -> Answer {
        self.delete(&format!("/api/personal-access-tokens/{id}")).await
    }
}

/// A client of the Web API.
#[derive(Clone)]
pub struct Bearer {
    client: Client,
    base: String,
    pub token: String,
}

impl Bearer {
    pub fn new(base: &str, token: &str) -> Self {
        Self { client: Client::new(), base: base.to_owned(), token: token.to_owned() }
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }
}
