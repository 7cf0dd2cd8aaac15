package qdrant

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A collection is one as the server tells of it.
type collection struct {
	Status string `json:"status"` // green, yellow, grey, red
	Points int64  `json:"points_count"`
	Config struct {
		Params struct {
			Vectors json.RawMessage `json:"vectors"`
			Sparse  json.RawMessage `json:"sparse_vectors"`
		} `json:"params"`
	} `json:"config"`
	Optimizer json.RawMessage `json:"optimizer_status"` // "ok", or {"error": "…"}
}

// shape says what vectors it holds, the same for the same.
func (c collection) shape() string {
	var v, sparse any
	if json.Unmarshal(c.Config.Params.Vectors, &v) != nil {
		return ""
	}
	_ = json.Unmarshal(c.Config.Params.Sparse, &sparse) // there may be none
	var names []string
	if m, ok := sparse.(map[string]any); ok {
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	return strings.Join(append(vectors("", v), names...), ", ")
}

// vectors are the sizes and distances, named where they have names: {"size": 4, "distance": "Cosine"} or {"text": {…}, "image": {…}}.
func vectors(name string, v any) (list []string) {
	m, _ := v.(map[string]any)
	if size, ok := m["size"]; ok {
		return []string{strings.TrimSpace(fmt.Sprintf("%s %v %v", name, size, m["distance"]))}
	}
	for name, one := range m {
		list = append(list, vectors(name, one)...)
	}
	slices.Sort(list)
	return list
}

// A snapshot is one that the server has.
type snapshot struct {
	Name string `json:"name"`
	Made string `json:"creation_time"` // without a zone; UTC
	Size int64  `json:"size"`
	Sum  string `json:"checksum"` // SHA-256, in hex; "" before 1.9
}

func (s snapshot) at() time.Time {
	at, err := time.Parse("2006-01-02T15:04:05", s.Made)
	if err != nil {
		return time.Time{}
	}
	return at
}

func at(collection string, more ...string) string {
	path := "/collections/" + url.PathEscape(collection)
	for _, m := range more {
		path += "/" + url.PathEscape(m)
	}
	return path
}

// Collections lists their names.
func (s *System) Collections(ctx context.Context) (names []string, err error) {
	var r struct {
		Collections []struct{ Name string } `json:"collections"`
	}
	if err := s.ask(ctx, http.MethodGet, "/collections", nil, &r, askTime); err != nil {
		return nil, err
	}
	for _, c := range r.Collections {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names, nil
}

func (s *System) collection(ctx context.Context, name string) (c collection, err error) {
	err = s.ask(ctx, http.MethodGet, at(name), nil, &c, askTime)
	return c, err
}

// has reports whether there is a collection of that name.
func (s *System) has(ctx context.Context, name string) (bool, error) {
	_, err := s.collection(ctx, name)
	if ops.KindOf(err) == ops.NotFound {
		return false, nil
	}
	return err == nil, err
}

// count counts the points, exactly: what the collection says of itself is an estimate.
func (s *System) count(ctx context.Context, name string) (int64, error) {
	var r struct{ Count int64 }
	err := s.ask(ctx, http.MethodPost, at(name, "points", "count"), map[string]bool{"exact": true}, &r, 5*time.Minute)
	if ops.KindOf(err) == ops.Unknown { // counting changes nothing
		err = ops.Fail(ops.Unavailable, ops.SayOf(err), err)
	}
	return r.Count, err
}

// snapshots lists those of a collection, newest first.
func (s *System) snapshots(ctx context.Context, name string) (list []snapshot, err error) {
	err = s.ask(ctx, http.MethodGet, at(name, "snapshots"), nil, &list, askTime)
	slices.SortFunc(list, func(a, b snapshot) int { return b.at().Compare(a.at()) })
	return list, err
}

// make has the server make a snapshot, and waits for it.
func (s *System) make(ctx context.Context, name string) (made snapshot, err error) {
	err = s.ask(ctx, http.MethodPost, at(name, "snapshots")+"?wait=true", nil, &made, longTime)
	return made, err
}

func (s *System) forget(ctx context.Context, name, snapshot string) error {
	return s.ask(ctx, http.MethodDelete, at(name, "snapshots", snapshot)+"?wait=true", nil, nil, askTime)
}

// open begins to read a snapshot; who gets it closes it.
func (s *System) open(ctx context.Context, name, snapshot string) (io.ReadCloser, error) {
	answer, err := s.send(ctx, http.MethodGet, at(name, "snapshots", snapshot), "application/octet-stream", nil)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		defer answer.Body.Close()
		return nil, s.result(answer, http.MethodGet, nil)
	}
	return answer.Body, nil
}

// load has the server recover a collection from a snapshot that is read from in: one that is not there is made. On a single node the
// snapshot counts, not what is there (priority=snapshot).
func (s *System) load(ctx context.Context, name string, in io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, longTime)
	defer cancel()
	read, write := io.Pipe()
	form := multipart.NewWriter(write)
	go func() { // ends when the request does, which closes read
		part, err := form.CreateFormFile("snapshot", "vigie.snapshot")
		if err == nil {
			_, err = io.Copy(part, in)
		}
		if err == nil {
			err = form.Close()
		}
		write.CloseWithError(err)
	}()
	defer read.Close()
	answer, err := s.send(ctx, http.MethodPost, at(name, "snapshots", "upload")+"?priority=snapshot&wait=true", form.FormDataContentType(), read)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var took bool
	if err := s.result(answer, http.MethodPost, &took); err != nil {
		return err
	}
	if !took {
		return ops.Fail(ops.Failed, ops.T("Qdrant did not take the snapshot", "Qdrant n’a pas pris l’instantané"), nil)
	}
	return nil
}

// drop removes a collection; one that is not there is fine.
func (s *System) drop(ctx context.Context, name string) error {
	err := s.ask(ctx, http.MethodDelete, at(name), nil, nil, 5*time.Minute)
	if ops.KindOf(err) == ops.NotFound {
		return nil
	}
	return err
}
