package chattest_test

import (
	"strings"
	"testing"

	"vigie/bot/chattest"
	"vigie/ops"
	"vigie/ops/docker"
)

// stack is the fake engine of a transcript.
type stack struct{ *docker.Fake }

func (s stack) Change(change string) error { return s.Do(strings.TrimPrefix(change, "docker: ")) }

func TestTranscripts(t *testing.T) {
	chattest.Run(t, "testdata/*.txtar", func(t *testing.T, world string) (chattest.World, chattest.Systems) {
		fake, err := docker.NewFake(world)
		if err != nil {
			t.Fatal(err)
		}
		protected := func(what string) (ops.Text, bool) {
			return ops.T("I reach Docker through that proxy: stopped, I could not start it again",
				"je passe par ce proxy pour atteindre Docker : arrêté, je ne pourrais plus le relancer"), what == "container:javisi_socket_proxy"
		}
		return stack{fake}, func() chattest.System {
			s := &docker.Stack{Host: fake, Compose: fake.Compose(), Project: "javisi"}
			return chattest.System{Bound: []ops.Bound{docker.Bind(s)}, Protected: protected, Watchers: []ops.Watcher{s.Watcher(docker.WatchOptions{})}, Subjects: s.Subjects, Locks: func(subject string) []string {
				return []string{strings.Replace(subject, "container:", "container:javisi_", 1)}
			}}
		}
	})
}
