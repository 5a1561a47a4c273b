//! Service tokens, judged by a plugin of the real Backstage.

use std::net::{Ipv4Addr, SocketAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
};
use stagedoor_tests::{
    App,
    backstage::{BackstageKit, Plugins},
};
use tokio::net::TcpListener;

use crate::{SERVICE_KEYS, alice, app, kid, kids};

/// Serves on a port of loopback until the test ends.
async fn served(app: &App) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("the address of a listener");
    tokio::spawn(server::serve(Listener::tcp(listener), app.router.clone(), ServerLimits::default(), Ending::default()));
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_of_the_real_backstage_knows_that_we_are_auth() {
    let Some(kit) = BackstageKit::prepared("service tokens at the real Backstage") else { return };
    let app = app("{ client: better-sqlite3, connection: ':memory:' }").await;
    let address = served(&app).await;
    let config = format!(
        "app: {{ baseUrl: 'http://localhost:3000' }}\n\
         backend: {{ baseUrl: 'http://127.0.0.1:{{port}}', database: {{ client: better-sqlite3, connection: ':memory:' }} }}\n\
         discovery: {{ endpoints: [{{ target: 'http://{address}/api/auth', plugins: [auth] }}] }}\n"
    );
    let backstage = tokio::task::spawn_blocking(move || kit.start(Plugins::Catalog, &config)).await.unwrap();
    let whoami = |token: &str| {
        let (backstage, header) = (&backstage, format!("Bearer {token}"));
        tokio::task::block_in_place(|| backstage.get("/api/probe/whoami", &[("authorization", &header)]))
    };

    let token = app.wired.service_tokens.token("probe").await.unwrap();
    let (status, body) = whoami(&token);
    assert_eq!(status, 200, "{body}\n{}", backstage.log());
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["principal"]["subject"], "plugin:auth");
    assert_eq!(kids(&app, SERVICE_KEYS).await, [kid(&token)]);

    let elsewhere = app.wired.service_tokens.token("catalog").await.unwrap();
    assert_eq!(whoami(&elsewhere).0, 401, "a token for another plugin");
    let (message, signature) = token.rsplit_once('.').unwrap();
    let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"auth","aud":"probe","iat":1,"exp":9999999999}"#);
    let forged = format!("{}.{payload}.{signature}", message.split('.').next().unwrap());
    assert_eq!(whoami(&forged).0, 401);
    let (status, body) = whoami(&alice(&app).await);
    assert_eq!((status, body.contains("user:default/alice")), (200, true), "{body}");
}
