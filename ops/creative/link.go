package creative

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"vigie/ops"
)

const (
	mostFile  = 50 << 20 // bytes: what a bot may send
	fetchTime = 5 * time.Minute
	mostHops  = 3 // redirects, to where results may be fetched from
)

// place reads the address that the pipeline answers with, which others wrote: it must be on the webhook's own host or on one that
// the route allows.
func (s *System) place(r Route, address string) (*url.URL, error) {
	if address == "" {
		return nil, ops.Fail(ops.Failed, ops.T("n8n took it and does not say where the result will be", "n8n l’a pris sans dire où sera le résultat"), nil)
	}
	u, err := s.base.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, ops.Fail(ops.Failed, ops.T("n8n calls this the result, and it is no address: %s", "n8n appelle ceci le résultat, et ce n’est pas une adresse : %s", ops.Name(clip(ops.Clean(address), 120))), err)
	}
	if !s.allowed(r, u) {
		return nil, ops.Fail(ops.Failed, ops.T("n8n says that the result is on %s, from where I may not fetch: add it to from of that route, if it is right. The address: %s",
			"n8n dit que le résultat est sur %s, d’où je n’ai pas le droit de le prendre : ajoute-le à from de cette route, si c’est juste. L’adresse : %s", ops.Name(clip(u.Host, 80)), ops.Name(clip(ops.Clean(u.String()), 300))), nil)
	}
	return u, nil
}

func (s *System) allowed(r Route, u *url.URL) bool {
	if u.Scheme == s.base.Scheme && strings.EqualFold(u.Host, s.base.Host) {
		return true
	}
	for _, pattern := range r.From {
		if ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(u.Hostname())); err == nil && ok {
			return true
		}
	}
	return false
}

// open asks for the result. Redirects are followed to where results may be fetched from, and no secret is sent.
func (s *System) open(ctx context.Context, r Route, address string) (*http.Response, *url.URL, error) {
	u, err := s.place(r, address)
	if err != nil {
		return nil, nil, err
	}
	for range mostHops {
		ask, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
		if err != nil {
			return nil, nil, errors.New("the result's address cannot be used")
		}
		ask.Close = true
		got, err := s.client.Do(ask)
		if err != nil {
			return nil, nil, ops.Fail(ops.Unavailable, ops.T("%s does not answer, where the result should be", "%s ne répond pas, là où devrait être le résultat", ops.Name(clip(u.Host, 80))), nil)
		}
		to := got.Header.Get("Location")
		if got.StatusCode < 300 || got.StatusCode > 399 || to == "" {
			return got, u, nil
		}
		_ = got.Body.Close() // nothing of it is wanted
		next, err := u.Parse(to)
		if err != nil {
			return nil, nil, ops.Fail(ops.Failed, ops.T("the result's address leads nowhere", "l’adresse du résultat ne mène nulle part"), nil)
		}
		if u, err = s.place(r, next.String()); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, ops.Fail(ops.Failed, ops.T("the result's address leads from one to the next without end", "l’adresse du résultat mène sans fin d’une autre à une autre"), nil)
}

// address looks whether the result is where the pipeline says, and is a picture, a sound or a video.
func (s *System) address(ctx context.Context, r Route, address string) (over bool, says ops.Text, err error) {
	bound, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	got, _, err := s.open(bound, r, address)
	if err != nil {
		return ops.KindOf(err) != ops.Unavailable && ctx.Err() == nil, says, err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return false, ops.T("nothing is at its address yet (%d)", "rien à son adresse pour l’instant (%d)", got.StatusCode), nil
	}
	begin, err := io.ReadAll(io.LimitReader(got.Body, 512)) // what DetectContentType looks at
	if err != nil {
		return false, says, ops.Fail(ops.Unavailable, ops.T("the result broke off", "le résultat s’est interrompu"), nil)
	}
	kind, ok := mediaOf(begin)
	if !ok {
		return true, says, ops.Fail(ops.Failed, ops.T("what n8n calls the result is %s, neither picture, sound nor video: its address is wrong", "ce que n8n appelle le résultat est %s, ni image, ni son, ni vidéo : son adresse est fausse", ops.Name(kind)), nil)
	}
	if got.ContentLength > 0 {
		return true, ops.T("%s of %s", "%s de %s", ops.Name(kind), ops.Size(got.ContentLength)), nil
	}
	return true, ops.Raw(ops.Name(kind).String()), nil
}

// mediaOf tells by how it begins what a file is.
func mediaOf(begin []byte) (kind string, ok bool) {
	kind, _, _ = strings.Cut(http.DetectContentType(begin), ";")
	if len(begin) >= 12 && bytes.Equal(begin[4:8], []byte("ftyp")) { // more brands than it knows
		kind = "video/mp4"
	}
	sort, _, _ := strings.Cut(kind, "/")
	return kind, sort == "image" || sort == "video" || sort == "audio"
}

// download fetches the result, or says where it is, if it is too large to be sent.
func (s *System) download(ctx context.Context, r Route, address, name string) (files []ops.File, link string, err error) {
	bound, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	got, u, err := s.open(bound, r, address)
	if err != nil {
		return nil, "", err
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return nil, "", ops.Fail(ops.NotFound, ops.T("the result is not at its address (%d): not yet, or not any more", "le résultat n’est pas à son adresse (%d) : pas encore, ou plus", got.StatusCode), nil)
	}
	data, err := io.ReadAll(io.LimitReader(got.Body, mostFile+1))
	if err != nil {
		return nil, "", ops.Fail(ops.Unavailable, ops.T("the result broke off", "le résultat s’est interrompu"), nil)
	}
	if len(data) > mostFile {
		return nil, u.String(), nil
	}
	kind, ok := mediaOf(data[:min(len(data), 512)])
	if !ok {
		return nil, "", ops.Fail(ops.Failed, ops.T("what is at the result's address is %s, neither picture, sound nor video", "à l’adresse du résultat il y a %s, ni image, ni son, ni vidéo", ops.Name(kind)), nil)
	}
	_, ext, _ := strings.Cut(kind, "/")
	return []ops.File{{Name: name + "." + strings.TrimPrefix(ext, "x-"), Type: kind, Data: data}}, "", nil
}
