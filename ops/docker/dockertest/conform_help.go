package dockertest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
)

// Until polls for something to become so.
func Until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.After(45 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-deadline:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants checks the kind of an error, and that it can be told to a person in both languages.
func wants(t *testing.T, err error, kinds ...ops.ErrorKind) {
	t.Helper()
	var e *ops.Error
	if !errors.As(err, &e) {
		t.Errorf("got %v, want an ops.Error of kind %v", err, kinds)
		return
	}
	if !slices.Contains(kinds, e.Kind) {
		t.Errorf("got %v, want kind %v", err, kinds)
	}
	if e.Say.En == "" || e.Say.Fr == "" || e.Say.En == e.Say.Fr {
		t.Errorf("%v cannot be told in both languages: %+v", err, e.Say)
	}
}

func (s Setup) inspect(t *testing.T, service string) docker.Detail {
	t.Helper()
	return must[docker.Detail](t)(s.Host.Inspect(t.Context(), s.name(service)))
}

func (s Setup) row(t *testing.T, service string) (docker.Container, bool) {
	t.Helper()
	all := must[[]docker.Container](t)(s.Host.List(t.Context()))
	at := slices.IndexFunc(all, func(c docker.Container) bool { return c.Name == s.name(service) })
	if at < 0 {
		return docker.Container{}, false
	}
	return all[at], true
}

func (s Setup) healthy(t *testing.T, service string) {
	t.Helper()
	Until(t, service+" healthy", func() bool { c, _ := s.row(t, service); return c.Health == "healthy" })
}
