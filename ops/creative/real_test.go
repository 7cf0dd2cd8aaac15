package creative

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/data/datatest"
	"vigie/ops"
	"vigie/ops/opstest"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

// The real n8n, of the version that the stack runs, with workflows of the pipeline's shape: what it answers when one is off, guarded,
// broken, or works, is what this package, and its stand-in, take it for.
func TestReal(t *testing.T) {
	n := realN8N{opstest.StartN8N(t, datatest.Postgres(t).DSN)}
	results := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom")
	}))
	defer results.Close()
	host, _, err := net.SplitHostPort(results.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	good := respond(`{status: 'ok', provider: 'byteplus', result_url: '` + results.URL + `/' + $json.body.duration + '.mp4', render_id: 'r-1', output_name: $json.body.output_name}`)
	n.activate(n.add("good", answers, "", good))
	n.add("idle", answers, "", good)
	n.activate(n.add("fails", answers, "", node("Stop", "n8n-nodes-base.stopAndError", 1, map[string]any{"errorMessage": "no balance"}), good))
	n.activate(n.add("fails-last", "lastNode", "", node("Stop", "n8n-nodes-base.stopAndError", 1, map[string]any{"errorMessage": "no balance"})))
	n.activate(n.add("started", "onReceived", "", node("Nothing", "n8n-nodes-base.noOp", 1, map[string]any{})))
	n.activate(n.add("mute", answers, "", node("Nothing", "n8n-nodes-base.noOp", 1, map[string]any{})))
	n.activate(n.add("guarded", answers, n.credential("X-Webhook-Secret", "word-of-the-webhook"), good))

	at := func(path, word string) (*System, record) {
		r := Route{Type: "video", Provider: "byteplus", Price: 0.12, Per: perSecond, Most: 10, Result: byAddress, From: []string{host}}
		s, err := New(Options{URL: n.URL + "/webhook/" + path, Header: "X-Webhook-Secret", Secret: opstest.Secret(word), Routes: []Route{r}, Limit: 9, Kept: &opstest.Shelf{}})
		if err != nil {
			t.Fatal(err)
		}
		return s, record{Work: "0123456789abcdef", Order: order{Type: "video", Prompt: "waves «at» night", Seconds: 5, Provider: "byteplus", Most: 0.6}}
	}
	for _, c := range []struct {
		path, word string
		kind       ops.ErrorKind
		state      string
		want       string
	}{
		{"idle", "", ops.Failed, refused, "has no such webhook"},
		{"nowhere", "", ops.Failed, refused, "has no such webhook"},
		{"fails", "", ops.Unknown, sent, "answered with nothing"},
		{"fails-last", "", ops.Unknown, sent, "failed on its way (500): «Error in workflow»"},
		{"started", "", "", taken, ""},
		{"mute", "", ops.Failed, refused, "could not start its workflow"},
		{"guarded", "wrong", ops.Failed, refused, "does not let me in (403)"},
		{"guarded", "word-of-the-webhook", "", taken, ""},
	} {
		s, rec := at(c.path, c.word)
		a, state, err := s.post(t.Context(), rec)
		if ops.KindOf(err) != c.kind || state != c.state || !strings.Contains(ops.Unmark(ops.SayOf(err).En), c.want) {
			t.Errorf("%s: %+v %s %v", c.path, a, state, err)
		}
	}
	s, rec := at("good", "")
	if err := s.call(t.Context(), rec.Work, rec.Order); err != nil {
		t.Fatal(err)
	}
	if err := s.follow(t.Context(), rec.Work); err != nil {
		t.Fatal(err)
	}
	got, ok, err := s.find(t.Context(), rec.Work)
	want := answer{Status: "ok", Provider: "byteplus", URL: results.URL + "/5.mp4", Render: "r-1", Name: "vigie-01234567"}
	if err != nil || !ok || got.State != done || got.Answer != want {
		t.Errorf("%+v, %v", got, err)
	}
	files, _, err := s.fetch(t.Context(), s.o.Routes[0], got)
	if err != nil || len(files) != 1 || files[0].Type != "video/mp4" {
		t.Errorf("%+v, %v", files, err)
	}
}

// answers is the mode of a webhook for which a node of its workflow answers.
const answers = "responseNode"

// node is a node of a workflow.
func node(name, kind string, version float64, parameters map[string]any) map[string]any {
	return map[string]any{"id": name, "name": name, "type": kind, "typeVersion": version, "position": []int{200, 0}, "parameters": parameters}
}

// respond is the node that answers, with what an expression makes of the order.
func respond(expression string) map[string]any {
	return node("Respond", "n8n-nodes-base.respondToWebhook", 1.1, map[string]any{"respondWith": "json", "responseBody": "={{ JSON.stringify(" + expression + ") }}"})
}

// A realN8N is a running n8n, its owner signed in.
type realN8N struct{ *opstest.N8N }

// A created is what n8n says of something new.
type created struct {
	Data struct {
		ID      string `json:"id"`
		Version string `json:"versionId"`
	} `json:"data"`
}

// credential makes a header that lets one in.
func (n realN8N) credential(name, value string) string {
	n.T.Helper()
	var got created
	n.Call("POST", "/rest/credentials", map[string]any{"name": name, "type": "httpHeaderAuth", "data": map[string]string{"name": name, "value": value}}, &got)
	return got.Data.ID
}

// add makes a workflow whose webhook is at path, answers as its mode says, is guarded by a credential if there is one, and whose nodes follow on each other.
func (n realN8N) add(path, mode, credential string, nodes ...map[string]any) created {
	n.T.Helper()
	hook := node("Webhook", "n8n-nodes-base.webhook", 2, map[string]any{"httpMethod": "POST", "path": path, "responseMode": mode})
	hook["webhookId"] = fmt.Sprintf("11111111-1111-4111-8111-%012x", path)[:36]
	if credential != "" {
		hook["parameters"].(map[string]any)["authentication"] = "headerAuth"
		hook["credentials"] = map[string]any{"httpHeaderAuth": map[string]string{"id": credential, "name": "X-Webhook-Secret"}}
	}
	all, wires, last := []any{hook}, map[string]any{}, "Webhook"
	for _, one := range nodes {
		all = append(all, one)
		wires[last] = map[string]any{"main": [][]any{{map[string]any{"node": one["name"], "type": "main", "index": 0}}}}
		last = one["name"].(string)
	}
	var got created
	n.Call("POST", "/rest/workflows", map[string]any{"name": path, "settings": map[string]any{}, "nodes": all, "connections": wires}, &got)
	return got
}

func (n realN8N) activate(w created) {
	n.T.Helper()
	n.Call("POST", "/rest/workflows/"+w.Data.ID+"/activate", map[string]string{"versionId": w.Data.Version}, nil)
}
