//! `stagedoor.catalog.cache`: how long answers of the catalog count, and how much is kept.

use std::{borrow::Cow, ops::RangeInclusive, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::{
    field::Field,
    schema::{ByteSizeSchema, DurationSchema, optional},
    tree::Value,
};

const DAY: Duration = Duration::from_hours(24);
const MIB: usize = 1 << 20;

/// What is kept of the catalog's answers.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
pub struct CatalogCacheConfig {
    /// How long a user or a group counts as the catalog gave it, up to a day; 0 turns the cache off. Needs a restart.
    #[schemars(with = "DurationOrZero", extend("default" = "30 s"))]
    pub ttl: Duration,
    /// How long it counts that the catalog knows nobody, or no such group, up to a day; 0: not at all. Needs a restart.
    #[schemars(with = "DurationOrZero", extend("default" = "5 s"))]
    pub negative_ttl: Duration,
    /// How old a user may be who signs in while the catalog is down or fails, and a group that is told then, up to a day; 0: none. Needs a restart.
    #[schemars(with = "DurationOrZero", extend("default" = "10 minutes"))]
    pub stale_if_error: Duration,
    /// What all answers that are kept may take in memory, 1 MiB to 16 GiB; a quarter of it is for groups. Needs a restart.
    #[schemars(with = "ByteSizeSchema", extend("default" = "64 MiB"))]
    pub memory: usize,
}

/// A duration that may be off.
struct DurationOrZero;

impl JsonSchema for DurationOrZero {
    fn schema_name() -> Cow<'static, str> {
        "DurationOrZero".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "enum": [0, "0"] }, generator.subschema_for::<DurationSchema>()] })
    }
}

impl Default for CatalogCacheConfig {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(30), negative_ttl: Duration::from_secs(5), stale_if_error: Duration::from_mins(10), memory: 64 * MIB }
    }
}

impl CatalogCacheConfig {
    /// `None` if the cache is off.
    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        field.only(&["ttl", "negativeTtl", "staleIfError", "memory"]);
        let default = Self::default();
        let read = Self {
            ttl: or_zero(&field.key("ttl")).unwrap_or(default.ttl),
            negative_ttl: or_zero(&field.key("negativeTtl")).unwrap_or(default.negative_ttl),
            stale_if_error: or_zero(&field.key("staleIfError")).unwrap_or(default.stale_if_error),
            memory: field.key("memory").bytes(MIB..=16 << 30).unwrap_or(default.memory),
        };
        if !read.ttl.is_zero() {
            return Some(read);
        }
        for key in ["negativeTtl", "staleIfError", "memory"].map(|key| field.key(key)).iter().filter(|key| key.is_set()) {
            key.error::<()>("has no effect, since ttl turns the cache off; remove it");
        }
        None
    }
}

/// A duration, or 0 without a unit: nothing is the same in each.
fn or_zero(field: &Field<'_>) -> Option<Duration> {
    const BOUNDS: RangeInclusive<Duration> = Duration::ZERO..=DAY;
    match field.value()? {
        Value::Number(number) if number.as_u64() == Some(0) => Some(Duration::ZERO),
        Value::String(text) if text.trim() == "0" => Some(Duration::ZERO),
        _ => field.duration(BOUNDS),
    }
}
