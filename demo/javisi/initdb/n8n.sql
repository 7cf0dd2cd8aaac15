-- The part of n8n's database that an operator asks about.
CREATE ROLE n8n LOGIN;
CREATE DATABASE n8n OWNER n8n;
\connect n8n
SET ROLE n8n;
CREATE TABLE workflow_entity (id varchar(36) PRIMARY KEY, name varchar(128) NOT NULL, active boolean NOT NULL, "updatedAt" timestamptz NOT NULL DEFAULT now());
INSERT INTO workflow_entity (id, name, active)
  SELECT 'wf' || lpad(n::text, 4, '0'), (ARRAY['Morning digest', 'Invoices & receipts', 'Backup report', 'New member', 'CVE watch'])[1 + n % 5] || ' ' || n, n % 4 <> 0
  FROM generate_series(1, 61) AS n;
CREATE TABLE execution_entity (id serial PRIMARY KEY, "workflowId" varchar(36) NOT NULL REFERENCES workflow_entity, status varchar NOT NULL, "startedAt" timestamptz NOT NULL, "stoppedAt" timestamptz);
INSERT INTO execution_entity ("workflowId", status, "startedAt", "stoppedAt")
  SELECT 'wf' || lpad((1 + n % 61)::text, 4, '0'), CASE WHEN n % 37 = 0 THEN 'error' ELSE 'success' END,
         now() - n * interval '4 minutes', now() - n * interval '4 minutes' + interval '2 seconds'
  FROM generate_series(1, 3000) AS n;
