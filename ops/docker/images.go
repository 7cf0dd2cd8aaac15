package docker

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// The kinds of step that act on images.

var (
	pull = ops.Declare(&set, "docker.pull", func(p pullArgs) ops.Text {
		t := ops.T("pull %s", "télécharger %s", ops.Name(p.Ref))
		if p.Digest != "" {
			t = ops.T("%s, version %s", "%s, version %s", t, ops.Name(short(p.Digest)))
		}
		if p.Old != "" {
			t = ops.T("%s; today's image %s is kept for going back", "%s ; l’image actuelle %s est gardée pour revenir", t, ops.Name(short(p.Old)))
		}
		return t
	}, func(ctx context.Context, s *Stack, p pullArgs) error { return s.pull(ctx, p) })

	keep = ops.Declare(&set, "docker.keep", func(k keepArgs) ops.Text {
		return ops.T("keep today's image %s of %s for going back", "garder l’image actuelle %s de %s pour revenir", ops.Name(short(k.Image)), ops.Name(k.Service))
	}, func(ctx context.Context, s *Stack, k keepArgs) error { return s.keep(ctx, k.Service, k.Image) })

	retag = ops.Declare(&set, "docker.retag", func(r retagArgs) ops.Text {
		return ops.T("let %s mean image %s again", "refaire désigner l’image %[2]s par %[1]s", ops.Name(r.Ref), ops.Name(short(r.Image)))
	}, func(ctx context.Context, s *Stack, r retagArgs) error { return s.Host.Tag(ctx, r.Image, r.Ref) })

	back = ops.Declare(&set, "docker.back", func(b backArgs) ops.Text {
		return ops.T("put %s back on image %s", "remettre %s sur l’image %s", ops.Name(b.Members[0].Service), ops.Name(short(b.Image)))
	}, func(ctx context.Context, s *Stack, b backArgs) error { return s.back(ctx, b) },
		ops.Stops(func(b backArgs) []string { return stops(b.Members...) }))

	kept = ops.Declare(&set, "docker.kept", func(k keptArgs) ops.Text {
		return ops.T("the services' %s are still here", "les %s des services sont encore là", imageCount(len(k.Refs)))
	}, func(ctx context.Context, s *Stack, k keptArgs) error { return s.proveKept(ctx, k.Refs) })
)

type pullArgs struct {
	Service string `json:"service"`
	Ref     string `json:"ref"`
	Digest  string `json:"digest,omitempty"` // what the registry had when the plan was made
	Old     string `json:"old,omitempty"`    // the image that ref, or the container, has now
}

type keepArgs struct {
	Service string `json:"service"`
	Image   string `json:"image"`
}

type retagArgs struct {
	Ref   string `json:"ref"`
	Image string `json:"image"`
}

type backArgs struct {
	File    string   `json:"file"`
	Members []member `json:"members"` // all of one service
	Ref     string   `json:"ref"`
	Image   string   `json:"image"`
}

type keptArgs struct {
	Refs []string `json:"refs"`
}

func (s *Stack) pull(ctx context.Context, p pullArgs) error {
	if p.Old != "" {
		if err := s.keep(ctx, p.Service, p.Old); err != nil {
			return err
		}
	}
	id, err := s.Host.Pull(ctx, p.Ref, func(done, total int64) {
		switch {
		case total > 0:
			ops.Progress(ctx, ops.T("%d %%: %s of %s", "%d %% : %s sur %s", min(100, done*100/total), ops.Size(done), ops.Size(total)))
		case done > 0:
			ops.Progress(ctx, ops.T("%s so far", "%s pour l’instant", ops.Size(done)))
		}
	})
	if err != nil {
		return err
	}
	if i, err := s.Host.Image(ctx, id); err == nil && p.Digest != "" && len(i.Digests) > 0 && !has(i, p.Digest) {
		return ops.Fail(ops.Failed, ops.T("the registry has changed %s again since the plan was shown", "le registre a encore changé %s depuis l’affichage du plan", ops.Name(p.Ref)), nil)
	}
	switch p.Old {
	case id:
		ops.Progress(ctx, ops.T("nothing new: %s", "rien de neuf : %s", ops.Name(short(id))))
	case "":
		ops.Progress(ctx, ops.T("image %s", "image %s", ops.Name(short(id))))
	default:
		ops.Progress(ctx, ops.T("image %s → %s", "image %s → %s", ops.Name(short(p.Old)), ops.Name(short(id))))
	}
	return nil
}

// has reports whether i came from a registry as digest.
func has(i Image, digest string) bool {
	return slices.ContainsFunc(i.Digests, func(d string) bool { return strings.HasSuffix(d, "@"+digest) })
}

// Images kept for going back are named vigie-rollback/SERVICE:WHEN-ID, so that nothing that removes unnamed
// images takes them, and so that anybody can see what they are and how old.
const (
	rollback       = "vigie-rollback/"
	rollbackLayout = "20060102T150405"
	rollbackFor    = 24 * time.Hour
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// keep names image so that it stays, for as long as going back to it is offered.
func (s *Stack) keep(ctx context.Context, service, image string) error {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(service), "-"), "-")
	return s.Host.Tag(ctx, image, fmt.Sprintf("%s%s:%s-%s", rollback, name, time.Now().UTC().Format(rollbackLayout), short(image)))
}

// keptUntil is until when a reference that keep made is needed; ok is false for any other.
func keptUntil(ref string) (until time.Time, ok bool) {
	at := strings.Index(ref, rollback)
	if at < 0 || at > 0 && ref[at-1] != '/' {
		return time.Time{}, false
	}
	_, tag, _ := strings.Cut(ref[at:], ":")
	stamp, _, _ := strings.Cut(tag, "-")
	t, err := time.Parse(rollbackLayout, stamp)
	return t.Add(rollbackFor), err == nil
}

// back makes the service run image again. There is nothing to do where it still does.
func (s *Stack) back(ctx context.Context, b backArgs) error {
	if err := s.Host.Tag(ctx, b.Image, b.Ref); err != nil {
		return err
	}
	if err := s.tidy(ctx, b.Members); err != nil {
		return err
	}
	there := true
	for _, m := range b.Members {
		d, err := s.Host.Inspect(ctx, m.Container)
		if err != nil && ops.KindOf(err) != ops.NotFound {
			return err
		}
		there = there && err == nil && d.ImageID == b.Image && d.State == "running"
	}
	if there {
		ops.Progress(ctx, ops.T("it runs that image", "il tourne sur cette image"))
		return nil
	}
	return s.Compose.Up(ctx, b.File, names(unique(b.Members)), true, composeWords(ctx))
}

// proveKept looks whether every reference still names an image here.
func (s *Stack) proveKept(ctx context.Context, refs []string) error {
	var lost []string
	for _, ref := range refs {
		switch _, err := s.Host.Image(ctx, ref); {
		case ops.KindOf(err) == ops.NotFound:
			lost = append(lost, ref)
		case err != nil:
			return err
		}
	}
	if len(lost) > 0 {
		return ops.Fail(ops.Failed, ops.T("no longer here: %s. /pull gets them again.", "plus là : %s. /pull les reprend.", list(4, lost...)), nil)
	}
	ops.Progress(ctx, ops.T("%d of %d here", "%d sur %d sont là", len(refs), len(refs)))
	return nil
}
