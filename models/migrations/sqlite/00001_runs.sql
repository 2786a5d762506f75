-- +goose Up

CREATE TABLE tenants (
    id         TEXT     NOT NULL PRIMARY KEY,
    created_at DATETIME NOT NULL
);

-- The command line works for one tenant.
INSERT INTO tenants (id, created_at) VALUES ('local', '2026-01-01 00:00:00+00:00');

-- One row per run. A run without finished_at can be resumed by the same command; lease_token grows by one with every
-- claim and stands in the condition of every write of the claimant.
CREATE TABLE runs (
    id          TEXT     NOT NULL PRIMARY KEY,
    tenant_id   TEXT     NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    kind        TEXT     NOT NULL,
    fingerprint TEXT     NOT NULL,
    target      TEXT     NOT NULL,
    state       TEXT     NOT NULL,
    backup_id   TEXT     NOT NULL,
    result      TEXT     NOT NULL,
    lease_owner TEXT     NOT NULL,
    lease_token INTEGER  NOT NULL,
    lease_until DATETIME,
    created_at  DATETIME NOT NULL,
    updated_at  DATETIME NOT NULL,
    finished_at DATETIME
);

-- Two processes that start the same command at the same moment get one run.
CREATE UNIQUE INDEX runs_unfinished ON runs (tenant_id, kind, fingerprint) WHERE finished_at IS NULL;
CREATE INDEX runs_by_time ON runs (tenant_id, created_at);

CREATE TABLE checkpoints (
    tenant_id  TEXT     NOT NULL,
    run_id     TEXT     NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    state      BLOB     NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (tenant_id, run_id)
) WITHOUT ROWID;

-- What a restore was about to write (done = 0) and what came of it (done = 1). The target id is empty for what the
-- target refused.
CREATE TABLE journal_entries (
    tenant_id TEXT    NOT NULL,
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    kind      TEXT    NOT NULL,
    source_id TEXT    NOT NULL,
    target_id TEXT    NOT NULL,
    note      TEXT    NOT NULL,
    done      BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, run_id, kind, source_id)
) WITHOUT ROWID;

-- Which thing of the target a thing of the backup became, per restore and per target.
CREATE VIEW id_maps AS
SELECT j.tenant_id, j.run_id, r.target, j.kind, j.source_id, j.target_id
FROM journal_entries j
JOIN runs r ON r.tenant_id = j.tenant_id AND r.id = j.run_id
WHERE j.done AND j.target_id <> '';

-- The log of a run, kept across its attempts. Entry is the line as JSON.
CREATE TABLE log_lines (
    tenant_id TEXT    NOT NULL,
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq       INTEGER NOT NULL,
    entry     TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, run_id, seq)
) WITHOUT ROWID;
