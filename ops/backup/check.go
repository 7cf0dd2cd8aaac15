package backup

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// checkLimit is how long all the tables together may take to compare.
const checkLimit = 20 * time.Second

// check is everything that differs from what should be: what is missing on the disk, what the script does wrong, and the
// tables of what should be configured elsewhere.
func (s *System) check(ctx context.Context) (ops.Answer, error) {
	v := s.see(ctx)
	if err := ctx.Err(); err != nil {
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("looking at the backups took too long", "regarder les sauvegardes a pris trop de temps"), err)
	}
	lines := s.differences(v)
	lines = append(lines, s.faults()...)
	tables, unsure := s.desired(ctx)
	lines = append(lines, tables...)
	if v.lost != nil {
		unsure = append(unsure, ops.T("🟠 the disk cannot be looked at: %s", "🟠 impossible de regarder le disque : %s", clipped(v.lost.Error(), 160)))
	}
	unsure = append(unsure, s.aside(ctx, v)...)
	unsure = slices.DeleteFunc(unsure, func(t ops.Text) bool { return strings.HasPrefix(t.En, ops.Fine) })
	var a ops.Answer
	switch {
	case len(lines) > 0:
		a.Line(ops.T("🟠 %s from what should be", "🟠 %s par rapport à ce qui est voulu", ops.Count{N: len(lines), EnOne: "difference", EnMany: "differences", FrOne: "différence", FrMany: "différences"}))
	case len(unsure) > 0:
		a.Line(ops.T("⚪ nothing differs, as far as can be told", "⚪ rien ne diffère, pour autant qu’on puisse le dire"))
	default:
		a.Line(ops.T("🟢 all is as it should be: %d backed up", "🟢 tout est comme voulu : %d sauvegardés", len(v.wanted)))
	}
	for i, t := range append(lines, unsure...) {
		a.Blocks = append(a.Blocks, ops.Block{Line: t, Fold: i > shownRows})
	}
	return *a.Row(ops.AskFor(ops.T("All backups", "Toutes les sauvegardes"), "backup.list"), ops.AskFor(refresh, "backup.list", "what", viewCheck)), nil
}

// differences is what is wrong with what is on the disk.
func (s *System) differences(v view) (list []ops.Text) {
	for _, f := range s.judgeAll(v) {
		for _, w := range f.wrongs {
			list = append(list, ops.T("%s %s", "%s %s", w.grave.Mark(), w.title))
		}
	}
	return list
}

// faults is what the script's logs say of it: of its last run by cron, and of the last by Vigie.
func (s *System) faults() (list []ops.Text) {
	var reports []Report
	if s.o.ScriptLog != "" {
		r, _, err := s.lastRun()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			list = append(list, ops.T("🟠 the script's log %s is not there: has it ever run?", "🟠 le journal du script, %s, n’est pas là : a-t-il déjà tourné ?", ops.Name(s.o.ScriptLog)))
		case err != nil:
			list = append(list, ops.T("🟠 the script's log cannot be read: %s", "🟠 le journal du script est illisible : %s", clipped(err.Error(), 160)))
		default:
			reports = append(reports, r)
		}
	}
	s.mu.Lock()
	if s.known.Script != nil {
		reports = append(reports, s.known.Script.Report)
	}
	s.mu.Unlock()
	for _, r := range reports {
		if !r.Done && r.Lines > 0 {
			list = append(list, ops.T("🔴 backup script: %s", "🔴 script de sauvegarde : %s", r.says()))
		}
		for _, b := range r.Bugs {
			list = append(list, ops.T("🟠 backup script: %s", "🟠 script de sauvegarde : %s", b.Says))
		}
		for _, name := range r.Uncovered {
			list = append(list, ops.T("🟠 the script says that it does not dump %s", "🟠 le script dit ne pas sauvegarder %s", ops.Name(name)))
		}
		for _, e := range append(slices.Clone(r.Errors), r.Warnings...) {
			if !notDumped.MatchString("WARNING: " + e) {
				list = append(list, ops.T("🟠 the script complained: «%s»", "🟠 le script s’est plaint : « %s »", e))
			}
		}
	}
	return unique(list)
}

// desired compares the tables of what should be configured elsewhere.
func (s *System) desired(ctx context.Context) (list, unsure []ops.Text) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	for _, d := range s.o.Desired {
		differ, err := d.Check(ctx)
		if err != nil {
			unsure = append(unsure, ops.T("🟠 %s cannot be compared: %s", "🟠 impossible de comparer %s : %s", ops.Name(d.Name), short(ops.SayOf(err))))
		}
		for _, one := range differ {
			list = append(list, ops.T("🟠 %s: %s: %s", "🟠 %s : %s : %s", ops.Name(d.Name), ops.Name(one.What), short(one.Says)))
		}
	}
	return list, unsure
}

func unique(list []ops.Text) (once []ops.Text) {
	for _, t := range list {
		if !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	return once
}

// logEnd is how much of the end of the script's log is read: a run writes under 10 kB.
const logEnd = 256 << 10

// lastRun is what the script's log says of the last run that cron made; there is none if there is no log.
func (s *System) lastRun() (Report, time.Time, error) {
	f, err := os.Open(s.o.ScriptLog)
	if err != nil {
		return Report{}, time.Time{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Report{}, time.Time{}, err
	}
	if _, err := f.Seek(max(0, info.Size()-logEnd), io.SeekStart); err != nil {
		return Report{}, time.Time{}, err
	}
	body, err := io.ReadAll(io.LimitReader(f, logEnd))
	return ParseLog(string(body)), info.ModTime().Round(0), err
}
