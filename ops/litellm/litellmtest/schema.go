package litellmtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Schema makes the tables of LiteLLM that Vigie reads, with the columns and indexes that LiteLLM's own migrations give them
// (litellm-proxy-extras, 2025-03 to 2025-11).
const Schema = `
CREATE TABLE "LiteLLM_SpendLogs" (
	request_id text PRIMARY KEY, call_type text NOT NULL, api_key text NOT NULL DEFAULT '', spend double precision NOT NULL DEFAULT 0.0,
	total_tokens integer NOT NULL DEFAULT 0, prompt_tokens integer NOT NULL DEFAULT 0, completion_tokens integer NOT NULL DEFAULT 0,
	"startTime" timestamp(3) NOT NULL, "endTime" timestamp(3) NOT NULL, request_duration_ms integer, "completionStartTime" timestamp(3),
	model text NOT NULL DEFAULT '', model_id text DEFAULT '', model_group text DEFAULT '', custom_llm_provider text DEFAULT '', api_base text DEFAULT '',
	"user" text DEFAULT '', metadata jsonb DEFAULT '{}', cache_hit text DEFAULT '', cache_key text DEFAULT '', request_tags jsonb DEFAULT '[]',
	team_id text, organization_id text, end_user text, requester_ip_address text, messages jsonb DEFAULT '{}', response jsonb DEFAULT '{}',
	session_id text, status text, mcp_namespaced_tool_name text, agent_id text, proxy_server_request jsonb DEFAULT '{}');
CREATE INDEX "LiteLLM_SpendLogs_startTime_idx" ON "LiteLLM_SpendLogs"("startTime");
CREATE INDEX "LiteLLM_SpendLogs_startTime_request_id_idx" ON "LiteLLM_SpendLogs"("startTime", request_id);
CREATE INDEX "LiteLLM_SpendLogs_end_user_idx" ON "LiteLLM_SpendLogs"(end_user);
CREATE INDEX "LiteLLM_SpendLogs_session_id_idx" ON "LiteLLM_SpendLogs"(session_id);
CREATE TABLE "LiteLLM_VerificationToken" (
	token text PRIMARY KEY, key_name text, key_alias text, spend double precision NOT NULL DEFAULT 0.0, max_budget double precision,
	budget_duration text, budget_reset_at timestamp(3), blocked boolean, metadata jsonb NOT NULL DEFAULT '{}');
CREATE TABLE "LiteLLM_DailyUserSpend" (
	id text PRIMARY KEY, user_id text, date text NOT NULL, api_key text NOT NULL, model text, model_group text, custom_llm_provider text,
	mcp_namespaced_tool_name text, endpoint text, prompt_tokens bigint NOT NULL DEFAULT 0, completion_tokens bigint NOT NULL DEFAULT 0,
	cache_read_input_tokens bigint NOT NULL DEFAULT 0, cache_creation_input_tokens bigint NOT NULL DEFAULT 0, spend double precision NOT NULL DEFAULT 0.0,
	api_requests bigint NOT NULL DEFAULT 0, successful_requests bigint NOT NULL DEFAULT 0, failed_requests bigint NOT NULL DEFAULT 0,
	created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX "LiteLLM_DailyUserSpend_date_idx" ON "LiteLLM_DailyUserSpend"(date);
CREATE UNIQUE INDEX "LiteLLM_DailyUserSpend_key" ON "LiteLLM_DailyUserSpend"
	(user_id, date, api_key, model, custom_llm_provider, mcp_namespaced_tool_name, endpoint);
CREATE TABLE "LiteLLM_DailyTagSpend" (
	id text PRIMARY KEY, tag text, date text NOT NULL, api_key text NOT NULL, model text, model_group text, custom_llm_provider text,
	prompt_tokens bigint NOT NULL DEFAULT 0, completion_tokens bigint NOT NULL DEFAULT 0, spend double precision NOT NULL DEFAULT 0.0,
	api_requests bigint NOT NULL DEFAULT 0, successful_requests bigint NOT NULL DEFAULT 0, failed_requests bigint NOT NULL DEFAULT 0,
	created_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX "LiteLLM_DailyTagSpend_date_idx" ON "LiteLLM_DailyTagSpend"(date)`

// fill makes $1 rows, evenly over the 30 days before $2. It holds what matters to whoever adds them up: the skew of models,
// seven keys, one call in fifty a health check, one in ninety-seven failed, tags as callers and LiteLLM set them.
const fill = `
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, prompt_tokens, completion_tokens, "startTime", "endTime",
	request_duration_ms, model, model_group, custom_llm_provider, "user", request_tags, metadata, team_id, session_id, status)
SELECT 'chatcmpl-' || g, 'acompletion',
	CASE WHEN g % 50 = 0 THEN 'litellm-internal-health-check' ELSE md5((g % 7)::text) || md5((g % 7)::text) END,
	CASE WHEN g % 50 = 0 OR g % 97 = 0 THEN 0 ELSE round((random() * random() * 0.05)::numeric, 6) END,
	200 + (random() * 4000)::int, 150, 50, t, t + interval '2 s', 2000,
	CASE WHEN m < 9 THEN 'openrouter/vendor/' ELSE '' END || (ARRAY['minimax-m25','qwen3-coder','glm-5','grok-4','claude-opus-4-6','claude-sonnet-4-6',
		'kimi-k2','deepseek-v4','qwen3-vl','gpt-5.4','gemini-3-pro','whisper'])[1 + m],
	(ARRAY['minimax','qwen3-coder','glm-5','grok-search','claude-opus','claude-sonnet','kimi-k2','deepseek-v4','qwen3-vl','gpt','gemini-pro','whisper'])[1 + m],
	CASE WHEN m < 9 THEN 'openrouter' WHEN m = 10 THEN 'gemini' ELSE 'openai' END, 'default_user_id',
	CASE WHEN g % 50 = 0 THEN '["litellm-internal-health-check"]' WHEN g % 3 = 0 THEN '["n8n", "User-Agent: n8n"]' ELSE '["openclaw"]' END::jsonb,
	jsonb_build_object('user_api_key', md5((g % 7)::text), 'user_api_key_alias',
		CASE WHEN g % 50 = 0 THEN 'litellm-internal-health-check' ELSE 'key-' || g % 7 END, 'user_api_key_team_id', NULL,
		'spend_logs_metadata', NULL, 'usage_object', jsonb_build_object('prompt_tokens', 150, 'completion_tokens', 50)),
	CASE WHEN g % 50 = 0 THEN 'litellm-internal-health-check' END, 's-' || g / 20, CASE WHEN g % 97 = 0 THEN 'failure' ELSE 'success' END
FROM (SELECT g, $2::timestamptz AT TIME ZONE 'UTC' - g * (interval '30 days' / $1::bigint) AS t, floor(power(random(), 2) * 12)::int AS m
	FROM generate_series($3::bigint, $4::bigint) g) s`

// daily fills the daily tables from the log, as LiteLLM does while it writes it.
var daily = []string{
	`INSERT INTO "LiteLLM_DailyUserSpend" (id, user_id, date, api_key, model, model_group, custom_llm_provider, endpoint, prompt_tokens, completion_tokens,
		spend, api_requests, successful_requests, failed_requests)
	SELECT gen_random_uuid()::text, "user", to_char("startTime", 'YYYY-MM-DD'), api_key, model, model_group, custom_llm_provider, '/chat/completions',
		sum(prompt_tokens), sum(total_tokens - prompt_tokens), sum(spend), count(*), count(*) FILTER (WHERE status = 'success'), count(*) FILTER (WHERE status <> 'success')
	FROM "LiteLLM_SpendLogs" GROUP BY "user", 3, api_key, model, model_group, custom_llm_provider`,
	`INSERT INTO "LiteLLM_DailyTagSpend" (id, tag, date, api_key, model, model_group, custom_llm_provider, prompt_tokens, completion_tokens,
		spend, api_requests, successful_requests, failed_requests)
	SELECT gen_random_uuid()::text, t, to_char("startTime", 'YYYY-MM-DD'), api_key, model, model_group, custom_llm_provider,
		sum(prompt_tokens), sum(total_tokens - prompt_tokens), sum(spend), count(*), count(*), 0
	FROM "LiteLLM_SpendLogs", jsonb_array_elements_text(request_tags) t GROUP BY t, 3, api_key, model, model_group, custom_llm_provider`,
	`INSERT INTO "LiteLLM_VerificationToken" (token, key_name, key_alias) SELECT md5(n::text) || md5(n::text), 'sk-...' || n, 'key-' || n FROM generate_series(0, 6) n`,
	`ANALYZE`,
}

// slice is how many rows one statement makes.
const slice = 1_000_000

// Fill makes LiteLLM's tables in db, which has none yet, with so many calls over the last 30 days, and the daily tables that
// LiteLLM would have kept beside them. A million rows take about 25 s and 600 MB.
func Fill(ctx context.Context, db *pgx.Conn, rows int) error {
	if _, err := db.Exec(ctx, Schema); err != nil {
		return fmt.Errorf("making LiteLLM's tables: %w", err)
	}
	if _, err := db.Exec(ctx, `SELECT setseed(0.42)`); err != nil {
		return fmt.Errorf("choosing the random numbers: %w", err)
	}
	var now any
	if err := db.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		return fmt.Errorf("asking for the time: %w", err)
	}
	for from := 1; from <= rows; from += slice {
		if _, err := db.Exec(ctx, fill, rows, now, from, min(from+slice-1, rows)); err != nil {
			return fmt.Errorf("making %d calls: %w", rows, err)
		}
	}
	for _, statement := range daily {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("filling the daily tables: %w", err)
		}
	}
	return nil
}
