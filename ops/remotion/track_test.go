package remotion

import (
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/remotion/remotiontest"
)

// A render that somebody else asked for is found by its name, in whatever state it is.
func TestTrack(t *testing.T) {
	for size, link := range map[int]string{0: "", mostVideo + 1000: "https://re.example.org/renders/"} {
		s, _ := studio(t, remotiontest.Options{Frame: time.Microsecond, Size: size}, token)
		if _, _, err := s.Track(t.Context(), "nobody"); ops.KindOf(err) != ops.NotFound {
			t.Errorf("nobody's render: %v", err)
		}
		if err := s.begin(t.Context(), "w", job{Composition: "HelloWorld"}); err != nil {
			t.Fatal(err)
		}
		id, err := s.named(t.Context(), "w")
		if err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			if done, _, err = s.Track(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		files, to, err := s.Fetch(t.Context(), id)
		if err != nil || !strings.HasPrefix(to, link) || (len(files) == 1) != (link == "") {
			t.Errorf("%d bytes: %d files, %q, %v", size, len(files), to, err)
		}
	}
	s, _ := studio(t, remotiontest.Options{Frame: time.Hour}, token)
	ids := map[string]string{}
	for _, w := range []string{"first", "second"} {
		if err := s.begin(t.Context(), w, job{Composition: "HelloWorld"}); err != nil {
			t.Fatal(err)
		}
		id, err := s.named(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		ids[w] = id
	}
	if done, says, err := s.Track(t.Context(), ids["first"]); done || says.IsZero() || err != nil {
		t.Errorf("while it renders: %v %v %v", done, says, err)
	}
	if err := s.drop(t.Context(), "second"); err != nil { // it still waits for its turn
		t.Fatal(err)
	}
	if _, _, err := s.Track(t.Context(), ids["second"]); ops.KindOf(err) != ops.Failed {
		t.Errorf("a cancelled one: %v", err)
	}
}
