package comfyui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vigie/ops"
)

// A shelf is the folder with the checkpoints, here or on another machine. Names are of files in it.
type shelf interface {
	// room is how many bytes are free.
	room(ctx context.Context) (int64, error)
	// find tells of a file; there is false if there is none. What is no file is an error.
	find(ctx context.Context, name string) (size int64, there bool, err error)
	// ask gets the first byte of what is at an address, from where the folder is, and follows no redirect.
	ask(ctx context.Context, address string) (answer, error)
	// fetch appends to a file what is at an address, from byte from on. At most one does so at a time. It ends with ctx, and when it
	// has returned nothing is written any more, unless the machine was lost sight of. Its errors are those below.
	fetch(ctx context.Context, address string, f fetching) error
	// sum is a file's SHA-256 in hex.
	sum(ctx context.Context, name string) (string, error)
	// place gives a file another name, and fails if there is something of that name.
	place(ctx context.Context, from, to string) error
	// drop takes a file away once nobody writes it any more; one that is not there is no error.
	drop(ctx context.Context, name string) error
}

// A fetching is what is to be appended to what.
type fetching struct {
	file       string
	from, size int64 // bytes: there are so many already, of so many in all
	ranges     bool  // the server gives parts
}

// An answer is what a server says of what is at an address.
type answer struct {
	code     int
	location string // of a redirect
	total    int64  // bytes in all; -1 if it does not say
	ranges   bool   // it gives parts
}

// What can come of fetching.
var (
	errCut      = errors.New("the connection was cut")                // more can be had later
	errBusy     = errors.New("another one is writing the same file")  // later as well
	errNoRanges = errors.New("the server gives no parts")             // from the beginning, then
	errBeyond   = errors.New("the server has no more than is there")  // 416
	errFull     = errors.New("the disk is full")                      //
	errForeign  = errors.New("something else came than was promised") // what was written is not to be gone on with
)

// A refusedHTTP is a status that says no.
type refusedHTTP int

func (r refusedHTTP) Error() string { return "HTTP " + strconv.Itoa(int(r)) }

// passing reports whether asking again later may do.
func passing(code int) bool {
	return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500
}

// AllowedURL reports whether an address is https, without a user, and on one of hosts: "huggingface.co", "*.hf.co" for all below it,
// "mirror.lan:8443" for another port than 443.
func AllowedURL(address string, hosts []string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsAny(address, " \t\r\n\x00") {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if p := u.Port(); p != "" && p != "443" {
		host += ":" + p
	}
	for _, h := range hosts {
		if below, ok := strings.CutPrefix(h, "*"); ok && strings.HasSuffix(host, below) && len(host) > len(below) || host == h {
			return true
		}
	}
	return false
}

// hostOf is the host of an address, for sentences: what comes after it may be a key.
func hostOf(address string) ops.Name {
	if u, err := url.Parse(address); err == nil {
		return ops.Name(clip(u.Host, 80))
	}
	return "?"
}

// resolve follows redirects to where the file is, one allowed host after the other.
func (s *System) resolve(ctx context.Context, c Checkpoint) (address string, a answer, err error) {
	address = c.URL
	for range mostRedirect + 1 {
		if !AllowedURL(address, s.keeping.Hosts) {
			return "", a, ops.Fail(ops.Denied, ops.T("%s sends me on to %s, which is not among the hosts that I may download from", "%s me renvoie vers %s, qui n’est pas parmi les hôtes d’où je peux télécharger", hostOf(c.URL), hostOf(address)), nil)
		}
		if a, err = s.shelf.ask(ctx, address); err != nil {
			return "", a, err
		}
		switch {
		case a.code == http.StatusOK || a.code == http.StatusPartialContent:
			return address, a, nil
		case a.code >= 300 && a.code < 400 && a.location != "":
			here, err := url.Parse(address)
			if err != nil {
				return "", a, fmt.Errorf("reading an address: %w", err)
			}
			next, err := here.Parse(a.location)
			if err != nil {
				return "", a, ops.Fail(ops.Failed, ops.T("%s sends me on to an address that is none", "%s me renvoie vers une adresse qui n’en est pas une", hostOf(address)), nil)
			}
			next.Fragment = ""
			address = next.String()
		default:
			return "", a, refusedHTTP(a.code)
		}
	}
	return "", a, ops.Fail(ops.Failed, ops.T("%s sends me on and on", "%s me renvoie sans fin", hostOf(c.URL)), nil)
}

// answered reads an answer's head.
func answered(code int, h http.Header) answer {
	a := answer{code: code, location: h.Get("Location"), total: -1, ranges: code == http.StatusPartialContent}
	if code == http.StatusOK {
		if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
			a.total = n
		}
	}
	if _, all, ok := strings.Cut(h.Get("Content-Range"), "/"); ok && code == http.StatusPartialContent {
		if n, err := strconv.ParseInt(all, 10, 64); err == nil {
			a.total = n
		}
	}
	return a
}
