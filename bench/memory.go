package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	idleFor = 30 * time.Second
	tick    = 10 * time.Millisecond // the kernel's USER_HZ is 100 on every Linux that Go knows
)

// idle measures a bot that nobody talks to, beside a server that nobody calls, over the same time.
func (b *bench) idle(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	p, err := b.live(ctx, r, b.programs.vigie, socket)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	server := exec.CommandContext(ctx, b.programs.server)
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	defer func() { _, _ = server.Process.Kill(), server.Wait() }() // it never ends by itself
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	pids := []int{p.cmd.Process.Pid, server.Process.Pid}
	var spent [2]time.Duration
	for i, pid := range pids {
		if spent[i], err = cpuOf(pid); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, idleFor); err != nil {
		return nil, err
	}
	var rss, pss, own, cpu [2]figure
	for i, pid := range pids {
		now, err := cpuOf(pid)
		m, failed := memoryOf(pid)
		if err := errors.Join(err, failed); err != nil {
			return nil, err
		}
		rss[i], pss[i], own[i] = value(m["Rss"], "MB"), value(m["Pss"], "MB"), value(m["Anonymous"], "MB")
		cpu[i] = value(100*float64(now-spent[i])/float64(idleFor), "%")
	}
	what, floorIs := fmt.Sprintf("idle for %s, 50 containers: ", idleFor), "a Go hello server"
	return []row{
		{what: what + "RSS", n: 1, got: rss[0], floor: rss[1], floorIs: floorIs, aim: 20, aimAtMost: true},
		{what: what + "PSS", n: 1, got: pss[0], floor: pss[1], floorIs: floorIs},
		{what: what + "of that not mapped from the binary", n: 1, got: own[0], floor: own[1], floorIs: floorIs},
		{what: what + "CPU of one core", n: 1, got: cpu[0], floor: cpu[1], floorIs: floorIs},
	}, p.stop()
}

// memoryOf reads the sums over all mappings of a process, in MB of 10⁶ bytes.
func memoryOf(pid int) (map[string]float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return nil, fmt.Errorf("measuring memory: %w", err)
	}
	sums := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 3 && words[2] == "kB" {
			if kib, err := strconv.ParseFloat(words[1], 64); err == nil {
				sums[strings.TrimSuffix(words[0], ":")] = kib * 1024 / 1e6
			}
		}
	}
	if sums["Rss"] == 0 || sums["Pss"] == 0 {
		return nil, fmt.Errorf("measuring memory: smaps_rollup says %q", text)
	}
	return sums, nil
}

// cpuOf is the time that a process has computed, in user and kernel mode.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("measuring CPU: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold spaces
	words := strings.Fields(rest)
	if len(words) < 13 {
		return 0, fmt.Errorf("measuring CPU: stat says %q", text)
	}
	user, err := strconv.Atoi(words[11])
	system, failed := strconv.Atoi(words[12])
	if err := errors.Join(err, failed); err != nil {
		return 0, fmt.Errorf("measuring CPU: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}
