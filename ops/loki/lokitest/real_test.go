package lokitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// TestAnswersAsTheRealOne holds the stand-in against what a real Loki answered to the same questions about the same lines.
func TestAnswersAsTheRealOne(t *testing.T) {
	src, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var real struct {
		Pushed []struct {
			Labels map[string]string
			Lines  [][2]string
		}
		Answers []struct {
			Path  string
			Query map[string]any
			Code  int
			Type  string
			Text  string
			JSON  any
		}
	}
	if err := json.Unmarshal(src, &real); err != nil {
		t.Fatal(err)
	}
	if len(real.Answers) < 40 || len(real.Pushed) != 2 {
		t.Fatalf("%d answers to %d streams were recorded", len(real.Answers), len(real.Pushed))
	}
	s := &Server{}
	for _, p := range real.Pushed {
		for _, l := range p.Lines {
			ns, err := strconv.ParseInt(l[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			s.Push(p.Labels, time.Unix(0, ns), l[1])
		}
	}
	for _, a := range real.Answers {
		form := url.Values{}
		for k, v := range a.Query {
			form.Set(k, fmt.Sprint(v))
		}
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, a.Path+"?"+form.Encode(), nil))
		if rec.Code != a.Code {
			t.Errorf("%s %v: %d, and the real one says %d: %s", a.Path, a.Query["query"], rec.Code, a.Code, rec.Body)
			continue
		}
		if a.JSON == nil {
			if rec.Body.String() != a.Text {
				t.Errorf("%s %v: it says\n%s\nand the real one\n%s", a.Path, a.Query["query"], rec.Body, a.Text)
			}
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
			t.Errorf("%s %v: %v", a.Path, a.Query["query"], err)
			continue
		}
		if d, ok := got["data"].(map[string]any); ok {
			delete(d, "stats")
		}
		if !reflect.DeepEqual(any(got), a.JSON) {
			want, _ := json.Marshal(a.JSON) // it came out of JSON
			t.Errorf("%s %v: it says\n%s\nand the real one\n%s", a.Path, a.Query["query"], rec.Body, want)
		}
	}
}
