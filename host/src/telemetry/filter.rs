//! Which lines are written: `RUST_LOG`, a full filter, or else `LOG_LEVEL`, a level as in Backstage.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// The filter that the environment asks for, else the default. One that cannot be read is told on stderr.
pub(super) fn from_environment(default: &str) -> EnvFilter {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let (filter, complaint) = chosen(variable("RUST_LOG").as_deref(), variable("LOG_LEVEL").as_deref(), default);
    if let Some(complaint) = complaint {
        eprintln!("warning: {complaint}; the filter is {default:?}");
    }
    EnvFilter::new(filter)
}

/// Sign-ins are recorded at every level, since the record is what tells later who came in. Only a filter that names the target itself decides about it.
fn chosen(rust_log: Option<&str>, log_level: Option<&str>, default: &str) -> (String, Option<String>) {
    let (filter, complaint) = match (rust_log, log_level) {
        (Some(filter), _) => match EnvFilter::try_new(filter) {
            Ok(_) => (filter, None),
            Err(error) => (default, Some(format!("RUST_LOG is no filter: {error}"))),
        },
        // To the filter's parser an unknown word is a target, which would silence all others.
        (None, Some(level)) => match level.trim().parse::<LevelFilter>() {
            Ok(_) => (level, None),
            Err(_) => (default, Some("LOG_LEVEL is none of debug, info, warn and error".to_owned())),
        },
        (None, None) => (default, None),
    };
    let filter = if names_audit(filter) { filter.to_owned() } else { format!("{filter},audit=info") };
    (filter, complaint)
}

fn names_audit(filter: &str) -> bool {
    filter.split(',').any(|directive| directive.trim().split(['=', '[']).next() == Some("audit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_ins_are_recorded_unless_the_filter_names_them() {
        for (rust_log, log_level, expected) in [
            (None, None, "info,audit=info"),
            (None, Some("warn"), "warn,audit=info"),
            (Some("off"), Some("debug"), "off,audit=info"),
            (Some("warn,audit=off"), None, "warn,audit=off"),
            (Some("audit,x=debug"), None, "audit,x=debug"),
            (Some("auditor=debug"), None, "auditor=debug,audit=info"),
        ] {
            assert_eq!(chosen(rust_log, log_level, "info"), (expected.to_owned(), None));
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (rust_log, log_level) in [(Some("x=loud"), None), (None, Some("verbose")), (None, Some("warn,x=debug"))] {
            let (filter, complaint) = chosen(rust_log, log_level, "info");
            assert_eq!(filter, "info,audit=info");
            assert!(complaint.is_some(), "{rust_log:?} {log_level:?}");
        }
    }
}
