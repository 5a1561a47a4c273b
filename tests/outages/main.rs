//! The systems behind a server go away and come back under load: sign-ins fail cleanly or go on, none is wrong, and the server recovers by itself.

#![cfg(unix)]

mod catalog;
mod database;
mod load;
