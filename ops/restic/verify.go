package restic

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Report is what a check of a repository came to.
type Report struct {
	Errors    []string // what restic found wrong, the first 20; none is well
	Found     int      // how much it found wrong
	Snapshots int
	Percent   int // of the data that was read back
	Packs     int // that were read back
}

// Check looks whether what is in the repository fits together, and reads percent of its data back: 0 reads none, 100 reads
// all. Errors that it finds are in the report. It takes no lock, so it hinders no backup; if somebody pruned meanwhile, it
// knows nothing and says so. A program that ends because ctx does leaves nothing behind. tell may be nil.
func (s *System) Check(ctx context.Context, repo string, percent int, tell func(ops.Text)) (Report, error) {
	r, err := s.repo(repo)
	if err != nil {
		return Report{}, err
	}
	before, err := s.indexes(ctx, r)
	if err != nil {
		return Report{}, err
	}
	args := []string{"check", "--no-lock"}
	switch {
	case percent >= 100:
		args = append(args, "--read-data")
	case percent > 0:
		args = append(args, "--read-data-subset", strconv.Itoa(percent)+"%")
	}
	seen := &inspection{tell: tell, report: Report{Percent: min(max(percent, 0), 100)}}
	got, err := s.run(ctx, r, call{args: args, out: &lines{each: seen.line}, heard: seen.complaint})
	if err != nil {
		return Report{}, err
	}
	if got.exit == 0 {
		return seen.report, nil
	}
	after, err := s.indexes(ctx, r)
	if err != nil {
		return Report{}, err
	}
	if pruned := slices.ContainsFunc(before, func(id string) bool { return !slices.Contains(after, id) }); pruned {
		return Report{}, ops.Fail(ops.Unavailable, ops.T("somebody pruned %s during the check: what it found means nothing; check again", "quelqu’un a élagué %s pendant la vérification : son résultat ne vaut rien ; recommence", ops.Name(r.Name)), nil)
	}
	if seen.report.Found == 0 || unreachable.MatchString(got.said) { // a broken connection looks like damage too
		return Report{}, s.explain(r, got)
	}
	return seen.report, nil
}

// indexes lists the index files: pruning takes some away, backups only add.
func (s *System) indexes(ctx context.Context, r *Repository) ([]string, error) {
	var out bytes.Buffer
	if err := s.look(ctx, r, &out, "list", "index"); err != nil {
		return nil, err
	}
	return strings.Fields(out.String()), nil
}

// An inspection is what a check told.
type inspection struct {
	tell   func(ops.Text)
	phase  string
	report Report
}

// counted is a line of progress: «[0:12] 40.00%  2 / 5 packs».
var counted = regexp.MustCompile(`^\[[0-9:]+\]\s+([0-9.]+)%\s+(\d+) / (\d+) (\w+)`)

// line reads one line of `restic check`.
func (i *inspection) line(line []byte) {
	text := strings.TrimSpace(string(line))
	m := counted.FindStringSubmatch(text)
	if m == nil {
		if strings.HasPrefix(text, "read") {
			i.phase = "read"
		}
		return
	}
	done, _ := strconv.Atoi(m[2])
	all, _ := strconv.Atoi(m[3])
	switch {
	case m[4] == "snapshots":
		i.report.Snapshots = all
	case m[4] == "packs" && i.phase == "read":
		i.report.Packs = done
	}
	if i.tell == nil {
		return
	}
	percent, _ := strconv.ParseFloat(m[1], 64)
	if i.phase == "read" {
		i.tell(ops.T("reading back: %d %%, %d of %d packs", "relecture : %d %%, %d paquets sur %d", int(percent), done, all))
		return
	}
	i.tell(ops.T("looking through %d of %d snapshots", "examen de %d clichés sur %d", done, all))
}

// faults are complaints of a repository that is damaged, in any version: what is not one of them is about the way to it.
var faults = regexp.MustCompile(`(?i)^pack |^error|does not match|unexpected file size|not found in index|does not exist|invalid data|ciphertext|wrong size|damaged|missing|truncated|checksum|hash mismatch|is not contained`)

func (i *inspection) complaint(line string) {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "Fatal:") || !faults.MatchString(line) {
		return
	}
	if i.report.Found++; len(i.report.Errors) < mostFailed {
		i.report.Errors = append(i.report.Errors, clip(line, 300))
	}
}
