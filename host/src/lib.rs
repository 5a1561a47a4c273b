//! stagedoor: the door to Backstage.
//!
//! A server that runs the sign-in endpoint of Backstage's `oauth2Proxy` provider, and decides *who* a proxied request is by running resolvers as
//! sandboxed WebAssembly components. A request passes through these files, each once:
//!
//! ```text
//! GET /api/auth/oauth2Proxy/refresh
//!  1 http/layers      security headers, CORS, compression, ETag, bodies, catching panics, Backstage's path matching
//!  2 http/refresh     takes ONE generation::snapshot
//!  3 sign_in          the story; each step below is a port call from here
//!  4   proxy/trust -> proxy/headers     who spoke, and which values are clean
//!  5   domain/profile                   what the page will show
//!  6   wasm/permit -> wasm/call         a fresh instance; `resolve`
//!  7     wasm/powers -> wasm/host_functions -> ports::catalog
//!  8   domain/guard                     may this resolver say so?
//!  9   tokens/issuer                    proof, token, user info
//! 10   audit/decision_log               one record
//! 11 http/refresh     {profile, providerInfo, backstageIdentity}
//! ```
//!
//! Start reading at [`sign_in`], then [`serve`], the only file that knows every adapter.

pub mod audit;
pub mod cases;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod config;
pub mod database;
pub mod defect;
pub mod domain;
mod found_file;
pub mod generation;
pub mod http;
pub mod lifecycle;
pub mod outbound;
pub mod ports;
pub mod proxy;
pub mod serve;
pub mod sign_in;
pub mod source;
pub mod tables;
pub mod telemetry;
pub mod tokens;
pub mod user_cookie;
pub mod user_info;
pub mod wasm;
