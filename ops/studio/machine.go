package studio

import (
	"context"
	"encoding/json"
	"time"

	"vigie/ops"
)

// A Reading is the machine at one moment. Sizes are in bytes.
type Reading struct {
	Boot              string // changes with each boot; "" if it does not tell
	Uptime            time.Duration
	Memory, Available int64
	Disks             []Disk
}

// A Disk is one file system of the machine.
type Disk struct {
	Mount string
	Used  float64 // percent
	Avail int64
}

// A Unit is how a systemd unit is: State "active", "failed", "inactive"; Invocation changes with each start.
type Unit struct {
	Name       string
	State, Sub string
	Result     string
	Invocation string
	Err        error
}

// booted is when the machine started; zero if it does not tell.
func (r Reading) booted() time.Time {
	if r.Uptime <= 0 {
		return time.Time{}
	}
	return time.Now().Add(-r.Uptime)
}

// fullest is the disk with the least left of it.
func (r Reading) fullest() (full Disk) {
	for _, d := range r.Disks {
		if d.Used >= full.Used {
			full = d
		}
	}
	return full
}

// A boot is what is remembered of the machine's starts.
type boot struct {
	ID        string    `json:"id"`
	Restarted time.Time `json:"restarted,omitzero"` // when it started, if it was seen before and was another
}

// toldFor is how long a restart of the machine is told.
const toldFor = 24 * time.Hour

// restarted is when the machine restarted, if that is news: it was seen with another boot within the last day. It remembers what it sees.
func (s *System) restarted(ctx context.Context, r Reading) (time.Time, error) {
	if r.Boot == "" {
		return time.Time{}, nil
	}
	raw, err := s.o.Kept.Load(ctx, "boot")
	if err != nil {
		return time.Time{}, err
	}
	var was boot
	if raw != nil {
		if err := json.Unmarshal(raw, &was); err != nil {
			return time.Time{}, err
		}
	}
	if was.ID != r.Boot {
		now := boot{ID: r.Boot}
		if was.ID != "" {
			now.Restarted = r.booted()
		}
		if raw, err = json.Marshal(now); err != nil {
			return time.Time{}, err
		}
		if err := s.o.Kept.Save(ctx, "boot", raw); err != nil {
			return time.Time{}, err
		}
		was = now
	}
	if time.Since(was.Restarted) > toldFor {
		return time.Time{}, nil
	}
	return was.Restarted, nil
}

// says tells of the machine in a line.
func (s *System) says(r Reading) ops.Text {
	parts := []ops.Text{ops.T("%s: %s of %s memory free", "%s : %s de mémoire libres sur %s", s.host(), ops.Size(r.Available), ops.Size(r.Memory))}
	if d := r.fullest(); d.Mount != "" {
		parts = append(parts, ops.T("%s %d %% full, %s left", "%s plein à %d %%, reste %s", ops.Name(d.Mount), int(d.Used), ops.Size(d.Avail)))
	}
	if r.Uptime > 0 {
		parts = append(parts, ops.T("up %s", "démarrée il y a %s", ops.Span(r.Uptime)))
	}
	return ops.Join(" · ", parts...)
}

// line tells of a unit.
func (u Unit) line() (condition, ops.Text) {
	switch {
	case u.Err != nil:
		return off, ops.T("%s: %s", "%s : %s", ops.Name(u.Name), ops.SayOf(u.Err))
	case u.State == "failed":
		return broken, ops.T("%s failed (%s)", "%s a échoué (%s)", ops.Name(u.Name), u.Result)
	case u.State == "inactive":
		return broken, ops.T("%s is not running", "%s ne tourne pas", ops.Name(u.Name))
	case u.State != "active":
		return waking, ops.T("%s is %s", "%s est %s", ops.Name(u.Name), u.State+"/"+u.Sub)
	}
	return on, ops.T("%s runs", "%s tourne", ops.Name(u.Name))
}

// bootFact is which start of the machine a plan rests on.
func (r Reading) bootFact() ops.Fact {
	return ops.Fact{Name: "boot", Value: r.Boot[:min(8, len(r.Boot))], Label: ops.T("the machine's boot", "le démarrage de la machine")}
}

// sameBoot says that nothing is done if the machine was started again since the plan was made.
func (s *System) sameBoot(ctx context.Context, boot string) error {
	if boot == "" {
		return nil
	}
	r, err := s.o.Machine.Read(ctx)
	if err != nil {
		return err
	}
	if r.Boot != boot {
		return ops.Fail(ops.Failed, ops.T("%s restarted meanwhile, at %s: this step was not taken. Look at %s, and ask again.", "%s a redémarré entre-temps, à %s : cette étape n’a pas été faite. Regarde %s, puis redemande.",
			s.host(), ops.Raw(s.clock(r.booted())), ops.Name("/studio")), nil)
	}
	return nil
}

// clock is a time of day where the studio is, with its day if that is not today.
func (s *System) clock(t time.Time) string {
	t = t.In(s.o.Zone)
	if y, m, d := t.Date(); time.Date(y, m, d, 0, 0, 0, 0, s.o.Zone) != today(s.o.Zone) {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("15:04")
}

func today(zone *time.Location) time.Time {
	y, m, d := time.Now().In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// room compares what services may take with what is free. The fact only says whether it is enough: the figure wavers.
func (s *System) room(r Reading, begin []Service) (ops.Fact, ops.Text) {
	var may int64
	var unlimited []string
	for _, o := range begin {
		may += o.Limit
		if o.Limit == 0 {
			unlimited = append(unlimited, o.Name)
		}
	}
	fact := ops.Fact{Name: "memory", Value: "enough", Label: ops.T("memory", "mémoire")}
	cost := ops.T("memory: it may take %s, %s is free on %s", "mémoire : cela peut en prendre %s, %s sont libres sur %s", ops.Size(may), ops.Size(r.Available), s.host())
	if may > r.Available {
		fact.Value = "short"
		cost = ops.T("🟠 memory: it may take %s, and only %s is free on %s: at the end of it the kernel kills what is largest", "🟠 mémoire : cela peut en prendre %s, et seuls %s sont libres sur %s : quand il n’y en a plus, le noyau tue le plus gros",
			ops.Size(may), ops.Size(r.Available), s.host())
	}
	if len(unlimited) > 0 {
		cost = ops.T("%s; without a limit: %s", "%s ; sans limite : %s", cost, names(unlimited))
	}
	return fact, cost
}
