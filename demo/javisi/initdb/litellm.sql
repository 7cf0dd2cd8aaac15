-- The part of LiteLLM's database that an operator asks about, with a hundred hours of invented spend. The column names are
-- camelCase and need their quotes. The role vigie may read it and nothing else; its password opens this demo only.
CREATE ROLE litellm LOGIN;
CREATE ROLE vigie LOGIN PASSWORD 'vigie-demo-reads-only';
CREATE DATABASE litellm OWNER litellm;
\connect litellm
SET ROLE litellm;
CREATE TABLE "LiteLLM_SpendLogs" (
  request_id text PRIMARY KEY, call_type text NOT NULL, api_key text NOT NULL DEFAULT '', spend double precision NOT NULL DEFAULT 0,
  total_tokens integer NOT NULL DEFAULT 0, prompt_tokens integer NOT NULL DEFAULT 0, completion_tokens integer NOT NULL DEFAULT 0,
  "startTime" timestamp(3) NOT NULL, "endTime" timestamp(3) NOT NULL, model text NOT NULL DEFAULT '', model_id text DEFAULT '',
  model_group text DEFAULT '', custom_llm_provider text DEFAULT '', "user" text DEFAULT '', metadata jsonb DEFAULT '{}',
  cache_hit text DEFAULT '', request_tags jsonb DEFAULT '[]', team_id text, end_user text, status text
);
CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime");
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, prompt_tokens, completion_tokens, "startTime", "endTime",
    model, model_group, custom_llm_provider, metadata, request_tags, team_id, status)
  SELECT 'req-' || n, 'acompletion', CASE WHEN probe THEN 'litellm-internal-health-check' ELSE md5('key' || n % 3) END,
         (1 + n % 17) * 0.00021 * (ARRAY[1, 2.5, 0.4, 0.1])[1 + n % 4], 100 + n % 900, 80 + n % 600, 20 + n % 300, at, at + interval '3 seconds',
         (ARRAY['z-ai/glm-5', 'anthropic/claude-haiku-4.5', 'qwen/qwen3-coder', 'text-embedding-3-small'])[1 + n % 4],
         (ARRAY['glm-5', 'claude-haiku', 'qwen3-coder', 'embedding'])[1 + n % 4],
         (ARRAY['openrouter', 'anthropic', 'openrouter', 'openai'])[1 + n % 4],
         CASE WHEN probe THEN '{"user_api_key_alias": "litellm-internal-health-check"}'::jsonb
              ELSE jsonb_build_object('user_api_key_alias', (ARRAY['agents', 'n8n', 'ann'])[1 + n % 3]) END,
         CASE WHEN probe THEN '["litellm-internal-health-check"]'::jsonb ELSE '["agent"]'::jsonb END,
         CASE WHEN probe THEN 'litellm-internal-health-check' END, 'success'
  FROM (SELECT n, n % 50 = 0 AS probe, (now() AT TIME ZONE 'UTC') - n * interval '90 seconds' AS at FROM generate_series(1, 4000) AS n) AS rows;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO vigie;
