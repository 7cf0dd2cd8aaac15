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
-- How the models are scored, as a collector of the stack keeps it. Its counts are inflated: it counts days more than once.
CREATE TABLE model_scores (
  model text PRIMARY KEY, total_calls integer DEFAULT 0, successful_calls integer DEFAULT 0, failed_calls integer DEFAULT 0, total_tokens bigint DEFAULT 0,
  total_cost double precision DEFAULT 0, total_latency_ms double precision DEFAULT 0, likes integer DEFAULT 0, dislikes integer DEFAULT 0, score integer DEFAULT 50,
  avg_cost_per_call double precision DEFAULT 0, avg_latency_ms double precision DEFAULT 0, source text, first_seen timestamptz DEFAULT now(), last_updated timestamptz DEFAULT now());
INSERT INTO model_scores (model, total_calls, successful_calls, failed_calls, total_tokens, total_cost, total_latency_ms, likes, dislikes, score, avg_cost_per_call, avg_latency_ms, source)
  VALUES ('glm-5', 4210, 4188, 22, 5100000, 8.4, 5894000, 31, 4, 87, 0.002, 1400, 'litellm'), ('claude-haiku', 1804, 1799, 5, 2200000, 9.9, 1984400, 24, 2, 84, 0.0055, 1100, 'litellm'),
         ('qwen3-coder', 2950, 2701, 249, 3900000, 3.2, 8260000, 9, 8, 61, 0.0011, 2800, 'litellm'), ('deepseek-v3', 640, 402, 238, 700000, 0.4, 2816000, 1, 6, 38, 0.0006, 4400, 'litellm');
GRANT SELECT ON model_scores TO vigie;
