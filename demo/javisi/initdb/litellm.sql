-- The part of LiteLLM's database that an operator asks about. The column names are camelCase and need their quotes.
CREATE ROLE litellm LOGIN;
CREATE DATABASE litellm OWNER litellm;
\connect litellm
SET ROLE litellm;
CREATE TABLE "LiteLLM_SpendLogs" (request_id text PRIMARY KEY, model text NOT NULL, spend double precision NOT NULL, total_tokens integer NOT NULL, "startTime" timestamp NOT NULL, request_tags jsonb NOT NULL DEFAULT '[]');
INSERT INTO "LiteLLM_SpendLogs" (request_id, model, spend, total_tokens, "startTime", request_tags)
  SELECT 'req-' || n, (ARRAY['openrouter/glm-5', 'claude-haiku', 'openrouter/qwen3-coder', 'embedding'])[1 + n % 4],
         (1 + n % 17) * 0.00021, 100 + n % 900, now() - n * interval '90 seconds',
         CASE WHEN n % 50 = 0 THEN '["health-check"]'::jsonb ELSE '["agent"]'::jsonb END
  FROM generate_series(1, 4000) AS n;
