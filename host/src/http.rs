//! The HTTP surface of Backstage's auth plugin: a table of routes, a list of layers, small handlers. Handlers take one snapshot and call one use case.

mod answer;
mod body;
mod budget;
mod connection;
mod cookie;
mod error;
mod exchange;
mod gate;
mod health;
mod joined;
pub mod layers;
pub mod limits;
pub mod listener;
mod paths;
mod refresh;
mod router;
pub mod server;
mod stall;
pub mod state;
pub mod tls;
mod userinfo;
mod well_known;

pub use router::router;
