package dockertest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/registry"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// TestRegistry pulls from a registry of its own.
func TestRegistry(t *testing.T) {
	l := dockertest.NewLab(t)
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(s.Close)
	ref := strings.TrimPrefix(s.URL, "http://") + "/" + l.Project + "/web:1"
	e, ctx := dial(t, docker.DefaultHost), t.Context()
	push := func(version string) string {
		id := l.Import(t, l.Project+"/box:pushed", version)
		if err := e.Tag(ctx, id, ref); err != nil {
			t.Fatal(err)
		}
		out, err := l.API.ImagePush(ctx, ref, image.PushOptions{RegistryAuth: "e30="})
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if said, err := io.ReadAll(out); err != nil || bytes.Contains(said, []byte(`"error"`)) {
			t.Fatalf("pushing: %s, %v", said, err)
		}
		return id
	}
	first := push("one")
	digest, err := e.Pullable(ctx, ref)
	if err != nil || !strings.HasPrefix(digest, "sha256:") {
		t.Fatalf("pullable: %q, %v", digest, err)
	}
	second2 := push("two")
	if newer, err := e.Pullable(ctx, ref); err != nil || newer == digest {
		t.Errorf("pushed another, and the digest is %q, %v", newer, err)
	}
	if err := e.Tag(ctx, first, ref); err != nil { // back, as a roll-back would
		t.Fatal(err)
	}
	var done, total int64
	if id, err := e.Pull(ctx, ref, func(d, n int64) { done, total = d, n }); err != nil || id != second2 {
		t.Errorf("pulled %s, %v; want %s", id, err, second2)
	}
	if done != total {
		t.Errorf("the progress ended at %d of %d", done, total)
	}
	if i, err := e.Image(ctx, ref); err != nil || i.ID != second2 || len(i.Digests) == 0 {
		t.Errorf("the image is %+v, %v", i, err)
	}
	gone := strings.TrimSuffix(ref, ":1") + ":gone"
	says(t, second(e.Pullable(ctx, gone)), ops.NotFound, "The registry has no "+gone, "n’a pas "+gone)
	says(t, second(e.Pull(ctx, gone, nil)), ops.NotFound, "The registry has no "+gone, "n’a pas "+gone)
	s.Close()
	says(t, second(e.Pull(ctx, ref, nil)), ops.Unavailable, "cannot be reached", "injoignable")
	says(t, second(e.Pullable(ctx, ref)), ops.Unavailable, "cannot be reached", "injoignable")
	says(t, second(e.Pull(ctx, "BAD::name", nil)), ops.Invalid, "not the name of an image", "pas un nom d’image")
}

// TestPrune removes images, behind a filter that shows and gives up only those of the test.
func TestPrune(t *testing.T) {
	l := dockertest.NewLab(t)
	tags := []string{l.Project + "/kept:1", l.Project + "/alone:1", l.Project + "/twice:1", l.Project + "/used:1", l.Project + "/loose:1"}
	mine := map[string]bool{}
	for _, ref := range tags {
		mine[l.Import(t, ref, ref)] = true
	}
	loose, err := l.API.ImageInspect(t.Context(), l.Project+"/loose:1")
	if err != nil {
		t.Fatal(err)
	}
	mine[l.Import(t, l.Project+"/loose:1", "again")] = true // the first one has no name left
	if err := l.API.ImageTag(t.Context(), l.Project+"/twice:1", l.Project+"/second:1"); err != nil {
		t.Fatal(err)
	}
	user := l.Image
	l.Image = l.Project + "/used:1"
	name := l.Run(t, "user", nil, "true") // ends at once; its image is in use all the same
	l.Image = user
	host := dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if r.Method == http.MethodDelete && !strings.Contains(r.URL.Path, l.Project) && !slices.ContainsFunc(keys(mine), func(id string) bool { return strings.HasSuffix(r.URL.Path, id) }) {
			t.Errorf("it wanted to %s %s", r.Method, r.URL)
			w.WriteHeader(http.StatusConflict)
			return
		}
		if r.Method == http.MethodDelete && r.URL.Query().Get("force") != "" {
			t.Errorf("by force: %s", r.URL)
		}
		if !strings.HasSuffix(r.URL.Path, "/system/df") {
			pass.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		pass.ServeHTTP(rec, r)
		var all map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &all); err != nil {
			t.Error(err)
		}
		images, _ := all["Images"].([]any)
		all["Images"] = slices.DeleteFunc(images, func(i any) bool { return !mine[i.(map[string]any)["Id"].(string)] })
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(all)
	})
	e, ctx := dial(t, host), t.Context()
	there := func(ref string) bool { _, err := l.API.ImageInspect(ctx, ref); return err == nil }
	disk, err := e.Disk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := disk[docker.Images].Items; len(got) != 1 || !strings.HasPrefix(strings.TrimPrefix(loose.ID, "sha256:"), got[0]) {
		t.Errorf("dangling are %q, want %s", got, loose.ID)
	}
	if got := disk[docker.AllImages]; len(got.Items) != 5 || got.Reclaimable <= 0 { // kept, alone, twice, both loose
		t.Errorf("unused are %+v", got)
	}
	if freed, err := e.Prune(ctx, docker.Images, nil); err != nil || there(loose.ID) || !there(l.Project+"/alone:1") || freed < 0 {
		t.Errorf("pruned %d, %v", freed, err)
	}
	if freed, err := e.Prune(ctx, docker.AllImages, []string{l.Project + "/kept:1"}); err != nil || freed <= 0 {
		t.Errorf("pruned %d, %v", freed, err)
	}
	for ref, want := range map[string]bool{"/kept:1": true, "/used:1": true, "/alone:1": false, "/twice:1": false, "/second:1": false, "/loose:1": false} {
		if there(l.Project+ref) != want {
			t.Errorf("%s is there: %v, want %v", ref, !want, want)
		}
	}
	if d, err := e.Inspect(ctx, name); err != nil || d.State != "exited" {
		t.Errorf("the container that used one is %+v, %v", d, err)
	}
}

func keys(m map[string]bool) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}
