package postgres

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A passing tells how far a restore is: the part of the dump that went in, and what pg_restore says it does.
type passing struct {
	say   func(ops.Text)
	apart bool // not in one transaction

	mu          sync.Mutex // guards what follows: bytes and words come from two sides
	done, total int64
	at          ops.Text
	rest        []byte
	told        time.Time
}

func (p *passing) read(read, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.total = read, total
	p.maybe()
}

var doing = regexp.MustCompile(`processing data for table "([^"]+)"|creating ((?:UNIQUE )?INDEX|(?:FK )?CONSTRAINT|TRIGGER) "([^"]+)"`)

// Write takes what pg_restore --verbose says.
func (p *passing) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, b...)
	for {
		line, rest, found := strings.Cut(string(p.rest), "\n")
		if !found {
			break
		}
		p.rest = []byte(rest)
		if f := doing.FindStringSubmatch(line); f != nil {
			if p.at = ops.T("table %s", "table %s", ops.Name(strings.TrimPrefix(f[1], "public."))); f[1] == "" {
				p.at = ops.T("index or constraint %s", "index ou contrainte %s", ops.Name(strings.TrimPrefix(f[3], "public.")))
			}
			p.maybe()
		}
	}
	if len(p.rest) > tailSize {
		p.rest = nil
	}
	return len(b), nil
}

// maybe tells, at most once a second.
func (p *passing) maybe() {
	if p.say == nil || p.total <= 0 || time.Since(p.told) < time.Second {
		return
	}
	p.told = time.Now()
	p.say(ops.Join(" · ", ops.T("%d %%", "%d %%", min(100*p.done/p.total, 100)), p.at))
}
