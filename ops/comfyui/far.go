package comfyui

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Machine is another one, on which argument lists can be run.
type Machine interface {
	// Run runs argv there and keeps at most limit bytes of each output. When ctx ends, the program is ended. A program that ends with
	// another code than 0 is no error. Errors: Unavailable if nothing was run, Unknown if nobody knows how it ended.
	Run(ctx context.Context, argv []string, limit int) (out, errs []byte, exit int, err error)
}

const (
	mostSaid = 128 << 10 // bytes of what a program says
	// refusedByGuard is vigie guard's exit code for what it does not allow; curl has another use for it, so its words count as well.
	refusedByGuard = 77
	notFound       = 127 // a shell's
)

// far is a folder of another machine.
type far struct {
	dir  string
	name string // of the machine
	on   Machine
}

// run runs what must end well.
func (f *far) run(ctx context.Context, argv []string) (string, error) {
	out, errs, exit, err := f.on.Run(ctx, argv, mostSaid)
	if err != nil {
		return "", err
	}
	if exit != 0 {
		return "", f.failed(argv[0], exit, string(errs))
	}
	return string(out), nil
}

func (f *far) failed(program string, exit int, said string) error {
	name := ops.Name(f.name)
	said = clip(strings.Join(strings.Fields(ops.Clean(said)), " "), 200)
	switch {
	case exit == refusedByGuard && strings.HasPrefix(said, "vigie guard:"):
		return ops.Fail(ops.Denied, ops.T("the guard of %s does not allow this: its own file lists folder, hosts and names under [checkpoints]", "le garde de %s ne permet pas cela : son propre fichier liste dossier, hôtes et noms sous [checkpoints]", name), nil)
	case exit == notFound || exit == 71 && strings.HasPrefix(said, "vigie guard:"):
		return ops.Fail(ops.Failed, ops.T("%s has no %s: install it there", "%s n’a pas %s : installe-le là-bas", name, ops.Name(program)), nil)
	case strings.Contains(said, "No such file or directory"):
		return ops.Fail(ops.NotFound, ops.T("there is no folder %s on %s", "il n’y a pas de dossier %s sur %s", ops.Name(f.dir), name), nil)
	case strings.Contains(said, "Permission denied"), strings.Contains(said, "Read-only file system"):
		return ops.Fail(ops.Failed, ops.T("I may not write to %s on %s: whose is it?", "je ne peux pas écrire dans %s sur %s : à qui est-il ?", ops.Name(f.dir), name), nil)
	}
	return ops.Fail(ops.Failed, ops.T("%s on %s ends with code %d: %s", "%s sur %s finit avec le code %d : %s", ops.Name(program), name, exit, ops.Name(said)), nil)
}

func (f *far) room(ctx context.Context) (int64, error) {
	out, err := f.run(ctx, roomArgv(f.dir))
	if err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	words := strings.Fields(lines[len(lines)-1])
	if len(words) >= 4 {
		if kib, err := strconv.ParseInt(words[len(words)-3], 10, 64); err == nil {
			return kib << 10, nil
		}
	}
	return 0, ops.Fail(ops.Failed, ops.T("what %s says of its disk cannot be read", "ce que %s dit de son disque est illisible", ops.Name(f.name)), nil)
}

func (f *far) find(ctx context.Context, name string) (int64, bool, error) {
	out, err := f.run(ctx, findArgv(f.dir, name))
	if err != nil {
		return 0, false, err
	}
	size, kind, ok := strings.Cut(strings.TrimSpace(out), " ")
	if size == "" {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if !ok || err != nil || kind != "f" {
		return 0, true, notAFile(name)
	}
	return n, true, nil
}

// What curl ends with: when asking again may do (names, connections, half answers, time), and when the server is not proved.
var (
	cutCodes   = []int{5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92}
	proofCodes = []int{51, 60, 83, 90, 91}

	statusLine = regexp.MustCompile(`^HTTP/[0-9.]+ ([0-9]{3})`)
)

func (f *far) ask(ctx context.Context, address string) (answer, error) {
	out, errs, exit, err := f.on.Run(ctx, askArgv(address), mostSaid)
	if err != nil {
		return answer{}, err
	}
	if a, ok := readHead(out); ok { // it may have stopped for good reasons: only the head was wanted
		return a, nil
	}
	return answer{}, f.curled(address, exit, string(errs))
}

// readHead reads what curl -D - says: heads, of which the last counts.
func readHead(raw []byte) (a answer, ok bool) {
	for block := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n") {
		block = strings.TrimLeft(block, "\n")
		m := statusLine.FindStringSubmatch(block)
		if m == nil {
			continue
		}
		_, rest, _ := strings.Cut(block, "\n")
		h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader([]byte(rest + "\n\n")))).ReadMIMEHeader()
		code, _ := strconv.Atoi(m[1]) // three digits
		if err == nil {
			a, ok = answered(code, http.Header(h)), true
		}
	}
	return a, ok
}

// curled says what a curl that failed means.
func (f *far) curled(address string, exit int, said string) error {
	switch {
	case slices.Contains(cutCodes, exit), exit > 128: // above 128 it was ended
		return errCut
	case slices.Contains(proofCodes, exit):
		return unproved(address)
	}
	return f.failed("curl", exit, said)
}

func (f *far) fetch(ctx context.Context, address string, what fetching) error {
	out, errs, exit, err := f.on.Run(ctx, fetchArgv(f.dir, address, what), mostSaid)
	if err != nil {
		if ctx.Err() != nil {
			f.end(ctx, what.file)
			return context.Cause(ctx)
		}
		return err
	}
	code, _ := strconv.Atoi(strings.TrimSpace(string(out))) // 0 where nobody answered
	switch {
	case exit == busyCode:
		return errBusy
	case code == http.StatusRequestedRangeNotSatisfiable:
		return errBeyond
	case exit == 33:
		return errNoRanges
	case exit == 63:
		return errForeign
	case exit == 23:
		return errFull
	case exit == 22 || code >= 400:
		return refusedHTTP(code)
	case exit != 0:
		return f.curled(address, exit, string(errs))
	case code != http.StatusOK && code != http.StatusPartialContent:
		return errForeign // a page came, and was written
	}
	return nil
}

// end ends a download that goes on there although we have hung up. Without pkill it ends by itself, within [legTime].
func (f *far) end(ctx context.Context, file string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	_, _, _, _ = f.on.Run(ctx, endArgv(f.dir, file), mostSaid) // what still writes is found when the file is to be taken away
}

func (f *far) sum(ctx context.Context, name string) (string, error) {
	out, err := f.run(ctx, sumArgv(f.dir, name))
	if err != nil {
		return "", err
	}
	sum, _, _ := strings.Cut(strings.TrimPrefix(out, `\`), " ") // a backslash comes before names with one
	if !sumForm.MatchString(sum) {
		return "", ops.Fail(ops.Failed, ops.T("what %s says of the file's SHA-256 cannot be read", "ce que %s dit du SHA-256 du fichier est illisible", ops.Name(f.name)), nil)
	}
	return sum, nil
}

func (f *far) place(ctx context.Context, from, to string) error {
	_, err := f.run(ctx, placeArgv(f.dir, from, to))
	left, there, ferr := f.find(ctx, from)
	switch {
	case ferr != nil:
		return fmt.Errorf("looking whether it was moved: %w", ferr)
	case there && left >= 0: // mv -n says nothing of what it does not do, or fails, by its version
		if _, taken, _ := f.find(ctx, to); taken {
			return occupied(to)
		}
		if err == nil {
			err = ops.Fail(ops.Failed, ops.T("%s was not moved", "%s n’a pas été déplacé", ops.Name(from)), nil)
		}
	}
	return err
}

func (f *far) drop(ctx context.Context, name string) error {
	_, there, err := f.find(ctx, name)
	if err != nil || !there {
		return err
	}
	_, errs, exit, err := f.on.Run(ctx, dropArgv(f.dir, name), mostSaid)
	switch {
	case err != nil:
		return err
	case exit == busyCode:
		return errBusy
	case exit != 0:
		return f.failed("rm", exit, string(errs))
	}
	return nil
}
