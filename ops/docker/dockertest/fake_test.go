package dockertest_test

import (
	"testing"
	"testing/synctest"

	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

func TestFakeConforms(t *testing.T) {
	dockertest.Conform(t, func(t *testing.T) dockertest.Setup {
		f, err := docker.NewFake(dockertest.World)
		if err != nil {
			t.Fatal(err)
		}
		return dockertest.Setup{Host: f, Compose: f.Compose(), Project: "fake",
			Infra: "/opt/fake/docker-compose-infra.yml", Apps: "/opt/fake/docker-compose.yml",
			Change: func(t *testing.T, what string) {
				if err := f.Do(what); err != nil {
					t.Fatal(err)
				}
			}}
	}, synctest.Test)
}
