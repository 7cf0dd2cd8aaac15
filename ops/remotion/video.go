package remotion

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"vigie/ops"
)

const (
	mostVideo = 50 << 20 // bytes: what a bot may send
	videoTime = 5 * time.Minute
)

// fetch gets the first most bytes of a video, and says how large it is as a whole: -1 if the server does not say. Only the
// path of the address counts: the server names itself as it is called where it runs.
func (s *System) fetch(ctx context.Context, address string, most int64) (data []byte, size int64, err error) {
	u, err := url.Parse(address)
	if err != nil || len(u.Path) < 2 || u.Path[0] != '/' {
		return nil, 0, ops.Fail(ops.Failed, ops.T("Remotion says that it is done, and not where the video is", "Remotion dit que c’est fini, sans dire où est la vidéo"), nil)
	}
	bound, cancel := context.WithTimeout(ctx, videoTime)
	defer cancel()
	answer, err := s.open(bound, http.MethodGet, u.EscapedPath(), nil)
	if err != nil {
		return nil, 0, s.unanswered(ctx, http.MethodGet, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 500 {
		return nil, 0, s.refusal(reply{code: answer.StatusCode})
	}
	if answer.StatusCode != http.StatusOK {
		return nil, 0, ops.Fail(ops.Failed, ops.T("Remotion says that it is done, and does not give the video (%d)", "Remotion dit que c’est fini, et ne donne pas la vidéo (%d)", answer.StatusCode), nil)
	}
	if data, err = io.ReadAll(io.LimitReader(answer.Body, most)); err != nil {
		return nil, 0, s.unanswered(ctx, http.MethodGet, err)
	}
	return data, answer.ContentLength, nil
}

// proveVideo looks at how the video begins.
func (s *System) proveVideo(ctx context.Context, st state) error {
	data, size, err := s.fetch(ctx, st.Video, 64)
	if err != nil {
		return err
	}
	if len(data) < 12 || !bytes.Equal(data[4:8], []byte("ftyp")) {
		return ops.Fail(ops.Failed, ops.T("what Remotion made is no MP4 video", "ce que Remotion a fait n’est pas une vidéo MP4"), nil)
	}
	ops.Progress(ctx, ops.T("an MP4 of %s", "un MP4 de %s", ops.Size(max(size, int64(len(data))))))
	return nil
}

type videoParams struct {
	Work string `doc:"which render" fr:"quel rendu"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "remotion.video", Command: "video", Theme: theme, Examples: []string{},
	Doc:     ops.T("Show what a render made.", "Montrer ce qu’un rendu a fait."),
	Phrases: []ops.Text{ops.T("show that video", "montre cette vidéo")},
}, func(ctx context.Context, s *System, p videoParams) (ops.Answer, error) { return s.video(ctx, p.Work) })

// video is what the render of a run made: the video, or where it is.
func (s *System) video(ctx context.Context, work string) (ops.Answer, error) {
	id, err := s.named(ctx, work)
	if err != nil {
		return ops.Answer{}, err
	}
	if id == "" {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("I know of no such render.", "Je ne connais pas ce rendu."), nil)
	}
	st, err := s.state(ctx, id)
	if err != nil {
		return ops.Answer{}, err
	}
	if st.Status != "completed" {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("there is no video of it yet", "il n’y en a pas encore de vidéo"), nil)
	}
	data, size, err := s.fetch(ctx, st.Video, mostVideo+1)
	if err != nil {
		return ops.Answer{}, err
	}
	u, err := url.Parse(st.Video)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(data) > mostVideo {
		return ops.Say(ops.T("🟢 The video is %s, too large for Telegram. It is here:", "🟢 La vidéo fait %s, trop pour Telegram. Elle est ici :", ops.Size(max(size, int64(len(data))))), ops.Raw(ops.Name(s.o.Public+u.EscapedPath()).String())), nil
	}
	a := ops.Say(ops.T("🟢 The video, %s", "🟢 La vidéo, %s", ops.Size(len(data))))
	a.Blocks = append(a.Blocks, ops.Block{File: &ops.File{Name: "video.mp4", Type: "video/mp4", Data: data}})
	return a, nil
}
