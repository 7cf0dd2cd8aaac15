package assets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Find looks into every database for what was registered under a name, or a maker's name for it, since a time. link is where it is
// said to be, as whoever registered it wrote. found is false if no database that can be read has it; the error is of one that
// cannot.
func (s *System) Find(ctx context.Context, name, render string, since time.Time) (link string, found bool, err error) {
	links, hits, wrong := make([]string, len(s.sources)), make([]bool, len(s.sources)), make([]error, len(s.sources))
	s.each(func(at int, from source) {
		t := table{source: from}
		wrong[at] = s.reading(ctx, from, func(tx pgx.Tx) error {
			if err := t.look(ctx, tx); err != nil || !t.there {
				return err
			}
			where, args := t.where(wish{since: since})
			args = append(args, name, render)
			where += fmt.Sprintf(` AND (%s = $%d OR $%d <> '' AND %s = $%d)`, t.text("output_name"), len(args)-1, len(args), t.text("render_id"), len(args))
			err := tx.QueryRow(ctx, `SELECT `+t.text("result_url")+` FROM `+t.from()+` WHERE `+where+` ORDER BY `+t.when()+` DESC NULLS LAST LIMIT 1`, args...).Scan(&links[at])
			if hits[at] = err == nil; errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		})
	})
	for at, hit := range hits {
		if hit {
			return links[at], true, nil
		}
	}
	return "", false, errors.Join(wrong...)
}
