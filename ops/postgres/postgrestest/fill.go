// Package postgrestest fills a real PostgreSQL with something to measure restores of.
package postgrestest

import (
	"context"
	"fmt"
)

// perGigabyte is how many rows of [Fill] take a gigabyte with their indexes, on PostgreSQL 15.
const perGigabyte = 1_950_000

// slice is how many rows one statement makes.
const slice = 100_000

// Fill makes tables in a database and fills them until it takes about so many gigabytes: executions as n8n keeps them, half of it text
// that compresses as JSON does and half that hardly does, with two indexes and a foreign key. psql runs SQL in that database.
func Fill(ctx context.Context, psql func(ctx context.Context, sql string) error, gigabytes float64) error {
	err := psql(ctx, `CREATE TABLE workflow_entity (id bigint PRIMARY KEY, name text NOT NULL, "createdAt" timestamptz NOT NULL DEFAULT now());
INSERT INTO workflow_entity SELECT i, 'workflow ' || i FROM generate_series(0, 60) i;
CREATE TABLE execution_entity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "workflowId" bigint NOT NULL REFERENCES workflow_entity, status text NOT NULL,
	"startedAt" timestamptz NOT NULL, data text NOT NULL);
CREATE INDEX ON execution_entity ("startedAt");`)
	if err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	for rows, made := int(gigabytes*perGigabyte), 0; made < rows; made += slice {
		err := psql(ctx, fmt.Sprintf(`INSERT INTO execution_entity ("workflowId", status, "startedAt", data)
SELECT i %% 61, CASE WHEN i %% 20 = 0 THEN 'error' ELSE 'success' END, now() - i * interval '1 second', '{"node": "HTTP Request", "items": [' || repeat('{"id": ' || i || '}, ', 14) || '"' ||
	md5(i::text) || md5('a' || i) || md5('b' || i) || md5('c' || i) || '"]}' FROM generate_series(%d, %d) i;`, made, min(made+slice, rows)-1))
		if err != nil {
			return fmt.Errorf("filling the tables: %w", err)
		}
	}
	return nil
}
