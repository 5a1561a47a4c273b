//! `stagedoor resolver …`: help with writing resolvers.

pub mod test;
