package comfyui

import (
	"context"
	"errors"
	"slices"
	"time"

	"vigie/ops"
)

// listedPatience is how long ComfyUI may take to see a file: it looks at its folder anew when that has changed.
const listedPatience = 30 * time.Second

func short(sum string) ops.Name { return ops.Name(clip(sum, 13)) }

var (
	get = ops.Declare(&shop, "comfyui.get", func(c Checkpoint) ops.Text {
		return ops.T("download %s, %s from %s, to a file beside", "télécharger %s, %s de %s, dans un fichier à côté", ops.Name(c.Name), ops.Size(c.Size), hostOf(c.URL))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		if size, there, err := s.shelf.find(ctx, c.Name); err != nil {
			return err
		} else if there && size != c.Size {
			return occupied(c.Name)
		}
		if err := s.download(ctx, c); err != nil {
			return err
		}
		ops.Progress(ctx, ops.T("all %s", "les %s", ops.Size(c.Size)))
		return nil
	})

	forget = ops.Declare(&shop, "comfyui.forget", func(c Checkpoint) ops.Text {
		return ops.T("leave nothing unfinished of %s", "ne rien laisser d’inachevé de %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.dropped(ctx, c.part()) })

	summed = ops.Declare(&shop, "comfyui.summed", func(c Checkpoint) ops.Text {
		return ops.T("its SHA-256 is %s", "son SHA-256 est %s", short(c.SHA256))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.prove(ctx, c) })

	putDown = ops.Declare(&shop, "comfyui.put", func(c Checkpoint) ops.Text {
		return ops.T("put it into place as %s", "le mettre en place sous le nom %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.put(ctx, c) })

	takeAway = ops.Declare(&shop, "comfyui.take_away", func(c Checkpoint) ops.Text {
		return ops.T("take %s away again, if it is that file", "retirer %s, si c’est bien ce fichier", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		same, err := s.same(ctx, c)
		if err != nil || !same {
			return err
		}
		return s.dropped(ctx, c.Name)
	}, ops.Stops(func(c Checkpoint) []string { return []string{"checkpoint:" + c.Name} }))

	listed = ops.Declare(&shop, "comfyui.listed", func(c Checkpoint) ops.Text {
		return ops.T("ComfyUI lists %s", "ComfyUI liste %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.awaitListed(ctx, c.Name, true) })
)

// dropped takes a file away. One that another download still writes is not left without a word.
func (s *System) dropped(ctx context.Context, name string) error {
	err := s.shelf.drop(ctx, name)
	if errors.Is(err, errBusy) {
		return ops.Fail(ops.Failed, ops.T("%s is still being written; that ends within %s. Then remove it %s.", "%s est encore en cours d’écriture ; ça finit d’ici %s. Enlève-le ensuite, %s.", ops.Name(name), ops.Span(legTime), s.keeping.there()), nil)
	}
	return err
}

// prove reads the file, where it is by now, and compares.
func (s *System) prove(ctx context.Context, c Checkpoint) error {
	for _, name := range []string{c.part(), c.Name} {
		size, there, err := s.shelf.find(ctx, name)
		switch {
		case err != nil:
			return err
		case !there:
			continue
		case size != c.Size:
			return ops.Fail(ops.Failed, ops.T("%s of %s are there: it is not whole", "%s sur %s sont là : il n’est pas entier", ops.Size(size), ops.Size(c.Size)), nil)
		}
		ops.Progress(ctx, ops.T("reading %s", "lecture de %s", ops.Size(c.Size)))
		sum, err := s.shelf.sum(ctx, name)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return ops.Fail(ops.Unavailable, ops.T("reading it takes longer than this look", "le lire prend plus longtemps que ce coup d’œil"), nil)
		case err != nil:
			return err
		case sum != c.SHA256:
			return ops.Fail(ops.Failed, ops.T("its SHA-256 is %s, not %s: it is not the file that the configuration means. Has its page changed?", "son SHA-256 est %s, et non %s : ce n’est pas le fichier que la configuration désigne. Sa page a-t-elle changé ?", short(sum), short(c.SHA256)), nil)
		}
		ops.Progress(ctx, ops.T("as the configuration says", "comme le dit la configuration"))
		return nil
	}
	return ops.Fail(ops.Failed, ops.T("there is no such file", "il n’y a pas ce fichier"), nil)
}

// same reports whether c's file is there and is c.
func (s *System) same(ctx context.Context, c Checkpoint) (bool, error) {
	size, there, err := s.shelf.find(ctx, c.Name)
	if err != nil || !there || size != c.Size {
		return false, err
	}
	sum, err := s.shelf.sum(ctx, c.Name)
	return sum == c.SHA256, err
}

// put gives the file its name. One that is there already and is the same is as good; nothing is written over.
func (s *System) put(ctx context.Context, c Checkpoint) error {
	err := s.shelf.place(ctx, c.part(), c.Name)
	if err == nil {
		return nil
	}
	if same, serr := s.same(ctx, c); serr == nil && same {
		return s.dropped(ctx, c.part())
	}
	return err
}

// awaitListed waits until ComfyUI lists a checkpoint, or no longer does.
func (s *System) awaitListed(ctx context.Context, name string, want bool) error {
	for began := time.Now(); ; {
		list, err := s.models(ctx, "checkpoints")
		if err != nil {
			return err
		}
		has := slices.Contains(list, name)
		switch {
		case has == want:
			ops.Progress(ctx, ops.T("ComfyUI lists %s", "ComfyUI en liste %s", checkpointsOf(len(list))))
			return nil
		case time.Since(began) > listedPatience && want:
			return ops.Fail(ops.Failed, ops.T("ComfyUI does not list it: is %s its folder of checkpoints?", "ComfyUI ne le liste pas : %s est-il bien son dossier de checkpoints ?", ops.Name(s.keeping.Dir)), nil)
		case time.Since(began) > listedPatience:
			return ops.Fail(ops.Failed, ops.T("ComfyUI still lists it: there is another one of that name in its folders", "ComfyUI le liste encore : il y en a un autre de ce nom dans ses dossiers"), nil)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

func checkpointsOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "checkpoint", EnMany: "checkpoints", FrOne: "checkpoint", FrMany: "checkpoints"}
}
