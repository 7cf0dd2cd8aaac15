// Command beside is what stands beside the demo's stack: an n8n, a Qdrant and a LiteLLM proxy, each the strict stand-in that the tests
// use. They listen on loopback only, and their keys are written where the bot's configuration says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vigie/ops/models/modelstest"
	"vigie/ops/n8n/n8ntest"
	"vigie/ops/qdrant/qdranttest"
)

func main() {
	n8n := flag.Int("n8n", 5678, "port of n8n on 127.0.0.1")
	qdrant := flag.Int("qdrant", 6333, "port of Qdrant")
	litellm := flag.Int("litellm", 4000, "port of LiteLLM")
	keys := flag.String("keys", ".", "directory for n8n.key, qdrant.key and litellm.key")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := serve(ctx, *keys, map[int]http.Handler{*n8n: flows(), *qdrant: vectors(), *litellm: models()})
	if err != nil {
		fmt.Fprintln(os.Stderr, "beside:", err)
		os.Exit(1)
	}
}

const qdrantKey = "qdrant-key-of-the-demo"

// serve answers on all ports until ctx ends, or one cannot be listened on.
func serve(ctx context.Context, keys string, all map[int]http.Handler) error {
	for name, key := range map[string]string{"n8n.key": n8ntest.New().Key, "qdrant.key": qdrantKey, "litellm.key": modelstest.Master} {
		if err := os.WriteFile(filepath.Join(keys, name), []byte(key), 0o600); err != nil {
			return fmt.Errorf("writing a key: %w", err)
		}
	}
	ended := make(chan error, len(all))
	for port, handler := range all {
		s := &http.Server{Addr: net.JoinHostPort("127.0.0.1", fmt.Sprint(port)), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer context.AfterFunc(ctx, func() { _ = s.Close() })() // nothing of it is worth waiting for
		go func() { ended <- s.ListenAndServe() }()              // waited for below
	}
	for range all {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return nil
}

// flows are workflows of which one fails, was edited, and has nobody to tell.
func flows() http.Handler {
	n := n8ntest.New()
	n.Add(n8ntest.Workflow{Name: "Orders", Path: "orders", Active: true})
	n.Add(n8ntest.Workflow{Name: "Invoices & receipts", Path: "invoices", Active: true})
	n.Add(n8ntest.Workflow{Name: "Weekly report", Path: "weekly"})
	digest := n.Add(n8ntest.Workflow{Name: "Morning digest", Path: "digest", Active: true, Node: "Summarise", Error: "402 credits exhausted"})
	for _, path := range []string{"orders", "digest", "invoices", "digest", "digest"} {
		hit(n, path)
	}
	n.Edit(digest, "") // mended, and not published
	return n
}

func hit(n *n8ntest.Server, path string) {
	r, err := http.NewRequest(http.MethodPost, "http://n8n/webhook/"+path, http.NoBody)
	if err != nil {
		panic(err) // unreachable: the address is ours
	}
	if got, err := n.RoundTrip(r); err == nil {
		_ = got.Body.Close() // in memory
	}
}

// vectors are two collections: one with a snapshot of this night, one that was never saved.
func vectors() http.Handler {
	q := &qdranttest.Server{Key: qdrantKey}
	q.Put("docs", 4, map[string]string{"1": "runbook", "2": "invoices", "3": "letters"})
	q.Put("memory", 4, map[string]string{"1": "ann likes short answers"})
	q.Snapshot("docs", 9*time.Hour)
	return q
}

// models are a proxy with a database, keys, and one model whose provider is out of credits.
func models() http.Handler {
	m := modelstest.New(logged{})
	m.DB = true
	m.Models = []modelstest.Model{
		{Alias: "glm-5", Leads: "openrouter/z-ai/glm-5", ID: "1", In: 1e-6, Out: 3e-6, Tier: "balanced"},
		{Alias: "claude-haiku", Leads: "anthropic/claude-haiku-4.5", ID: "2", In: 1e-6, Out: 5e-6, Tier: "premium"},
		{Alias: "qwen3-coder", Leads: "openrouter/qwen/qwen3-coder", ID: "3", In: 0.3e-6, Out: 1.2e-6, Tier: "eco"},
		{Alias: "deepseek-v3", Leads: "openrouter/deepseek/deepseek-v3", ID: "4", Tier: "eco", Fails: &modelstest.Failure{Code: 402, Type: "", Message: "litellm.APIError: OpenrouterException - Insufficient credits"}},
		{Alias: "embedding", Leads: "openai/text-embedding-3-small", ID: "5", Mode: "embedding", In: 0.02e-6},
	}
	m.Keys = []modelstest.Key{{Hash: strings.Repeat("a1", 32), Alias: "n8n-agents", Spend: 3.2, Most: 5}, {Hash: strings.Repeat("b2", 32), Alias: "openclaw", Spend: 0.41, Most: 2}}
	return m
}

// logged tells the log what the stand-in would fail a test for.
type logged struct{}

func (logged) Error(args ...any)                 { log.Print(args...) }
func (logged) Errorf(format string, args ...any) { log.Printf(format, args...) }
