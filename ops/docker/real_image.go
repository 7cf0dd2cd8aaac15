package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// Image implements [Host].
func (e *Engine) Image(ctx context.Context, ref string) (Image, error) {
	c := call{doing: doImage, needs: "IMAGES=1", what: imageNoun, object: ref}
	return ask(ctx, e, c, func(ctx context.Context, api *client.Client) (Image, error) {
		r, err := api.ImageInspect(ctx, ref)
		if err != nil {
			return Image{}, err
		}
		return Image{ID: r.ID, Tags: r.RepoTags, Digests: r.RepoDigests, Created: parseTime(r.Created), Size: r.Size}, nil
	})
}

// Pull implements [Host]. A pull that is cut off leaves what ref named before.
func (e *Engine) Pull(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	before, err := e.Image(ctx, ref)
	if err != nil && ops.KindOf(err) != ops.NotFound {
		return "", err
	}
	c := call{doing: doPull, needs: "POST=1 IMAGES=1", what: imageNoun, object: ref, changes: true}
	_, err = ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		body, err := api.ImagePull(ctx, ref, image.PullOptions{RegistryAuth: registryAuth(ref)})
		if err != nil {
			return struct{}{}, err
		}
		defer body.Close()
		return struct{}{}, readPull(body, progress)
	})
	if err != nil && ops.KindOf(err) != ops.Unknown {
		return "", err
	}
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAgain)
	defer cancel()
	now, lookErr := e.Image(fresh, ref)
	if err != nil {
		if lookErr == nil && now.ID != before.ID {
			return now.ID, nil
		}
		return "", err
	}
	return now.ID, lookErr
}

// readPull reads the engine's report of a pull: its errors come inside it, after the status said 200.
func readPull(body io.Reader, progress func(done, total int64)) error {
	type bytes struct{ done, total int64 }
	layers := map[string]bytes{}
	var said bytes
	var told time.Time
	for in := json.NewDecoder(body); ; {
		var m struct {
			ID       string
			Status   string
			Error    string
			Progress struct{ Current, Total int64 } `json:"progressDetail"`
		}
		if err := in.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("reading the report of the pull: %w", err)
		}
		if m.Error != "" {
			return errors.New(m.Error)
		}
		switch l := layers[m.ID]; m.Status {
		case "Downloading":
			layers[m.ID] = bytes{m.Progress.Current, max(m.Progress.Total, m.Progress.Current)}
		case "Download complete", "Pull complete", "Already exists":
			layers[m.ID] = bytes{l.total, l.total}
		}
		var sum bytes
		for _, l := range layers {
			sum.done, sum.total = sum.done+l.done, sum.total+l.total
		}
		if progress != nil && sum != said && (sum.done == sum.total || time.Since(told) > 200*time.Millisecond) {
			said, told = sum, time.Now()
			progress(sum.done, sum.total)
		}
	}
	return nil
}

// Pullable implements [Host].
func (e *Engine) Pullable(ctx context.Context, ref string) (string, error) {
	c := call{doing: doPullable, needs: "DISTRIBUTION=1", what: imageNoun, object: ref}
	return ask(ctx, e, c, func(ctx context.Context, api *client.Client) (string, error) {
		r, err := api.DistributionInspect(ctx, ref, registryAuth(ref))
		return r.Descriptor.Digest.String(), err
	})
}

// Tag implements [Host].
func (e *Engine) Tag(ctx context.Context, id, ref string) error {
	c := call{doing: doTag, needs: "POST=1 IMAGES=1", what: imageNoun, object: id, changes: true}
	_, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		return struct{}{}, api.ImageTag(ctx, id, ref)
	})
	if ops.KindOf(err) != ops.Unknown {
		return err
	}
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAgain)
	defer cancel()
	want, errID := e.Image(fresh, id)
	got, errRef := e.Image(fresh, ref)
	if errID == nil && errRef == nil && want.ID == got.ID {
		return nil
	}
	return err
}
