-- +goose Up

CREATE TABLE tenants (
    id              text        NOT NULL PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    restore_numbers bigint      NOT NULL DEFAULT 0,
    audit_seq       bigint      NOT NULL DEFAULT 0,
    audit_head      text        NOT NULL DEFAULT '',
    purged_at       timestamptz
);

-- The command line works for one tenant.
INSERT INTO tenants (id, created_at) VALUES ('local', '2026-01-01 00:00:00+00:00');

-- One row per run. A run without finished_at can be resumed by the same command; lease_token grows by one with every
-- claim and stands in the condition of every write of the claimant.
CREATE TABLE runs (
    id                text        NOT NULL PRIMARY KEY,
    tenant_id         text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind              text        NOT NULL,
    fingerprint       text        NOT NULL,
    target            text        NOT NULL,
    state             text        NOT NULL,
    backup_id         text        NOT NULL,
    result            text        NOT NULL,
    lease_owner       text        NOT NULL,
    lease_token       bigint      NOT NULL,
    lease_until       timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    finished_at       timestamptz,
    spec              text        NOT NULL DEFAULT '',
    actor             text        NOT NULL DEFAULT '',
    subject_schema    text        NOT NULL DEFAULT '',
    subject_backup    text        NOT NULL DEFAULT '',
    subject_restore   text        NOT NULL DEFAULT '',
    subject_plan      text        NOT NULL DEFAULT '',
    subject_target    text        NOT NULL DEFAULT '',
    target_key        text        NOT NULL DEFAULT '',
    epoch             bigint      NOT NULL DEFAULT 0,
    attempts          bigint      NOT NULL DEFAULT 0,
    queued_at         timestamptz,
    waiting_since     timestamptz,
    not_before        timestamptz,
    started_at        timestamptz,
    stop_requested_at timestamptz,
    stop_requested_by text        NOT NULL DEFAULT '',
    progress          text        NOT NULL DEFAULT '',
    message           text        NOT NULL DEFAULT '',
    worker            text        NOT NULL DEFAULT ''
);

-- Two processes that start the same command at the same moment get one run.
CREATE UNIQUE INDEX runs_unfinished ON runs (tenant_id, kind, fingerprint) WHERE finished_at IS NULL;
CREATE INDEX runs_by_time ON runs (tenant_id, created_at);

CREATE TABLE checkpoints (
    tenant_id  text        NOT NULL,
    run_id     text        NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    state      bytea       NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, run_id)
);

-- What a restore was about to write (done = 0) and what came of it (done = 1). The target id is empty for what the
-- target refused.
CREATE TABLE journal_entries (
    tenant_id text    NOT NULL,
    run_id    text    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    kind      text    NOT NULL,
    source_id text    NOT NULL,
    target_id text    NOT NULL,
    note      text    NOT NULL,
    done      boolean NOT NULL,
    PRIMARY KEY (tenant_id, run_id, kind, source_id)
);

-- Which thing of the target a thing of the backup became, per restore and per target.
CREATE VIEW id_maps AS
SELECT j.tenant_id, j.run_id, r.target, j.kind, j.source_id, j.target_id
FROM journal_entries j
JOIN runs r ON r.tenant_id = j.tenant_id AND r.id = j.run_id
WHERE j.done AND j.target_id <> '';

-- The log of a run, kept across its attempts. Entry is the line as JSON.
CREATE TABLE log_lines (
    tenant_id text        NOT NULL,
    run_id    text        NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq       bigint      NOT NULL,
    entry     text        NOT NULL,
    at        timestamptz,
    PRIMARY KEY (tenant_id, run_id, seq)
);

CREATE INDEX runs_waiting ON runs (waiting_since) WHERE finished_at IS NULL;
CREATE INDEX runs_by_target_key ON runs (target_key) WHERE finished_at IS NULL AND target_key <> '';
CREATE INDEX runs_by_schema ON runs (tenant_id, subject_schema) WHERE finished_at IS NULL;


-- The keys that seal the secrets of a tenant, wrapped by the operator's key. Without its row they are unreadable.
CREATE TABLE keysets (
    tenant_id  text        NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL
);

-- How the app came to a tenant. A purged one has lost its client key, which may then get a new tenant.
CREATE TABLE installations (
    tenant_id      text        NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    product        text        NOT NULL,
    client_key     text        NOT NULL,
    base_url       text        NOT NULL,
    display_url    text        NOT NULL,
    cloud_id       text        NOT NULL,
    state          text        NOT NULL,
    shared_secret  bytea,
    entitlement    text        NOT NULL,
    installed_at   timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    uninstalled_at timestamptz,
    purge_at       timestamptz,
    purged_at      timestamptz
);
CREATE UNIQUE INDEX installations_by_client_key ON installations (client_key) WHERE client_key <> '';
CREATE INDEX installations_to_purge ON installations (purge_at) WHERE purge_at IS NOT NULL;

-- One-time tokens that were used.
CREATE TABLE used_tokens (
    hash       text        NOT NULL PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_tokens_by_expiry ON used_tokens (expires_at);

CREATE TABLE licences (
    tenant_id  text        NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    state      text        NOT NULL,
    type       text        NOT NULL,
    evaluation boolean     NOT NULL,
    source     text        NOT NULL,
    checked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE licence_history (
    tenant_id  text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    seq        bigint      NOT NULL,
    state      text        NOT NULL,
    type       text        NOT NULL,
    evaluation boolean     NOT NULL,
    source     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE connections (
    tenant_id      text        NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    id             text        NOT NULL,
    site_url       text        NOT NULL,
    api_url        text        NOT NULL,
    workspace_id   text        NOT NULL,
    email          text        NOT NULL,
    token          bytea,
    token_hint     text        NOT NULL,
    account_id     text        NOT NULL,
    account_name   text        NOT NULL,
    storage_chosen boolean     NOT NULL,
    storage        text        NOT NULL,
    synced_at      timestamptz,
    checked_at     timestamptz,
    check_error    text        NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);

CREATE TABLE targets (
    tenant_id    text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           text        NOT NULL,
    name         text        NOT NULL,
    location     text        NOT NULL,
    url          text        NOT NULL,
    api_url      text        NOT NULL,
    workspace_id text        NOT NULL,
    email        text        NOT NULL,
    token        bytea,
    token_hint   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX targets_by_name ON targets (tenant_id, name);

-- Schemas as they were seen. Listed is false for one that was taken from the list and keeps its backups. Name_folded is
-- what is searched and sorted by.
CREATE TABLE schemas (
    tenant_id            text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                   text        NOT NULL,
    instance_id          text        NOT NULL,
    instance_url         text        NOT NULL,
    location             text        NOT NULL,
    workspace_id         text        NOT NULL,
    schema_id            text        NOT NULL,
    schema_key           text        NOT NULL,
    name                 text        NOT NULL,
    name_folded          text        COLLATE "C" NOT NULL,
    description          text        NOT NULL,
    objects              bigint      NOT NULL,
    status               text        NOT NULL,
    listed               boolean     NOT NULL,
    sync_error           text        NOT NULL,
    synced_at            timestamptz,
    backup_numbers       bigint      NOT NULL,
    last_backup_id       text        NOT NULL,
    last_backup_at       timestamptz,
    last_backup_error    text        NOT NULL,
    last_backup_error_at timestamptz,
    created_at           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX schemas_by_site_id ON schemas (tenant_id, instance_id, workspace_id, schema_id);
CREATE INDEX schemas_by_name ON schemas (tenant_id, name_folded, id) WHERE listed;

CREATE TABLE schedules (
    tenant_id   text        NOT NULL,
    schema_id   text        NOT NULL,
    enabled     boolean     NOT NULL,
    mode        text        NOT NULL,
    cron        text        NOT NULL,
    next_run_at timestamptz,
    attachments boolean     NOT NULL,
    suspended   boolean     NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, schema_id),
    FOREIGN KEY (tenant_id, schema_id) REFERENCES schemas (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE enabled AND NOT suspended;

CREATE TABLE backups (
    tenant_id    text        NOT NULL,
    id           text        NOT NULL,
    snapshot_id  text        NOT NULL,
    number       bigint      NOT NULL,
    schema_id    text        NOT NULL,
    run_id       text        NOT NULL,
    trigger_kind text        NOT NULL,
    description  text        NOT NULL,
    state        text        NOT NULL,
    objects      bigint      NOT NULL,
    bytes        bigint      NOT NULL,
    skipped      bigint      NOT NULL,
    failed       bigint      NOT NULL,
    storage      text        NOT NULL,
    phases       text        NOT NULL,
    object_types text        NOT NULL,
    message      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    started_at   timestamptz,
    finished_at  timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, schema_id) REFERENCES schemas (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX backups_by_number ON backups (tenant_id, schema_id, number);
CREATE INDEX backups_by_time ON backups (tenant_id, created_at, id);
CREATE INDEX backups_of_schema ON backups (tenant_id, schema_id, created_at, id);
CREATE INDEX backups_of_schema_by_trigger ON backups (tenant_id, schema_id, trigger_kind, created_at, id);

CREATE TABLE plans (
    tenant_id  text        NOT NULL,
    id         text        NOT NULL,
    backup_id  text        NOT NULL,
    spec       text        NOT NULL,
    state      text        NOT NULL,
    document   bytea,
    hash       text        NOT NULL,
    summary    text        NOT NULL,
    message    text        NOT NULL,
    run_id     text        NOT NULL,
    created_by text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, backup_id) REFERENCES backups (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX plans_by_backup ON plans (tenant_id, backup_id);
CREATE INDEX plans_by_time ON plans (created_at);

-- A restore outlives its backup and its plan: it is history.
CREATE TABLE restores (
    tenant_id           text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                  text        NOT NULL,
    number              bigint      NOT NULL,
    backup_id           text        NOT NULL,
    plan_id             text        NOT NULL,
    schema_id           text        NOT NULL,
    source_name         text        NOT NULL,
    source_key          text        NOT NULL,
    source_url          text        NOT NULL,
    destination         text        NOT NULL,
    target_id           text        NOT NULL,
    target_name         text        NOT NULL,
    target_url          text        NOT NULL,
    target_workspace_id text        NOT NULL,
    target_schema_id    text        NOT NULL,
    target_schema_name  text        NOT NULL,
    target_schema_key   text        NOT NULL,
    options             text        NOT NULL,
    state               text        NOT NULL,
    stage               text        NOT NULL,
    message             text        NOT NULL,
    planned             bigint      NOT NULL,
    created             bigint      NOT NULL,
    skipped             bigint      NOT NULL,
    failed              bigint      NOT NULL,
    proved              boolean     NOT NULL,
    differences         bigint      NOT NULL,
    restored_with       text        NOT NULL,
    run_id              text        NOT NULL,
    created_by          text        NOT NULL,
    created_at          timestamptz NOT NULL,
    started_at          timestamptz,
    ended_at            timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX restores_by_number ON restores (tenant_id, number);
CREATE INDEX restores_by_time ON restores (tenant_id, created_at, id);
CREATE INDEX restores_of_schema ON restores (tenant_id, schema_id, created_at, id);
CREATE INDEX restores_by_state ON restores (tenant_id, state, created_at, id);
CREATE INDEX restores_by_plan ON restores (tenant_id, plan_id);

CREATE TABLE restore_parts (
    tenant_id  text        NOT NULL,
    restore_id text        NOT NULL,
    part       text        NOT NULL,
    state      text        NOT NULL,
    started_at timestamptz,
    ended_at   timestamptz,
    message    text        NOT NULL,
    details    text        NOT NULL,
    PRIMARY KEY (tenant_id, restore_id, part),
    FOREIGN KEY (tenant_id, restore_id) REFERENCES restores (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE reference_restores (
    tenant_id  text        NOT NULL,
    id         text        NOT NULL,
    restore_id text        NOT NULL,
    schemas    text        NOT NULL,
    outbound   boolean     NOT NULL,
    state      text        NOT NULL,
    started_at timestamptz,
    ended_at   timestamptz,
    message    text        NOT NULL,
    run_id     text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, restore_id) REFERENCES restores (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX reference_restores_of_restore ON reference_restores (tenant_id, restore_id, created_at, id);

CREATE TABLE idempotency_keys (
    tenant_id    text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    request_key  text        NOT NULL,
    request_hash text        NOT NULL,
    status       bigint      NOT NULL,
    answer       bytea,
    taken_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (taken_at);

-- Who did what. Each line holds the hash of the one before it.
CREATE TABLE audit (
    tenant_id text        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    seq       bigint      NOT NULL,
    at        timestamptz NOT NULL,
    actor     text        NOT NULL,
    action    text        NOT NULL,
    subject   text        NOT NULL,
    detail    text        NOT NULL,
    prev_hash text        NOT NULL,
    hash      text        NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- +goose StatementBegin
CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM tenants WHERE id = OLD.tenant_id AND purged_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is neither changed nor deleted';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_kept();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();
