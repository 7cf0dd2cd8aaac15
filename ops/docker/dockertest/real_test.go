package dockertest_test

import (
	"testing"

	"vigie/ops/docker/dockertest"
)

func TestRealConforms(t *testing.T) {
	l := dockertest.NewLab(t)
	e, p := l.Open(t)
	dockertest.Conform(t, func(t *testing.T) dockertest.Setup { return l.Setup(t, e, p) },
		func(t *testing.T, test func(*testing.T)) { test(t) })
}
