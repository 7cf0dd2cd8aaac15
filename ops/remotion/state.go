package remotion

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"vigie/ops"
)

// What another operated system needs of Remotion: is it really there, and what would be lost if it were stopped.

// Answers asks Remotion for what only Remotion can say, and tells it in a few words.
func (s *System) Answers(ctx context.Context) (ops.Text, error) {
	got, err := s.send(ctx, http.MethodGet, "/health", nil)
	if err == nil && got.code != http.StatusOK {
		err = s.refusal(got)
	}
	if err != nil {
		return ops.Text{}, err
	}
	var said struct {
		Status  string `json:"status"`
		Renders int    `json:"renders"` // all since it started, not those under way
	}
	if json.Unmarshal(got.body, &said) != nil || said.Status != "ok" {
		return ops.Text{}, ops.Fail(ops.Unavailable, ops.T("what answers in Remotion's place does not say that it is well", "ce qui répond à la place de Remotion ne dit pas qu’il va bien"), nil)
	}
	return ops.T("Remotion answers, %s since it started", "Remotion répond, %s depuis son démarrage",
		ops.Count{N: said.Renders, EnOne: "render", EnMany: "renders", FrOne: "rendu", FrMany: "rendus"}), nil
}

// lastJobs is under which id the names of the last jobs of ours are kept, and how many. The server takes ten at a time.
const (
	lastJobs = "last"
	mostLast = 12
)

// Jobs is how many renders of ours are under way and wait: the server lists none, and those of others cannot be seen.
func (s *System) Jobs(ctx context.Context) (running, waiting int, err error) {
	ids, err := s.last(ctx)
	for _, id := range ids {
		st, err := s.state(ctx, id)
		switch {
		case ops.KindOf(err) == ops.NotFound: // it was restarted since
		case err != nil:
			return 0, 0, err
		case st.Status == "in-progress":
			running++
		case st.Status == "queued":
			waiting++
		}
	}
	return running, waiting, err
}

func (s *System) last(ctx context.Context) (ids []string, err error) {
	raw, err := s.o.Kept.Load(ctx, lastJobs)
	if err != nil || raw == nil {
		return nil, err
	}
	return ids, json.Unmarshal(raw, &ids)
}

// remember adds a job to the last ones.
func (s *System) remember(ctx context.Context, id string) error {
	s.one.Lock()
	defer s.one.Unlock()
	ids, err := s.last(ctx)
	if err != nil {
		return err
	}
	ids = append(ids, id)
	raw, err := json.Marshal(slices.Clone(ids[max(0, len(ids)-mostLast):]))
	if err != nil {
		return err
	}
	return s.o.Kept.Save(ctx, lastJobs, raw)
}
