//! Where users come from: adapters of the port `ports::catalog::Catalog`.

pub mod file;
