package remotion

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/remotion/remotiontest"
)

const token = "token-of-remotion-1"

type secret string

func (s secret) Reveal() string { return string(s) }

type kept map[string]json.RawMessage

func (k kept) Load(_ context.Context, id string) (json.RawMessage, error) { return k[id], nil }
func (k kept) Save(_ context.Context, id string, body json.RawMessage) error {
	k[id] = body
	return nil
}

func studio(t *testing.T, o remotiontest.Options, given string) (*System, *remotiontest.Server) {
	t.Helper()
	o.Compositions, o.Token = []string{"HelloWorld"}, token
	server := remotiontest.New(o)
	http := httptest.NewServer(server)
	t.Cleanup(func() { http.Close(); server.Close() })
	s, err := New(Options{URL: http.URL, Public: "https://re.example.org", Token: secret(given), Kept: kept{}, Compositions: []Composition{{Name: "HelloWorld"}, {Name: "Gone"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, server
}

// What the server refuses is said in plain words, and the token never is.
func TestRefusals(t *testing.T) {
	s, _ := studio(t, remotiontest.Options{}, "wrong-"+token)
	err := s.begin(t.Context(), "w", job{Composition: "HelloWorld"})
	if err == nil || !strings.Contains(err.Error(), "does not let me in") || strings.Contains(fmt.Sprintf("%v %+v %#v %v", err, err, s, s), token) {
		t.Errorf("a wrong token: %v", err)
	}
	s, server := studio(t, remotiontest.Options{Frame: time.Hour}, token)
	if err := s.begin(t.Context(), "w", job{Composition: "Gone"}); err == nil || !strings.Contains(err.Error(), "Unknown composition: Gone") {
		t.Errorf("an unknown composition: %v", err)
	}
	for n := range 10 {
		if err := s.begin(t.Context(), fmt.Sprint("w", n), job{Composition: "HelloWorld"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.begin(t.Context(), "w0", job{Composition: "HelloWorld"}); err != nil || len(server.Calls()) != 10 {
		t.Errorf("the same again: %v, %d calls", err, len(server.Calls()))
	}
	if err := s.begin(t.Context(), "w11", job{Composition: "HelloWorld"}); ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "queue is full") {
		t.Errorf("one too many: %v", err)
	}
	if err := s.drop(t.Context(), "w9"); err != nil {
		t.Fatal(err)
	}
	if err := s.follow(t.Context(), "w9"); err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("a cancelled one: %v", err)
	}
	if err := s.follow(t.Context(), "nobody"); ops.KindOf(err) != ops.Unavailable {
		t.Errorf("one without a name: %v", err)
	}
}

// A video that Telegram does not take comes as a link for people; a smaller one comes itself.
func TestLargeVideo(t *testing.T) {
	for size, want := range map[int]string{0: "video.mp4", mostVideo + 1000: "https://re.example.org/renders/"} {
		s, _ := studio(t, remotiontest.Options{Frame: time.Microsecond, Size: size}, token)
		if err := s.begin(t.Context(), "w", job{Composition: "HelloWorld"}); err != nil {
			t.Fatal(err)
		}
		if err := s.follow(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		a, err := s.video(t.Context(), "w")
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, b := range a.Blocks {
			said += ops.Unmark(b.Line.En)
			if b.File != nil {
				said += b.File.Name
			}
		}
		if !strings.Contains(said, want) {
			t.Errorf("%d bytes: %q, want %q", size, said, want)
		}
	}
}

func FuzzInputs(f *testing.F) {
	f.Add("a=1 b=two words c=true")
	f.Add("=x a==")
	f.Fuzz(func(t *testing.T, words string) {
		for _, c := range []Composition{{Name: "x"}, {Name: "y", Inputs: map[string]string{"a": "number", "b": "text", "c": "yes/no"}}} {
			inputs, err := c.read(words)
			if err != nil {
				continue
			}
			if _, err := json.Marshal(inputs); err != nil {
				t.Errorf("%q: %v", words, err)
			}
		}
	})
}
