package docker

import (
	"context"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Subjects are the services as subjects of troubles, under all their names.
func (s *Stack) Subjects(ctx context.Context) ([]ops.Choice, error) {
	v, err := s.see(ctx)
	if err != nil {
		return nil, err
	}
	list := s.choices(v)
	for i, c := range list {
		list[i].Value, list[i].Also = aboutContainer+c.Value, append([]string{c.Value}, c.Also...)
	}
	return list, nil
}

// A Naming remembers what the services and containers are called, for those who cannot wait for the engine. The zero value
// knows none; [Naming.Keep] keeps it fresh.
type Naming struct {
	mu       sync.RWMutex      // guards what follows; never held during a call
	services map[string]string // by any of their names
	boxes    map[string]string // the container of each service
}

// namingPace is how old names may be: a new service is a rare thing.
const namingPace = time.Minute

// Keep learns the names of s again and again until ctx ends. While the engine does not answer, the last ones hold.
func (n *Naming) Keep(ctx context.Context, s *Stack) {
	tick := time.NewTicker(namingPace)
	defer tick.Stop()
	for {
		n.learn(ctx, s)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (n *Naming) learn(ctx context.Context, s *Stack) {
	v, err := s.see(ctx)
	if err != nil {
		return
	}
	services, boxes := map[string]string{}, map[string]string{}
	for _, c := range s.choices(v) {
		for _, also := range c.Also {
			if services[also] == "" {
				services[also] = c.Value
			}
		}
	}
	for _, r := range v.rows {
		services[r.name], boxes[r.name] = r.name, r.container() // its own name wins over what another also answers to
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.services, n.boxes = services, boxes
}

// Service is the service that is called name, in one way or another.
func (n *Naming) Service(name string) (service string, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	service, ok = n.services[name]
	return service, ok
}

// Locks are what a plan that works on a subject holds.
func (n *Naming) Locks(subject string) []string {
	name, ok := strings.CutPrefix(subject, aboutContainer)
	n.mu.RLock()
	defer n.mu.RUnlock()
	if box := n.boxes[name]; ok && box != "" {
		return []string{"container:" + box}
	}
	return nil
}
