package comfyui

import (
	"context"
	"errors"
	"time"

	"vigie/ops"
)

const (
	mostTries  = 8         // on end, without a worthwhile piece
	worthwhile = 1_000_000 // bytes: after so many it is gone on with at once
	firstPause = 2 * time.Second
	mostPause  = time.Minute
	mostAnews  = 3 //  downloads from the beginning, where the server gives no parts
)

// A fetcher brings one checkpoint, whole, to the file that is not one yet. What is there of it already is gone on with.
type fetcher struct {
	s       *System
	c       Checkpoint
	tries   int // without a worthwhile piece
	anew    int
	meter   meter
	lastErr error
}

// download brings c to its file beside; that it is the right content is another step.
func (s *System) download(ctx context.Context, c Checkpoint) error {
	f := &fetcher{s: s, c: c, meter: meter{of: c.Size}}
	for {
		done, err := f.leg(ctx)
		switch {
		case ctx.Err() != nil:
			ops.Progress(ctx, f.meter.far())
			return context.Cause(ctx)
		case err != nil || done:
			return err
		}
		if err := f.wait(ctx); err != nil {
			return err
		}
	}
}

// leg brings what one connection gives. A nil error and not done: there is more to be had.
func (f *fetcher) leg(ctx context.Context) (done bool, err error) {
	shelf, c := f.s.shelf, f.c
	have, _, err := shelf.find(ctx, c.part())
	switch {
	case err != nil:
		return false, f.later(err)
	case have == c.Size:
		return true, nil
	case have == 0 && f.arrived(ctx): // another download of it was faster; the checksum is compared all the same
		return true, nil
	case have > c.Size: // of another time
		return false, f.again(ctx, errForeign)
	}
	address, a, err := f.s.resolve(ctx, c)
	switch {
	case err != nil:
		return false, f.later(err)
	case a.total >= 0 && a.total != c.Size:
		return false, otherSize(c, a.total)
	case have > 0 && !a.ranges:
		return false, f.again(ctx, errNoRanges)
	}
	if err := f.s.enough(ctx, c, have); err != nil {
		return false, f.later(err)
	}
	err = f.watched(ctx, address, fetching{c.part(), have, c.Size, a.ranges})
	if errors.Is(err, errBeyond) || errors.Is(err, errNoRanges) || errors.Is(err, errForeign) {
		return false, f.again(ctx, err)
	}
	now, _, ferr := shelf.find(ctx, c.part())
	err = f.later(err)
	if ferr == nil && (now-have >= worthwhile || now == c.Size) {
		f.tries = 0
	}
	return false, err
}

// arrived reports whether there is a file of the right name and size already.
func (f *fetcher) arrived(ctx context.Context) bool {
	size, there, err := f.s.shelf.find(ctx, f.c.Name)
	return err == nil && there && size == f.c.Size
}

// watched fetches, and tells how it goes. A file that grows beyond what it may be is ended.
func (f *fetcher) watched(ctx context.Context, address string, what fetching) error {
	bound, end := context.WithCancelCause(ctx)
	defer end(nil)
	over := make(chan error, 1)
	go func() { over <- f.s.shelf.fetch(bound, address, what) }() // waited for below
	f.meter.note(what.from)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-over:
			if cause := context.Cause(bound); err != nil && errors.Is(cause, errForeign) {
				return errForeign
			}
			return err
		case <-tick.C:
		}
		if now, there, err := f.s.shelf.find(bound, what.file); err == nil && there {
			f.meter.note(now)
			ops.Progress(ctx, f.meter.says())
			if now > what.size {
				end(errForeign)
			}
		}
	}
}

// later notes what kept a leg from going on, and says if it is for good.
func (f *fetcher) later(err error) error {
	var status refusedHTTP
	kind := ops.KindOf(err)
	switch {
	case err == nil:
		return nil // it ended well, or was cut without a word: the next look tells
	case errors.Is(err, errCut), errors.Is(err, errBusy), kind == ops.Unavailable, kind == ops.Unknown:
	case errors.As(err, &status) && passing(int(status)):
	case errors.As(err, &status):
		return f.refused(int(status))
	case errors.Is(err, errFull):
		return noRoom(f.s.keeping)
	default:
		return err
	}
	f.tries, f.lastErr = f.tries+1, err
	if f.tries < mostTries {
		return nil
	}
	if errors.Is(err, errBusy) {
		return ops.Fail(ops.Failed, ops.T("another download of %s is under way %s", "un autre téléchargement de %s est en cours %s", ops.Name(f.c.Name), f.s.keeping.there()), nil)
	}
	return ops.Fail(ops.Unknown, ops.T("%s: %s came. What is there stays; going on takes it up from there.", "%s : %s reçus. Ce qui est là reste ; reprendre repart de là.", f.why(), f.meter.far()), err)
}

// why is the last thing that went wrong, in words.
func (f *fetcher) why() ops.Text {
	var status refusedHTTP
	var told *ops.Error
	switch {
	case errors.As(f.lastErr, &status):
		return ops.T("%s answers %d again and again", "%s répond %d encore et encore", hostOf(f.c.URL), int(status))
	case errors.As(f.lastErr, &told):
		return told.Say
	}
	return ops.T("the connection to %s breaks again and again", "la connexion à %s se coupe encore et encore", hostOf(f.c.URL))
}

// again throws away what is there, which cannot be gone on with.
func (f *fetcher) again(ctx context.Context, why error) error {
	if f.anew++; f.anew > mostAnews {
		if errors.Is(why, errNoRanges) {
			return ops.Fail(ops.Failed, ops.T("%s gives no parts, and its connection broke %d times: it would begin anew for ever", "%s ne donne pas de morceaux, et sa connexion s’est coupée %d fois : ça recommencerait sans fin", hostOf(f.c.URL), mostAnews), nil)
		}
		return ops.Fail(ops.Failed, ops.T("%s sends something else than the %s that were promised", "%s envoie autre chose que les %s promis", hostOf(f.c.URL), ops.Size(f.c.Size)), nil)
	}
	if err := f.s.shelf.drop(ctx, f.c.part()); err != nil {
		return f.later(err)
	}
	f.meter.note(0)
	ops.Progress(ctx, ops.T("from the beginning: what was there cannot be gone on with", "depuis le début : ce qui était là ne peut pas être continué"))
	return nil
}

// wait lets some time pass, longer each time that little or nothing came.
func (f *fetcher) wait(ctx context.Context) error {
	if f.tries == 0 {
		return nil
	}
	ops.Progress(ctx, ops.T("%s · cut off, I go on in a moment", "%s · coupé, je reprends dans un instant", f.meter.far()))
	return pause(ctx, min(firstPause<<(f.tries-1), mostPause))
}

func (f *fetcher) refused(code int) error {
	host := hostOf(f.c.URL)
	switch code {
	case 401, 403:
		return ops.Fail(ops.Failed, ops.T("%s does not give it to me (%d): it wants an account, or its licence accepted. Fetch it by hand.", "%s ne me le donne pas (%d) : il faut un compte, ou en accepter la licence. Va le chercher à la main.", host, code), nil)
	case 404, 410:
		return ops.Fail(ops.NotFound, ops.T("%s no longer has it (%d): its address in the configuration is out of date", "%s ne l’a plus (%d) : son adresse dans la configuration est périmée", host, code), nil)
	}
	return ops.Fail(ops.Failed, ops.T("%s refuses (%d)", "%s refuse (%d)", host, code), nil)
}

func otherSize(c Checkpoint, total int64) error {
	return ops.Fail(ops.Failed, ops.T("%s says that it has %s, not the %s of the configuration: it is another file", "%s dit en avoir %s, et non %s comme la configuration : c’est un autre fichier", hostOf(c.URL), ops.Size(total), ops.Size(c.Size)), nil)
}

func noRoom(k Keeping) error {
	return ops.Fail(ops.Failed, ops.T("the disk %s is full: make room first", "le disque %s est plein : fais d’abord de la place", k.there()), nil)
}

// enough fails unless there is room for what is missing of c.
func (s *System) enough(ctx context.Context, c Checkpoint, have int64) error {
	free, err := s.shelf.room(ctx)
	if err != nil {
		return err
	}
	if missing := c.Size - have + s.keeping.KeepFree; free < missing {
		return ops.Fail(ops.Failed, ops.T("no room %s: %s are free, it takes %s, and %s must stay free. /checkpoint_remove makes room.", "pas de place %s : %s sont libres, il en faut %s, et %s doivent le rester. /checkpoint_remove fait de la place.",
			s.keeping.there(), ops.Size(free), ops.Size(c.Size-have), ops.Size(s.keeping.KeepFree)), nil)
	}
	return nil
}
