CREATE TABLE signing_keys (
    kid varchar(255) PRIMARY KEY,
    created_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    key text NOT NULL
);

CREATE TABLE sessions (sid varchar(255) PRIMARY KEY, sess text NOT NULL, expired timestamptz NOT NULL);
CREATE INDEX sessions_sid_idx ON sessions (sid);
CREATE INDEX sessions_expired_idx ON sessions (expired);

CREATE TABLE user_info (
    user_entity_ref varchar(255) PRIMARY KEY,
    user_info text NOT NULL,
    updated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE oidc_clients (
    client_id varchar(255) PRIMARY KEY,
    client_secret varchar(255) NOT NULL,
    client_name varchar(255) NOT NULL,
    response_types text NOT NULL,
    grant_types text NOT NULL,
    redirect_uris text NOT NULL,
    scope text,
    metadata text
);

CREATE TABLE oauth_authorization_sessions (
    id varchar(255) PRIMARY KEY,
    client_id varchar(255) NOT NULL,
    user_entity_ref varchar(255),
    redirect_uri text NOT NULL,
    scope text,
    state text,
    response_type varchar(255) NOT NULL,
    code_challenge varchar(255),
    code_challenge_method varchar(255),
    nonce varchar(255),
    status text DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'rejected', 'expired')),
    expires_at timestamptz(0) NOT NULL
);
CREATE INDEX oauth_authorization_sessions_client_id_user_entity_ref_index ON oauth_authorization_sessions (client_id, user_entity_ref);
CREATE INDEX oauth_authorization_sessions_status_expires_at_index ON oauth_authorization_sessions (status, expires_at);

CREATE TABLE oidc_authorization_codes (
    code varchar(255) PRIMARY KEY,
    session_id varchar(255) NOT NULL,
    expires_at timestamptz(0) NOT NULL,
    used boolean DEFAULT false,
    CONSTRAINT oidc_authorization_codes_session_id_foreign
        FOREIGN KEY (session_id) REFERENCES oauth_authorization_sessions (id) ON DELETE CASCADE
);

CREATE TABLE offline_sessions (
    id varchar(255) PRIMARY KEY,
    user_entity_ref varchar(255) NOT NULL,
    oidc_client_id varchar(255),
    token_hash text NOT NULL,
    created_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_used_at timestamptz(0) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX offline_sessions_user_idx ON offline_sessions (user_entity_ref);
CREATE INDEX offline_sessions_oidc_client_idx ON offline_sessions (oidc_client_id);
CREATE INDEX offline_sessions_created_idx ON offline_sessions (created_at);
CREATE INDEX offline_sessions_last_used_idx ON offline_sessions (last_used_at);
