package docker

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"

	"vigie/ops"
)

// Stats implements [Host]: keys are the ids as they were given.
func (e *Engine) Stats(ctx context.Context, ids ...string) (map[string]Usage, error) {
	var mu sync.Mutex // guards all
	all := make(map[string]Usage, len(ids))
	var group errgroup.Group
	group.SetLimit(256) // sockets, on a host with very many containers
	for _, id := range ids {
		group.Go(func() error {
			u, ok, err := e.measure(ctx, id)
			if ok && err == nil {
				mu.Lock()
				all[id] = u
				mu.Unlock()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil && len(all) == 0 {
		return nil, err
	}
	return all, nil
}

// measure waits for two samples, a second apart: CPU is their difference. ok is false if the container is not running.
func (e *Engine) measure(ctx context.Context, id string) (u Usage, ok bool, err error) {
	c := call{doing: doStats, needs: "CONTAINERS=1", what: containerNoun, object: id}
	s, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (s container.StatsResponse, err error) {
		r, err := api.ContainerStats(ctx, id, false)
		if err != nil {
			return s, err
		}
		defer r.Body.Close()
		return s, json.NewDecoder(r.Body).Decode(&s)
	})
	if ops.KindOf(err) == ops.NotFound {
		return u, false, nil
	}
	if err != nil || s.Read.IsZero() || s.PreRead.IsZero() || s.MemoryStats.Usage == 0 && s.CPUStats.SystemUsage == 0 {
		return u, false, err
	}
	return usageOf(s), true, nil
}

// usageOf computes what `docker stats` shows.
func usageOf(s container.StatsResponse) Usage {
	u := Usage{CPU: cpuPercent(s), Limit: int64(s.MemoryStats.Limit), PIDs: int64(s.PidsStats.Current)}
	used, cache := s.MemoryStats.Usage, s.MemoryStats.Stats["inactive_file"] // cgroup v2
	if v1, ok := s.MemoryStats.Stats["total_inactive_file"]; ok {
		cache = v1
	}
	if cache < used {
		used -= cache
	}
	u.Memory = int64(used)
	for _, n := range s.Networks {
		u.Rx += int64(n.RxBytes)
		u.Tx += int64(n.TxBytes)
	}
	for _, b := range s.BlkioStats.IoServiceBytesRecursive {
		switch strings.ToLower(b.Op) { // v1 says Read, v2 says read
		case "read":
			u.Read += int64(b.Value)
		case "write":
			u.Write += int64(b.Value)
		}
	}
	return u
}

func cpuPercent(s container.StatsResponse) float64 {
	spent := float64(s.CPUStats.CPUUsage.TotalUsage) - float64(s.PreCPUStats.CPUUsage.TotalUsage)
	passed := float64(s.CPUStats.SystemUsage) - float64(s.PreCPUStats.SystemUsage)
	cores := float64(s.CPUStats.OnlineCPUs)
	if cores == 0 {
		cores = float64(len(s.CPUStats.CPUUsage.PercpuUsage))
	}
	if spent <= 0 || passed <= 0 {
		return 0
	}
	return spent / passed * cores * 100
}
