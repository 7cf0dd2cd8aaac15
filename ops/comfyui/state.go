package comfyui

import (
	"context"

	"vigie/ops"
)

// What another operated system needs of ComfyUI: is it really there, and what would be lost if it were stopped.

// Answers asks ComfyUI for what only ComfyUI can say, and tells it in a few words.
func (s *System) Answers(ctx context.Context) (ops.Text, error) {
	about, err := s.stats(ctx)
	if err != nil {
		return ops.Text{}, err
	}
	if about.System.Version == "" && about.System.Total == 0 {
		return ops.Text{}, ops.Fail(ops.Unavailable, ops.T("what answers in ComfyUI's place says nothing of ComfyUI", "ce qui répond à la place de ComfyUI ne dit rien de ComfyUI"), nil)
	}
	return ops.T("ComfyUI %s answers", "ComfyUI %s répond", ops.Raw(clip(ops.Clean(about.System.Version), 20))), nil
}

// Jobs is how many jobs are being drawn and wait, whoever asked for them. ComfyUI keeps them in its memory only.
func (s *System) Jobs(ctx context.Context) (running, waiting int, err error) {
	q, err := s.queue(ctx)
	return len(q.Running), len(q.Pending), err
}
