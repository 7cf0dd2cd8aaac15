package docker

import (
	"context"
	"fmt"
	"path"
	"time"
)

var _ Maker = fakeCompose{}

// What a build says in a [Fake], and how long each part takes.
var fakeBuild = []struct {
	takes time.Duration
	says  string
}{
	{2 * time.Second, "#3 [%s internal] load metadata for docker.io/library/debian:13"}, {time.Minute, "#5 [%s 1/4] FROM docker.io/library/debian:13"},
	{5 * time.Minute, "#6 [%s 2/4] RUN apt-get update && apt-get install -y chromium"}, {4 * time.Minute, "#7 [%s 3/4] RUN npm ci"},
	{2 * time.Second, "#8 [%s 4/4] COPY server ."}, {20 * time.Second, "#9 [%s] exporting to image"},
}

// Pull implements [Maker]: what the registry has is here afterwards.
func (c fakeCompose) Pull(ctx context.Context, file string, services []string, progress func(string)) error {
	return c.run(ctx, append([]string{"compose-pull", path.Base(file)}, services...), file, services, func(b *box) error {
		if _, err := c.f.Pull(ctx, b.image, nil); err != nil {
			return err
		}
		if progress != nil {
			progress(b.Service + " Pulled")
		}
		return nil
	})
}

// Build implements [Maker]: what «new image for S» announced is what comes of it.
func (c fakeCompose) Build(ctx context.Context, file string, services []string, progress func(string)) error {
	return c.run(ctx, append([]string{"build", path.Base(file)}, services...), file, services, func(b *box) error {
		for _, part := range fakeBuild {
			if progress != nil {
				progress(fmt.Sprintf(part.says, b.Service))
			}
			spend(ctx, part.takes)
		}
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		r := c.f.registry[b.image]
		if r == nil {
			return nil // from the same files the same image
		}
		i := c.f.imageOf(r.id)
		if i == nil {
			i = c.f.addImage("", r.id[len("sha256:"):], fakeImageSize)
			i.Created = time.Now()
		}
		c.f.name(i, b.image)
		return nil
	})
}
