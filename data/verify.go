package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vigie/ops"
)

// A VerifyReport is what a look at the whole journal found.
type VerifyReport struct {
	Entries int64
	Head    ops.Entry
	Breaks  []Break // the first [MostBreaks]; none if the chain is whole
}

// MostBreaks is how many breaks a report lists.
const MostBreaks = 100

// A BreakKind says what is wrong at a place in the chain.
type BreakKind string

const (
	Edited    BreakKind = "edited"    // the entry is not what was summed
	Missing   BreakKind = "missing"   // entries before this one are gone
	Relinked  BreakKind = "relinked"  // the entry does not follow the one before it
	CutOff    BreakKind = "cut"       // the end of the journal is gone
	Added     BreakKind = "added"     // there are entries after the recorded end
	Forgotten BreakKind = "forgotten" // what was remembered elsewhere is not there any more
)

// A Break is a place where the journal is not as it was written.
type Break struct {
	Seq  int64
	Kind BreakKind
}

// Say tells a person.
func (b Break) Say() ops.Text {
	switch b.Kind {
	case Edited:
		return ops.T("entry %d was changed after it was written", "l’entrée %d a été modifiée après coup", b.Seq)
	case Missing:
		return ops.T("entries before %d are gone", "des entrées avant la %d ont disparu", b.Seq)
	case Relinked:
		return ops.T("entry %d does not follow the one before it: something was removed, inserted or moved",
			"l’entrée %d ne suit pas la précédente : on a retiré, inséré ou déplacé quelque chose", b.Seq)
	case CutOff:
		return ops.T("the end of the journal is gone: entry %d was written and is not there",
			"la fin du journal a disparu : l’entrée %d a été écrite et n’y est plus", b.Seq)
	case Added:
		return ops.T("entry %d comes after the recorded end of the journal", "l’entrée %d vient après la fin enregistrée du journal", b.Seq)
	}
	return ops.T("entry %d is not the one that was remembered", "l’entrée %d n’est pas celle qui avait été retenue", b.Seq)
}

// Verify reads the whole journal and reports every place where it is not as it was written. Whoever can
// write to the database can also make up a new chain with a new end: only a mark that was remembered
// elsewhere shows that.
func (s *Store) Verify(ctx context.Context, remembered ...Mark) (VerifyReport, error) {
	// One snapshot, so that what a running Vigie appends meanwhile is no break.
	snapshot, err := s.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.engine.snapshot()})
	if err != nil {
		return VerifyReport{}, fmt.Errorf("verifying the journal: %w", s.engine.explain(err))
	}
	defer snapshot.Rollback() // it only reads
	var end Mark
	err = snapshot.QueryRowContext(ctx, "SELECT seq, sum FROM head WHERE one = 1").Scan(&end.Seq, &end.Sum)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return VerifyReport{}, fmt.Errorf("verifying the journal: %w", s.engine.explain(err))
	}
	v := verifier{open: map[int64][]string{}}
	for _, m := range remembered {
		v.open[m.Seq] = append(v.open[m.Seq], m.Sum)
	}
	rows, err := snapshot.QueryContext(ctx, "SELECT "+columns+" FROM journal ORDER BY seq")
	if err != nil {
		return VerifyReport{}, fmt.Errorf("verifying the journal: %w", s.engine.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return VerifyReport{}, err
		}
		v.look(e, end)
	}
	if err := rows.Err(); err != nil {
		return VerifyReport{}, fmt.Errorf("verifying the journal: %w", s.engine.explain(err))
	}
	return v.finish(end), nil
}

// A verifier walks along the chain.
type verifier struct {
	VerifyReport
	open map[int64][]string // remembered sums that have not been met
}

func (v *verifier) look(e ops.Entry, end Mark) {
	before := v.Head
	v.Entries++
	v.Head = e
	if e.Sum != sum(e) {
		v.found(e.Seq, Edited)
	}
	switch {
	case e.Seq != before.Seq+1:
		v.found(e.Seq, Missing)
	case e.Prev != before.Sum:
		v.found(e.Seq, Relinked)
	}
	if e.Seq == end.Seq && e.Sum != end.Sum {
		v.found(e.Seq, Edited)
	}
	if e.Seq == end.Seq+1 {
		v.found(e.Seq, Added)
	}
	for _, sum := range v.open[e.Seq] {
		if sum != e.Sum {
			v.found(e.Seq, Forgotten)
		}
	}
	delete(v.open, e.Seq)
}

func (v *verifier) finish(end Mark) VerifyReport {
	if end.Seq > v.Head.Seq {
		v.found(end.Seq, CutOff)
	}
	for seq := range v.open {
		v.found(seq, Forgotten)
	}
	return v.VerifyReport
}

func (v *verifier) found(seq int64, kind BreakKind) {
	b := Break{seq, kind}
	if n := len(v.Breaks); n < MostBreaks && (n == 0 || v.Breaks[n-1] != b) {
		v.Breaks = append(v.Breaks, b)
	}
}
