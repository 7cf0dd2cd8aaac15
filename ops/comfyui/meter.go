package comfyui

import (
	"time"

	"vigie/ops"
)

// meterWindow is what a rate is told over.
const meterWindow = 20 * time.Second

// A meter tells how far something is, how fast it goes, and how long it will take.
type meter struct {
	of    int64
	marks []mark // of the last [meterWindow], oldest first
}

type mark struct {
	at    time.Time
	bytes int64
}

func (m *meter) note(bytes int64) {
	now := time.Now()
	if n := len(m.marks); n > 0 && bytes < m.marks[n-1].bytes {
		m.marks = nil // from the beginning
	}
	m.marks = append(m.marks, mark{now, bytes})
	for len(m.marks) > 2 && now.Sub(m.marks[0].at) > meterWindow {
		m.marks = m.marks[1:]
	}
}

func (m *meter) far() ops.Text {
	if len(m.marks) == 0 {
		return ops.T("%s of %s", "%s sur %s", ops.Size(0), ops.Size(m.of))
	}
	return ops.T("%s of %s", "%s sur %s", ops.Size(m.marks[len(m.marks)-1].bytes), ops.Size(m.of))
}

// says is «1.2 GB of 2.13 GB (56 %) · 12 MB/s · 1 min 17 s left».
func (m *meter) says() ops.Text {
	last := m.marks[len(m.marks)-1]
	t := ops.T("%s (%d %%)", "%s (%d %%)", m.far(), 100*last.bytes/max(m.of, 1))
	span, gained := last.at.Sub(m.marks[0].at), last.bytes-m.marks[0].bytes
	if span < time.Second || gained <= 0 {
		return t
	}
	rate := float64(gained) / span.Seconds()
	left := time.Duration(float64(m.of-last.bytes) / rate * float64(time.Second))
	return ops.Join(" · ", t, ops.T("%s/s", "%s/s", ops.Size(rate)), ops.T("%s left", "reste %s", ops.Span(left.Round(time.Second))))
}
