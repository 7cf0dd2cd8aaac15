package n8n

import (
	"fmt"
	"strings"
	"testing"

	"vigie/data/datatest"
	"vigie/ops/opstest"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

// The real n8n, of the version that the stack runs, on a real PostgreSQL.
func TestReal(t *testing.T) { suite(t, startReal(t)) }

// A realN8N is a running n8n, and a key to its API.
type realN8N struct {
	*opstest.N8N
	key string
}

func startReal(t *testing.T) *realN8N {
	t.Helper()
	n := &realN8N{N8N: opstest.StartN8N(t, datatest.Postgres(t).DSN)}
	n.signUp()
	return n
}

// signUp makes a key with the scopes that the documentation asks for, and those that the test needs besides.
func (n *realN8N) signUp() {
	n.T.Helper()
	var made struct {
		Data struct {
			Raw string `json:"rawApiKey"`
		} `json:"data"`
	}
	n.Call("POST", "/rest/api-keys", map[string]any{"label": "vigie", "expiresAt": nil, "scopes": strings.Fields(Scopes)}, &made)
	n.key = made.Data.Raw
}

func (n *realN8N) system() *System {
	s, err := New(Options{URL: n.URL, Key: opstest.Secret(n.key)})
	if err != nil {
		n.T.Fatal(err)
	}
	return s
}

// flow is a workflow as n8n takes it: a webhook, and a node that fails if fails is not empty.
func flow(name, path, fails string) map[string]any {
	second := map[string]any{"id": "a2", "name": "Fetch figures", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": []int{200, 0}, "parameters": map[string]any{}}
	if fails != "" {
		second["type"], second["parameters"] = "n8n-nodes-base.stopAndError", map[string]any{"errorMessage": fails}
	}
	return map[string]any{"name": name, "settings": map[string]any{}, "nodes": []any{
		map[string]any{"id": "a1", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": []int{0, 0}, "webhookId": "11111111-1111-4111-8111-" + fmt.Sprintf("%012d", len(path)),
			"parameters": map[string]any{"httpMethod": "POST", "path": path, "responseMode": "onReceived"}}, second},
		"connections": map[string]any{"Webhook": map[string]any{"main": [][]any{{map[string]any{"node": "Fetch figures", "type": "main", "index": 0}}}}}}
}

func (n *realN8N) add(name, path, fails string) string {
	n.T.Helper()
	var made struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	n.Call("POST", "/rest/workflows", flow(name, path, fails), &made)
	return made.Data.ID
}

// edit saves as the editor does, without publishing.
func (n *realN8N) edit(id, fails string) {
	n.T.Helper()
	var is struct {
		Data struct {
			Version string `json:"versionId"`
			Name    string `json:"name"`
		} `json:"data"`
	}
	n.Call("GET", "/rest/workflows/"+id, nil, &is)
	body := flow(is.Data.Name, "nightly", fails)
	body["versionId"] = is.Data.Version
	n.Call("PATCH", "/rest/workflows/"+id, body, nil)
}

func (n *realN8N) hit(path string) int {
	n.T.Helper()
	code, err := post(n.HTTP, n.URL+"/webhook/"+path, "{}")
	if err != nil {
		n.T.Fatal(err)
	}
	return code
}
