package remotion

import (
	"context"
	"net/url"

	"vigie/ops"
)

// Track looks once at render id, whoever asked Remotion for it: whether its video is there and is one, and how it goes. An error
// of kind [ops.NotFound] says that Remotion does not know the render, [ops.Unavailable] that it could not be asked; another that
// nothing will come of the render.
func (s *System) Track(ctx context.Context, id string) (done bool, says ops.Text, err error) {
	st, err := s.state(ctx, id)
	switch {
	case err != nil:
		return false, ops.Text{}, err
	case st.Status == "failed", st.Status == "cancelled":
		return false, ops.Text{}, st.failed()
	case st.Status != "completed":
		return false, st.says(0), nil
	}
	if err := s.proveVideo(ctx, st); err != nil {
		return false, ops.Text{}, err
	}
	return true, ops.T("an MP4, whole", "un MP4, entier"), nil
}

// Fetch gets the video of render id, or for people a link to it where it is too large to be sent.
func (s *System) Fetch(ctx context.Context, id string) (files []ops.File, link string, err error) {
	st, err := s.state(ctx, id)
	if err != nil {
		return nil, "", err
	}
	data, _, err := s.fetch(ctx, st.Video, mostVideo+1)
	if err != nil {
		return nil, "", err
	}
	if len(data) > mostVideo {
		u, err := url.Parse(st.Video)
		if err != nil {
			return nil, "", ops.Fail(ops.Failed, ops.T("Remotion says that it is done, and not where the video is", "Remotion dit que c’est fini, sans dire où est la vidéo"), nil)
		}
		return nil, s.o.Public + u.EscapedPath(), nil
	}
	return []ops.File{{Name: "video.mp4", Type: "video/mp4", Data: data}}, "", nil
}
