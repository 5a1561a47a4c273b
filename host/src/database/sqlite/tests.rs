use tempfile::TempDir;

use super::*;
use crate::{
    database::claims::{self, ClaimsTable, Over},
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::key_store::{KeyStore, StoredKey},
};

async fn opened() -> (Sqlite, TempDir) {
    let directory = TempDir::new().unwrap();
    (Sqlite::open(&directory.path().join("auth.sqlite"), true).await.unwrap(), directory)
}

fn key(kid: &str, created_at: u64, published_until: u64) -> StoredKey {
    StoredKey { kid: kid.into(), jwk: format!(r#"{{"kid":"{kid}"}}"#), created_at, published_until }
}

impl Sqlite {
    async fn rows(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.unwrap()
    }
}

#[tokio::test]
async fn keys_of_user_tokens_are_published_from_their_creation_on() {
    let (sqlite, _directory) = opened().await;
    let keys = sqlite.signing_keys(300);
    for key in [key("b", 1_795_522_890, 0), key("a", 1_795_522_889, 0)] {
        keys.add(&key).await.unwrap();
    }
    sqlx::query("INSERT INTO signing_keys (kid, key, created_at) VALUES ('bad', 'x', 'yesterday')").execute(&sqlite.pool).await.unwrap();
    let listed = async |now| keys.published(now).await.unwrap().into_iter().map(|key| (key.kid, key.published_until)).collect::<Vec<_>>();
    let (a, b) = (("a".to_owned(), 1_795_523_189), ("b".to_owned(), 1_795_523_190));
    assert_eq!(listed(1_795_522_890).await, [a, b.clone()], "oldest first, and without the one whose time nobody can read");
    assert_eq!(sqlite.rows("SELECT created_at FROM signing_keys WHERE kid = 'a'").await, ["2026-11-24 12:21:29"], "as Backstage writes it");
    assert_eq!(sqlite.rows("SELECT kid FROM signing_keys ORDER BY kid").await, ["a", "b", "bad"]);
    assert_eq!(listed(1_795_523_189).await, [b], "published until then");
    assert_eq!(sqlite.rows("SELECT kid FROM signing_keys ORDER BY kid").await, ["b", "bad"], "and deleted when that is over");
    keys.add(&key("b", 0, 0)).await.unwrap_err();
    assert!(listed(1_795_523_190).await.is_empty());
    assert_eq!(sqlite.rows("SELECT kid FROM signing_keys ORDER BY kid").await, ["bad"]);
}

#[tokio::test]
async fn keys_of_service_tokens_know_when_they_expire() {
    let (sqlite, _directory) = opened().await;
    let keys = sqlite.service_keys();
    keys.add(&key("a", 0, 1_795_533_689)).await.unwrap();
    assert_eq!(
        sqlite.rows("SELECT expires_at FROM backstage_backend_public_keys__keys").await,
        ["2026-11-24T15:21:29.000Z"],
        "as Backstage writes it"
    );
    assert_eq!(keys.published(1_795_533_688).await.unwrap().len(), 1);
    assert!(keys.published(1_795_533_690).await.unwrap().is_empty());
    assert!(sqlite.rows("SELECT id FROM backstage_backend_public_keys__keys").await.is_empty());
}

#[tokio::test]
async fn claims_are_written_as_backstage_writes_them() {
    let (sqlite, _directory) = opened().await;
    let store = sqlite.user_info();
    let signed_in = Duration::from_millis;
    let alice = EntityRef::new("user", "default", "al'ice").unwrap();
    let [itself, nothing] = [std::slice::from_ref(&alice), &[]].map(|owned| claims::write(&alice, owned, &Claims::default()).unwrap());
    store.put(&alice, &itself, signed_in(1_795_522_889_868), Over::Anything).await.unwrap();
    let all = "SELECT user_entity_ref || '|' || user_info || '|' || updated_at FROM user_info";
    let expected = r#"user:default/al'ice|{"claims":{"sub":"user:default/al'ice","ent":["user:default/al'ice"]}}|2026-11-24 12:21:29.868"#;
    assert_eq!(sqlite.rows(all).await, [expected]);
    sqlx::query("UPDATE user_info SET created_at = 'kept'").execute(&sqlite.pool).await.unwrap();
    store.put(&alice, &nothing, signed_in(1_795_522_890_000), Over::Anything).await.unwrap();
    store.put(&alice, &itself, signed_in(1_795_522_889_999), Over::Older).await.unwrap();
    assert_eq!(sqlite.rows("SELECT created_at || ' ' || updated_at FROM user_info").await, ["kept 2026-11-24 12:21:30.000"]);
    let found = store.get(alice.as_str()).await.unwrap().unwrap();
    assert_eq!((found.user, found.ownership.len()), (alice, 0));
    assert!(store.get("user:default/bob").await.unwrap().is_none());
    sqlx::query("UPDATE user_info SET user_info = 'nonsense'").execute(&sqlite.pool).await.unwrap();
    let error = store.get("user:default/al'ice").await.unwrap_err().to_string();
    assert!(error.contains("the stored claims cannot be read"), "{error}");
}

#[tokio::test]
async fn tables_that_somebody_began_are_not_finished_here() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("auth.sqlite");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let begun =
        "CREATE TABLE knex_migrations (id integer primary key, name text); INSERT INTO knex_migrations (name) VALUES ('20200619125845_init.js')";
    sqlx::raw_sql(begun).execute(&pool).await.unwrap();
    let error = Sqlite::open(&path, true).await.err().unwrap().to_string();
    assert!(error.contains("start Backstage's auth plugin"), "{error}");
    sqlx::raw_sql("DELETE FROM knex_migrations; CREATE TABLE knex_migrations_lock (\"index\" integer primary key, is_locked integer); INSERT INTO knex_migrations_lock VALUES (1, 1)")
        .execute(&pool)
        .await
        .unwrap();
    let error = Sqlite::open(&path, true).await.err().unwrap().to_string();
    assert!(error.contains("knex_migrations_lock is taken"), "{error}");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE name = 'user_info'").fetch_all(&pool).await.unwrap();
    assert!(tables.is_empty());
}
