-- +goose Up

-- Counters of a tenant, the head of its audit log, and when everything else of it was deleted.
ALTER TABLE tenants ADD COLUMN restore_numbers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN audit_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN audit_head TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN purged_at DATETIME;

-- What a run is to do, about what, and where it stands in the queue. Epoch is 0 for runs of the command line, which
-- nobody claims for it.
ALTER TABLE runs ADD COLUMN spec TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN subject_schema TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN subject_backup TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN subject_restore TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN subject_plan TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN subject_target TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN target_key TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN queued_at DATETIME;
ALTER TABLE runs ADD COLUMN waiting_since DATETIME;
ALTER TABLE runs ADD COLUMN not_before DATETIME;
ALTER TABLE runs ADD COLUMN started_at DATETIME;
ALTER TABLE runs ADD COLUMN stop_requested_at DATETIME;
ALTER TABLE runs ADD COLUMN stop_requested_by TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN progress TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN message TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN worker TEXT NOT NULL DEFAULT '';

CREATE INDEX runs_waiting ON runs (waiting_since) WHERE finished_at IS NULL;
CREATE INDEX runs_by_target_key ON runs (target_key) WHERE finished_at IS NULL AND target_key <> '';
CREATE INDEX runs_by_schema ON runs (tenant_id, subject_schema) WHERE finished_at IS NULL;

ALTER TABLE log_lines ADD COLUMN at DATETIME;

-- The keys that seal the secrets of a tenant, wrapped by the operator's key. Without its row they are unreadable.
CREATE TABLE keysets (
    tenant_id  TEXT     NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    wrapped    BLOB     NOT NULL,
    created_at DATETIME NOT NULL
);

-- How the app came to a tenant. A purged one has lost its client key, which may then get a new tenant.
CREATE TABLE installations (
    tenant_id      TEXT     NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    product        TEXT     NOT NULL,
    client_key     TEXT     NOT NULL,
    base_url       TEXT     NOT NULL,
    display_url    TEXT     NOT NULL,
    cloud_id       TEXT     NOT NULL,
    state          TEXT     NOT NULL,
    shared_secret  BLOB,
    entitlement    TEXT     NOT NULL,
    installed_at   DATETIME NOT NULL,
    updated_at     DATETIME NOT NULL,
    uninstalled_at DATETIME,
    purge_at       DATETIME,
    purged_at      DATETIME
);
CREATE UNIQUE INDEX installations_by_client_key ON installations (client_key) WHERE client_key <> '';
CREATE INDEX installations_to_purge ON installations (purge_at) WHERE purge_at IS NOT NULL;

-- One-time tokens that were used.
CREATE TABLE used_tokens (
    hash       TEXT     NOT NULL PRIMARY KEY,
    expires_at DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_tokens_by_expiry ON used_tokens (expires_at);

CREATE TABLE licences (
    tenant_id  TEXT     NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    state      TEXT     NOT NULL,
    type       TEXT     NOT NULL,
    evaluation BOOLEAN  NOT NULL,
    source     TEXT     NOT NULL,
    checked_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL
);

CREATE TABLE licence_history (
    tenant_id  TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    seq        INTEGER  NOT NULL,
    state      TEXT     NOT NULL,
    type       TEXT     NOT NULL,
    evaluation BOOLEAN  NOT NULL,
    source     TEXT     NOT NULL,
    changed_at DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;

CREATE TABLE connections (
    tenant_id      TEXT     NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    id             TEXT     NOT NULL,
    site_url       TEXT     NOT NULL,
    api_url        TEXT     NOT NULL,
    workspace_id   TEXT     NOT NULL,
    email          TEXT     NOT NULL,
    token          BLOB,
    token_hint     TEXT     NOT NULL,
    account_id     TEXT     NOT NULL,
    account_name   TEXT     NOT NULL,
    storage_chosen BOOLEAN  NOT NULL,
    storage        TEXT     NOT NULL,
    synced_at      DATETIME,
    checked_at     DATETIME,
    check_error    TEXT     NOT NULL,
    created_at     DATETIME NOT NULL,
    updated_at     DATETIME NOT NULL
);

CREATE TABLE targets (
    tenant_id    TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           TEXT     NOT NULL,
    name         TEXT     NOT NULL,
    location     TEXT     NOT NULL,
    url          TEXT     NOT NULL,
    api_url      TEXT     NOT NULL,
    workspace_id TEXT     NOT NULL,
    email        TEXT     NOT NULL,
    token        BLOB,
    token_hint   TEXT     NOT NULL,
    created_at   DATETIME NOT NULL,
    updated_at   DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX targets_by_name ON targets (tenant_id, name);

-- Schemas as they were seen. Listed is false for one that was taken from the list and keeps its backups. Name_folded is
-- what is searched and sorted by.
CREATE TABLE schemas (
    tenant_id            TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                   TEXT     NOT NULL,
    instance_id          TEXT     NOT NULL,
    instance_url         TEXT     NOT NULL,
    location             TEXT     NOT NULL,
    workspace_id         TEXT     NOT NULL,
    schema_id            TEXT     NOT NULL,
    schema_key           TEXT     NOT NULL,
    name                 TEXT     NOT NULL,
    name_folded          TEXT     NOT NULL,
    description          TEXT     NOT NULL,
    objects              INTEGER  NOT NULL,
    status               TEXT     NOT NULL,
    listed               BOOLEAN  NOT NULL,
    sync_error           TEXT     NOT NULL,
    synced_at            DATETIME,
    backup_numbers       INTEGER  NOT NULL,
    last_backup_id       TEXT     NOT NULL,
    last_backup_at       DATETIME,
    last_backup_error    TEXT     NOT NULL,
    last_backup_error_at DATETIME,
    created_at           DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX schemas_by_site_id ON schemas (tenant_id, instance_id, workspace_id, schema_id);
CREATE INDEX schemas_by_name ON schemas (tenant_id, name_folded, id) WHERE listed;

CREATE TABLE schedules (
    tenant_id   TEXT     NOT NULL,
    schema_id   TEXT     NOT NULL,
    enabled     BOOLEAN  NOT NULL,
    mode        TEXT     NOT NULL,
    cron        TEXT     NOT NULL,
    next_run_at DATETIME,
    attachments BOOLEAN  NOT NULL,
    suspended   BOOLEAN  NOT NULL,
    created_at  DATETIME NOT NULL,
    updated_at  DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, schema_id),
    FOREIGN KEY (tenant_id, schema_id) REFERENCES schemas (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE enabled AND NOT suspended;

CREATE TABLE backups (
    tenant_id    TEXT     NOT NULL,
    id           TEXT     NOT NULL,
    snapshot_id  TEXT     NOT NULL,
    number       INTEGER  NOT NULL,
    schema_id    TEXT     NOT NULL,
    run_id       TEXT     NOT NULL,
    trigger_kind TEXT     NOT NULL,
    description  TEXT     NOT NULL,
    state        TEXT     NOT NULL,
    objects      INTEGER  NOT NULL,
    bytes        INTEGER  NOT NULL,
    skipped      INTEGER  NOT NULL,
    failed       INTEGER  NOT NULL,
    storage      TEXT     NOT NULL,
    phases       TEXT     NOT NULL,
    object_types TEXT     NOT NULL,
    message      TEXT     NOT NULL,
    created_at   DATETIME NOT NULL,
    started_at   DATETIME,
    finished_at  DATETIME,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, schema_id) REFERENCES schemas (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX backups_by_number ON backups (tenant_id, schema_id, number);
CREATE INDEX backups_by_time ON backups (tenant_id, created_at, id);
CREATE INDEX backups_of_schema ON backups (tenant_id, schema_id, created_at, id);
CREATE INDEX backups_of_schema_by_trigger ON backups (tenant_id, schema_id, trigger_kind, created_at, id);

CREATE TABLE plans (
    tenant_id  TEXT     NOT NULL,
    id         TEXT     NOT NULL,
    backup_id  TEXT     NOT NULL,
    spec       TEXT     NOT NULL,
    state      TEXT     NOT NULL,
    document   BLOB,
    hash       TEXT     NOT NULL,
    summary    TEXT     NOT NULL,
    message    TEXT     NOT NULL,
    run_id     TEXT     NOT NULL,
    created_by TEXT     NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, backup_id) REFERENCES backups (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX plans_by_backup ON plans (tenant_id, backup_id);
CREATE INDEX plans_by_time ON plans (created_at);

-- A restore outlives its backup and its plan: it is history.
CREATE TABLE restores (
    tenant_id           TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                  TEXT     NOT NULL,
    number              INTEGER  NOT NULL,
    backup_id           TEXT     NOT NULL,
    plan_id             TEXT     NOT NULL,
    schema_id           TEXT     NOT NULL,
    source_name         TEXT     NOT NULL,
    source_key          TEXT     NOT NULL,
    source_url          TEXT     NOT NULL,
    destination         TEXT     NOT NULL,
    target_id           TEXT     NOT NULL,
    target_name         TEXT     NOT NULL,
    target_url          TEXT     NOT NULL,
    target_workspace_id TEXT     NOT NULL,
    target_schema_id    TEXT     NOT NULL,
    target_schema_name  TEXT     NOT NULL,
    target_schema_key   TEXT     NOT NULL,
    options             TEXT     NOT NULL,
    state               TEXT     NOT NULL,
    stage               TEXT     NOT NULL,
    message             TEXT     NOT NULL,
    planned             INTEGER  NOT NULL,
    created             INTEGER  NOT NULL,
    skipped             INTEGER  NOT NULL,
    failed              INTEGER  NOT NULL,
    proved              BOOLEAN  NOT NULL,
    differences         INTEGER  NOT NULL,
    restored_with       TEXT     NOT NULL,
    run_id              TEXT     NOT NULL,
    created_by          TEXT     NOT NULL,
    created_at          DATETIME NOT NULL,
    started_at          DATETIME,
    ended_at            DATETIME,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX restores_by_number ON restores (tenant_id, number);
CREATE INDEX restores_by_time ON restores (tenant_id, created_at, id);
CREATE INDEX restores_of_schema ON restores (tenant_id, schema_id, created_at, id);
CREATE INDEX restores_by_state ON restores (tenant_id, state, created_at, id);
CREATE INDEX restores_by_plan ON restores (tenant_id, plan_id);

CREATE TABLE restore_parts (
    tenant_id  TEXT NOT NULL,
    restore_id TEXT NOT NULL,
    part       TEXT NOT NULL,
    state      TEXT NOT NULL,
    started_at DATETIME,
    ended_at   DATETIME,
    message    TEXT NOT NULL,
    details    TEXT NOT NULL,
    PRIMARY KEY (tenant_id, restore_id, part),
    FOREIGN KEY (tenant_id, restore_id) REFERENCES restores (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE reference_restores (
    tenant_id  TEXT     NOT NULL,
    id         TEXT     NOT NULL,
    restore_id TEXT     NOT NULL,
    schemas    TEXT     NOT NULL,
    outbound   BOOLEAN  NOT NULL,
    state      TEXT     NOT NULL,
    started_at DATETIME,
    ended_at   DATETIME,
    message    TEXT     NOT NULL,
    run_id     TEXT     NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, restore_id) REFERENCES restores (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX reference_restores_of_restore ON reference_restores (tenant_id, restore_id, created_at, id);

CREATE TABLE idempotency_keys (
    tenant_id    TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    request_key  TEXT     NOT NULL,
    request_hash TEXT     NOT NULL,
    status       INTEGER  NOT NULL,
    answer       BLOB,
    taken_at     DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, request_key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (taken_at);

-- Who did what. Each line holds the hash of the one before it.
CREATE TABLE audit (
    tenant_id TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    seq       INTEGER  NOT NULL,
    at        DATETIME NOT NULL,
    actor     TEXT     NOT NULL,
    action    TEXT     NOT NULL,
    subject   TEXT     NOT NULL,
    detail    TEXT     NOT NULL,
    prev_hash TEXT     NOT NULL,
    hash      TEXT     NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is not changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM tenants WHERE id = OLD.tenant_id AND purged_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is not deleted');
END;
-- +goose StatementEnd
