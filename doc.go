// Vigie keeps watch over a self-hosted Docker stack and answers from Telegram: what is up, what broke; and it does the
// repair that you approve: exactly the plan that you saw, once, written down before it acts, and proved afterwards.
//
// In one sentence: words become an ask; an op turns an ask into a plan; a policy judges the plan; the gate runs exactly
// what was judged, step by step, writes everything down, and proves the effect.
//
// # A tour, bottom up
//
// Package [vigie/ops] is the kernel, and knows only the standard library. An [vigie/ops.Op] looks, or makes a
// [vigie/ops.Plan]: steps as data, with the facts that the decision rests on. The [vigie/ops.Gate] is the only door to
// an effect. What it holds to is written on its type, and each rule has a test in gate_test.go and drive_test.go.
//
// Package [vigie/ops/docker] is an operated system: one op a file, on a small interface that the real engine and a fake
// both satisfy and [vigie/ops/docker/dockertest] holds them to.
//
// So are [vigie/ops/host], [vigie/ops/checks], [vigie/ops/fresh], [vigie/ops/litellm], [vigie/ops/models], [vigie/ops/bots],
// [vigie/ops/n8n], [vigie/ops/openclaw] and [vigie/ops/grafana]. What a system sees going wrong it tells as a
// [vigie/ops.Trouble]. [vigie/ops/loki], [vigie/ops/victoria], [vigie/ops/scores] and [vigie/ops/assets] are only asked, and
// [vigie/ops/studio] is a stack that is started on demand, with [vigie/ops/comfyui] and [vigie/ops/remotion], which
// [vigie/ops/creative] has others ask. [vigie/ops/postgres], [vigie/ops/redis], [vigie/ops/qdrant], [vigie/ops/restic] and
// [vigie/ops/zerobyte] hold data and its copies; [vigie/ops/backup] sees to it that all of it can be restored.
// [vigie/ops/ssh] is how another machine is reached, and package [vigie/guard] the other end of that.
//
// Package [vigie/alerts] makes incidents of troubles, and decides who is told, when, and when again; [vigie/alerts/hooks]
// takes what other programs tell.
//
// Package [vigie/policies] judges: rules that read as sentences, pure.
//
// Package [vigie/data] keeps the hash-chained journal and the state, on SQLite or PostgreSQL with the same SQL;
// [vigie/data/runs] drives runs on a durable engine in the same database.
//
// Package [vigie/llm] asks a model through a LiteLLM proxy: of a person's words it makes asks, of what others wrote only words.
// It sees Specs, never the Gate; [vigie/llm/script] is the stand-in for the proxy.
//
// Package [vigie/commands] is the conversation: words and taps become asks, plans and runs become answers.
//
// Package [vigie/bot] renders answers; [vigie/bot/telegram] and [vigie/bot/console] carry them. [vigie/bot/botapi] is a
// strict stand-in for Telegram's Bot API, with a chat page, for the demo and the tests; [vigie/bot/chattest] plays chats
// written as text files, which are the specification of how Vigie behaves.
//
// Package [vigie/config] reads one TOML file and reports every problem at once. This package, main, wires it all:
// main.go is the table of contents. Who may import whom is a test, arch_test.go.
package main
