//! Cases: sign-ins whose outcome is known, run through the real use case and the real component over a world that a file describes.
//!
//! Each case is staged, asked and guarded as a request is. Only what stands around it is made up: the catalog's entities, tokens, tables, the answers of
//! others, the time. Nothing is contacted and nothing is kept; a case that asks for what its file does not answer fails.

mod compare;
mod file;
mod issuer;
mod record;
mod report;
mod run;
pub mod schema;
mod world;

pub use self::{
    file::{Answer, Case, CaseFile, Exchange, Expected, Fault, Given, GivenCatalog, Refusal, Success, Token},
    report::{CaseReport, Difference, Report},
    run::Rehearsal,
};
