package e2e

import (
	"archive/tar"
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/registry"
)

// image imports a busybox with serve.
func (s *stack) image(ref, version string) (id string) {
	s.t.Helper()
	body, err := s.api.ImageImport(s.t.Context(), image.ImportSource{Source: rootfs(s.t, s.project+" "+version), SourceName: "-"}, ref,
		image.ImportOptions{Changes: []string{"ENV PATH=/bin", `CMD ["/bin/serve"]`, "LABEL " + label + "=" + os.Getenv(runEnv)}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.Copy(io.Discard, body); err != nil {
		s.t.Fatal(err)
	}
	id = s.imageID(ref)
	s.images = append(s.images, id)
	return id
}

func (s *stack) imageID(ref string) string {
	s.t.Helper()
	i, err := s.api.ImageInspect(s.t.Context(), ref)
	if err != nil {
		s.t.Fatal(err)
	}
	return i.ID
}

func rootfs(t testing.TB, version string) io.Reader {
	t.Helper()
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatalf("these tests need a static busybox (Debian's busybox-static): %v", err)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(h tar.Header, body string) {
		h.Size = int64(len(body))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin/", "tmp/", "proc/", "sys/", "dev/", "etc/"} {
		add(tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, "")
	}
	add(tar.Header{Name: "bin/busybox", Mode: 0o755}, string(busybox))
	for _, tool := range []string{"sh", "sleep", "test", "touch", "rm", "cat", "echo", "true"} {
		add(tar.Header{Name: "bin/" + tool, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}, "")
	}
	add(tar.Header{Name: "bin/serve", Mode: 0o755}, serve)
	add(tar.Header{Name: "version", Mode: 0o644}, version)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

// publish gives web's reference, here and in the registry, to a new image.
func (s *stack) publish(version string) (id string) {
	s.t.Helper()
	id = s.image(s.ref(), version)
	out, err := s.api.ImagePush(s.t.Context(), s.ref(), image.PushOptions{RegistryAuth: "e30="})
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	if said, err := io.ReadAll(out); err != nil || bytes.Contains(said, []byte(`"error"`)) {
		s.t.Fatalf("pushing: %s, %v", said, err)
	}
	return id
}

// release publishes a version that this machine has not got yet.
func (s *stack) release(version string) (old, id string) {
	s.t.Helper()
	old = s.imageID(s.ref())
	id = s.publish(version)
	if err := s.api.ImageTag(s.t.Context(), old, s.ref()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.api.ImageRemove(s.t.Context(), id, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil {
		s.t.Fatal(err)
	}
	return old, id
}

// A registryServer is a registry on this machine that can make a download wait.
type registryServer struct {
	address string

	mu   sync.Mutex // guards hold
	held *hold
}

func newRegistry(t testing.TB) *registryServer {
	t.Helper()
	r := &registryServer{}
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		h := r.held
		if h != nil && q.Method == h.method && h.path.MatchString(q.URL.Path) {
			r.held = nil
		} else {
			h = nil
		}
		r.mu.Unlock()
		if h != nil {
			close(h.reached)
			select {
			case <-h.release:
			case <-q.Context().Done():
				panic(http.ErrAbortHandler)
			}
		}
		backend.ServeHTTP(w, q)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	r.address = strings.TrimPrefix(server.URL, "http://")
	return r
}

// hold makes the next download of a layer or of an image's configuration wait.
func (r *registryServer) hold() *hold {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = &hold{method: http.MethodGet, path: regexp.MustCompile(`/blobs/`), reached: make(chan struct{}), release: make(chan struct{})}
	return r.held
}
