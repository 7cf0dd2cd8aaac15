package studio_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// heard is what a watcher has told, as lines: «+ subject kind: title» and «- …» when it is over.
type heard struct {
	open  map[string]bool
	lines []string
}

func (h *heard) tell(s ops.Sighting) {
	now := map[string]bool{}
	for _, t := range s.Troubles {
		key := t.Subject + " " + t.Kind
		now[key] = !t.Over
		switch {
		case t.Over && h.open[key]:
			delete(h.open, key)
			h.lines = append(h.lines, fmt.Sprintf("- %s: %s", key, ops.Unmark(t.Title.In(ops.English))))
		case !t.Over && !h.open[key]:
			h.lines = append(h.lines, fmt.Sprintf("+ %s: %s [%s]", key, ops.Unmark(t.Title.In(ops.English)), ops.Unmark(t.Offers[0].Label.In(ops.English))))
			if t.Fades == 0 {
				h.open[key] = true
			}
		}
	}
	for key := range h.open {
		if s.Whole != "" && strings.HasPrefix(key, s.Whole) && !now[key] {
			delete(h.open, key)
			h.lines = append(h.lines, "- "+key)
		}
	}
}

// What breaks in the studio is told once, and once that it is over; what is switched off is not.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name string
		do   []string // one after the other, looks between two
		want []string // how what it told begins
	}{
		{"nothing", []string{""}, nil},
		{"switched off", []string{"comfyui exited 0", "remotion exited 137"}, nil},
		{"unhealthy", []string{"comfyui running unhealthy health=503", "comfyui running healthy"}, []string{
			"+ studio:comfyui unhealthy: studio: comfyui unhealthy [Restart comfyui…]", "- studio:comfyui unhealthy: studio: comfyui healthy, up"}},
		{"out of memory", []string{"remotion exited 137 oom", "remotion started"}, []string{
			"+ studio:remotion oom: studio: remotion killed, out of memory [Start remotion…]", "- studio:remotion oom: studio: remotion healthy, up"}},
		{"an error, then another matter", []string{"remotion exited 1", "remotion exited 137 oom"}, []string{
			"+ studio:remotion died: studio: remotion ended by itself, exit 1 [Start remotion…]", "+ studio:remotion oom: studio: remotion killed", "- studio:remotion died"}},
		{"an error, then switched off", []string{"remotion exited 1", "remotion exited 0"}, []string{"+ studio:remotion died", "- studio:remotion died: studio: remotion off for"}},
		{"died, and then all is switched off", []string{"remotion exited 137 oom", "comfyui stopped"}, []string{
			"+ studio:remotion oom", "- studio:remotion oom: studio: remotion is off like the rest"}},
		{"switched off, and one dies later", []string{"comfyui stopped", "remotion exited 1"}, []string{"+ studio:remotion died"}},
		{"the engine starts it again", []string{"remotion running healthy restarts=1 up=20s", ""}, []string{
			"+ studio:remotion restarted: studio: remotion ended by itself and was started again [Restart remotion…]"}},
		{"again and again", []string{"remotion restarting 1 restarts=5", "remotion exited 0"}, []string{"+ studio:remotion loop: studio: remotion ends again and again", "- studio:remotion loop"}},
		{"out of sight", []string{"comfyui running unhealthy", "engine gone", "engine back"}, []string{"+ studio:comfyui unhealthy", "+ watch:studio blind: I cannot see the studio's containers [Studio]", "- watch:studio blind"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				h := &heard{open: map[string]bool{}}
				ctx, end := context.WithCancel(t.Context())
				over := make(chan struct{})
				go func() { // waited for below
					defer close(over)
					b.system.Watcher().Watch(ctx, nil, h.tell)
				}()
				for _, change := range c.do {
					time.Sleep(150 * time.Second)
					if change == "" {
						continue
					}
					if err := b.Do(change); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(150 * time.Second)
				end()
				<-over
				if !slices.EqualFunc(h.lines, c.want, strings.HasPrefix) {
					t.Errorf("it told\n%s\nand was to tell\n%s", strings.Join(h.lines, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}
