package comfyui

import (
	"context"

	"vigie/ops"
)

// Track looks once at job id, whoever gave it to ComfyUI: whether its pictures are there and whole, and how it goes. An error of
// kind [ops.NotFound] says that ComfyUI does not know the job, [ops.Unavailable] that it could not be asked; another that nothing
// will come of the job.
func (s *System) Track(ctx context.Context, id string) (done bool, says ops.Text, err error) {
	over, at, err := s.look(ctx, id, drawing{Count: 1})
	switch {
	case err != nil:
		return false, ops.Text{}, err
	case over:
		return true, ops.T("drawn, and read back whole", "dessinée, et relue en entier"), nil
	case at.missing:
		return false, ops.Text{}, ops.Fail(ops.NotFound, ops.T("ComfyUI knows no such job: it never got it, or was restarted since", "ComfyUI ne connaît pas cette tâche : il ne l’a jamais eue, ou a redémarré depuis"), nil)
	}
	return false, at.says(ops.Text{}), nil
}

// Fetch gets the pictures of job id. The link is always "": ComfyUI's are for who may draw.
func (s *System) Fetch(ctx context.Context, id string) (files []ops.File, link string, err error) {
	r, ok, err := s.over(ctx, id)
	switch {
	case err != nil:
		return nil, "", err
	case !ok:
		return nil, "", ops.Fail(ops.NotFound, ops.T("ComfyUI knows no picture of that job any more: it was restarted since.", "ComfyUI ne connaît plus d’image de cette tâche : il a redémarré depuis."), nil)
	}
	for _, i := range r.images() {
		f, _, _, err := s.fetch(ctx, i)
		if err != nil {
			return nil, "", err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, "", errEmpty()
	}
	return files, "", nil
}
