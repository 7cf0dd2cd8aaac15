package scorestest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// answer gives out the rows, as text.
func (s *Server) answer(b *pgproto3.Backend) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state {
	case "gone":
		b.Send(refuse("42P01", `relation "model_scores" does not exist`))
		return
	case "secret":
		b.Send(refuse("42501", "permission denied for table model_scores"))
		return
	}
	rows := slices.Clone(s.rows)
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Model, b.Model))
	})
	for _, r := range rows {
		var values [][]byte
		for _, v := range []any{r.Model, r.Score, r.Calls, r.Good, r.Likes, r.Dislikes, r.Cost, r.Latency, r.Updated.UTC().Format("2006-01-02 15:04:05.999999Z07")} {
			values = append(values, []byte(fmt.Sprint(v)))
		}
		b.Send(&pgproto3.DataRow{Values: values})
	}
	b.Send(&pgproto3.CommandComplete{CommandTag: []byte(fmt.Sprintf("SELECT %d", len(rows)))})
}
