-- +goose Up
CREATE TABLE journal (
    seq  BIGINT PRIMARY KEY,
    time BIGINT NOT NULL, -- ms since 1970, UTC
    who  BIGINT NOT NULL,
    name TEXT   NOT NULL,
    via  TEXT   NOT NULL,
    what TEXT   NOT NULL,
    op   TEXT   NOT NULL,
    run  TEXT   NOT NULL,
    plan TEXT   NOT NULL,
    note TEXT   NOT NULL,
    prev TEXT   NOT NULL,
    sum  TEXT   NOT NULL
);
CREATE INDEX journal_run  ON journal (run, seq);
CREATE INDEX journal_op   ON journal (op, seq);
CREATE INDEX journal_who  ON journal (who, seq);
CREATE INDEX journal_time ON journal (time, seq);

-- What the newest entry is, written with it: it shows that the end was cut off.
CREATE TABLE head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    sum TEXT   NOT NULL
);

CREATE TABLE docs (
    num     BIGINT NOT NULL UNIQUE, -- in the order in which they were made
    kind    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    version BIGINT NOT NULL,
    updated BIGINT NOT NULL, -- ms since 1970, UTC
    body    TEXT   NOT NULL, -- JSON, byte for byte: JSONB would rewrite it
    PRIMARY KEY (kind, id)
);
CREATE INDEX docs_state ON docs (kind, state, num);

CREATE TABLE updates (
    source  TEXT   NOT NULL,
    id      BIGINT NOT NULL,
    time    BIGINT NOT NULL, -- ms since 1970, UTC, when it was recorded
    handled BIGINT NOT NULL, -- 1 when nobody needs to look at it any more
    body    BYTEA  NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX updates_waiting ON updates (source, time, id) WHERE handled = 0;
CREATE INDEX updates_old     ON updates (source, time);
