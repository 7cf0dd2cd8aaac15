package chattest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/assets"
	"vigie/ops/creative"
	"vigie/ops/creative/creativetest"
	"vigie/ops/litellm/litellmtest"
)

// A pipeline is the n8n with the creative pipeline of a transcript, if its world has a line «creative: …» that says how long
// results take.
type pipeline struct {
	server *creativetest.Server
	kept   kept
	assets creative.Assets // nil if its world has no line «assets: …»
}

func openPipeline(t *testing.T, line string) *pipeline {
	t.Helper()
	takes, err := time.ParseDuration(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("creative: %q: %v", line, err)
	}
	return &pipeline{server: &creativetest.Server{Takes: takes}, kept: kept{}}
}

// do changes what is wrong with n8n: one of creativetest.Ways, or «fine».
func (p *pipeline) do(change string) error {
	return p.server.Break(strings.TrimPrefix(change, "fine"))
}

func (p *pipeline) calls() (list []string) {
	for _, o := range p.server.Orders() {
		list = append(list, strings.Join(strings.Fields(fmt.Sprintf("creative: %s %s %s for %s", o.Type, o.Model, o.Composition, o.Provider)), " "))
	}
	return list
}

// bound operates it, with the routes of the stack's own pipeline, and one that is free and works.
func (p *pipeline) bound() ops.Bound {
	from := []string{creativetest.Results}
	system, err := creative.New(creative.Options{URL: creativetest.URL, Header: creativetest.Header, Secret: word(creativetest.Secret), Limit: 2, Kept: p.kept, Assets: p.assets, Client: p.server.Client(),
		Routes: []creative.Route{
			{Type: "image", Models: []string{"comfyui"}, Provider: "comfyui", Broken: ops.T("n8n sends ComfyUI a part of the graph, as text. Use /imagine.", "n8n envoie à ComfyUI une partie du graphe, en texte. Utilise /imagine.")},
			{Type: "image", Models: []string{"flux"}, Provider: "litellm", Result: "url", From: from},
			{Type: "image", Models: []string{"gpt-image"}, Provider: "litellm", Price: 0.04, Per: "piece", Sizes: []string{"1024x1024", "1536x1024"}, Result: "url", From: from},
			{Type: "video", Models: []string{"seedance"}, Provider: "byteplus", Price: 0.12, Per: "second", Most: 10, Result: "url", From: from},
		}})
	if err != nil {
		panic(err) // the options are ours
	}
	return creative.Bind(system)
}

// databases is the PostgreSQL that transcripts with lines «assets: …» share. It is started outside their bubbles, where time passes.
var databases *litellmtest.Server

func startDatabases(t *testing.T) {
	t.Helper()
	s, err := litellmtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	databases = s
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
}

const assetTable = `CREATE TABLE asset_provenance (asset_id text PRIMARY KEY, type text, provider text, model text, output_name text, result_url text, render_id text,
	cost_usd numeric(10,6) DEFAULT 0, generated_at timestamptz)`

// openAssets makes the databases of lines «assets: DATABASE table», and rows of «assets: DATABASE TYPE PROVIDER MODEL NAME USD AGO»,
// where - is nothing.
func openAssets(t *testing.T, lines string) *assets.System {
	t.Helper()
	exec := func(database, statement string) {
		t.Helper()
		if err := databases.Exec(t.Context(), database, statement); err != nil {
			t.Fatal(err)
		}
	}
	rows := 0
	for _, name := range []string{"n8n", "litellm"} {
		exec("postgres", "DROP DATABASE IF EXISTS "+name)
		exec("postgres", "CREATE DATABASE "+name)
	}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 2 {
			exec(words[0], assetTable)
			continue
		}
		ago, err := time.ParseDuration(words[6])
		if err != nil {
			t.Fatalf("assets: %q: %v", line, err)
		}
		values := []string{fmt.Sprintf("'%d'", rows)}
		for _, w := range words[1:6] {
			values = append(values, strings.ReplaceAll("'"+w+"'", "'-'", "NULL"))
		}
		rows++
		exec(words[0], "INSERT INTO asset_provenance (asset_id, type, provider, model, output_name, cost_usd, generated_at) VALUES ("+strings.Join(values, ", ")+", '"+time.Now().Add(-ago).Format(time.RFC3339)+"')")
	}
	s, err := assets.New(assets.Options{DSN: databases.DSN("postgres", "postgres"), Databases: []string{"n8n", "litellm", "postgres"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
