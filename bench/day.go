package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"

	"vigie/bot/botapi"
)

// A bad day is what the bot hears when seven containers are in a crash loop from midnight to midnight, which the engine starts
// again every minute (an end and a start each time: 20 160 events).
const (
	loopers = 7
	rounds  = 24 * 60
)

// day replays a bad day's events to a bot and measures what it needs then, beside what it needed before.
func (b *bench) day(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	through, err := openProxy(b.dir)
	if err != nil {
		return nil, err
	}
	defer through.close()
	p, err := b.live(ctx, r, b.programs.vigie, through.socket, toOne)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	before, err := memoryOf(p.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	n, err := b.replay(ctx, through)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	now, err := memoryOf(p.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	most, err := peakOf(p.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(r.said(firstChat), "crash loop") {
		return nil, errors.New("of the crash loops nothing was told")
	}
	what, is := fmt.Sprintf("%d events, 50 containers: ", n), "the same bot before them"
	return []row{
		{what: what + "RSS", n: 1, note: fmt.Sprintf("replayed within %s", took.Round(time.Second)), got: value(now["Rss"], "MB"), floor: value(before["Rss"], "MB"), floorIs: is},
		{what: what + "of that not mapped from the binary", n: 1, got: value(now["Anonymous"], "MB"), floor: value(before["Anonymous"], "MB"), floorIs: is},
		{what: what + "RSS at its highest", n: 1, got: value(most, "MB"), floor: value(before["Rss"], "MB"), floorIs: is},
	}, p.stop()
}

// replay hands the day's events to whoever follows them through a proxy, as fast as they are taken, and gives how many they were.
func (b *bench) replay(ctx context.Context, through *proxy) (n int, err error) {
	var loop []container.InspectResponse
	for _, s := range b.town.services(specials)[:loopers] {
		c, err := b.town.api.ContainerInspect(ctx, b.town.container(s))
		if err != nil {
			return 0, fmt.Errorf("looking at %s: %w", s, err)
		}
		loop = append(loop, c)
	}
	for range rounds {
		for _, c := range loop {
			for _, action := range []events.Action{events.ActionDie, events.ActionStart} {
				select {
				case through.extra <- eventOf(c, action):
				case <-ctx.Done():
					return n, ctx.Err()
				}
				n++
			}
		}
	}
	return n, nil
}

// eventOf is one line of the engine's stream.
func eventOf(c container.InspectResponse, action events.Action) []byte {
	now := time.Now()
	about := map[string]string{"image": c.Config.Image, "name": strings.TrimPrefix(c.Name, "/")}
	for k, v := range c.Config.Labels {
		about[k] = v
	}
	if action == events.ActionDie {
		about["exitCode"] = "1"
	}
	line, err := json.Marshal(events.Message{Type: events.ContainerEventType, Action: action, Scope: "local", Time: now.Unix(), TimeNano: now.UnixNano(),
		Actor: events.Actor{ID: c.ID, Attributes: about}})
	if err != nil {
		panic(err) // unreachable: plain data
	}
	return append(line, '\n')
}

// peakOf is the most memory that a process ever had, in MB of 10⁶ bytes.
func peakOf(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("measuring memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmHWM:" {
			kib, err := strconv.ParseFloat(words[1], 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, errors.New("measuring memory: status has no VmHWM")
}
