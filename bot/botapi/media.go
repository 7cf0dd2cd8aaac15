package botapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"image"
	_ "image/gif" // decoders for sendPhoto
	_ "image/jpeg"
	_ "image/png"
	"mime"
	"net/http"
	"path"
	"strings"
)

const (
	maxPhoto    = 10 << 20
	maxDownload = 20 << 20
	maxSides    = 10_000 // width and height together
	maxRatio    = 20
)

// fileStore keeps uploaded data in memory, up to max bytes.
type fileStore struct {
	max   int
	size  int
	byID  map[string]*file
	order []*file // oldest first
}

type file struct {
	id, unique string
	path       string // below /file/bot<token>/
	upload
}

// add keeps a file; s.mu of the server is held.
func (fs *fileStore) add(u upload) *file {
	if fs.byID == nil {
		fs.byID = map[string]*file{}
	}
	var random [24]byte
	rand.Read(random[:]) // never fails
	f := &file{upload: u}
	f.unique = "AgAD" + base64.RawURLEncoding.EncodeToString(random[:6])
	f.id = "BQACAgQAAxkBAAI" + base64.RawURLEncoding.EncodeToString(random[:])
	f.name = path.Base(strings.ReplaceAll(u.name, "\\", "/"))
	f.path = "documents/file_" + base64.RawURLEncoding.EncodeToString(random[6:12]) + path.Ext(f.name)
	if f.mime = mime.TypeByExtension(path.Ext(f.name)); f.mime == "" {
		f.mime = http.DetectContentType(u.data)
	}
	f.mime, _, _ = strings.Cut(f.mime, ";")
	fs.byID[f.id] = f
	fs.order = append(fs.order, f)
	for fs.size += len(f.data); fs.size > fs.max && len(fs.order) > 1; fs.order = fs.order[1:] {
		fs.size -= len(fs.order[0].data)
		delete(fs.byID, fs.order[0].id)
	}
	return f
}

func (f *file) document() *Document {
	return &Document{FileName: f.name, MimeType: f.mime, FileID: f.id, FileUniqueID: f.unique, FileSize: len(f.data)}
}

func caption(p params) (string, []Entity, *apiError) {
	text, entities, refused := formatted(p, "caption", "caption_entities")
	if refused == nil && utf16Len(text) > maxCaption {
		refused = badRequest("message caption is too long")
	}
	return text, entities, refused
}

// attached gives the file that a field uploads, attaches or names by its id.
func (s *Server) attached(p params, field string) (*file, *apiError) {
	u, uploaded := p.files[field]
	if name, ok := strings.CutPrefix(p.str(field), "attach://"); ok && !uploaded {
		if u, uploaded = p.files[name]; !uploaded {
			return nil, badRequest("there is no %s in the request", field)
		}
	}
	if uploaded {
		if len(u.data) == 0 {
			return nil, badRequest("file must be non-empty")
		}
		return &file{upload: u}, nil
	}
	id := p.str(field)
	if id == "" {
		return nil, badRequest("there is no %s in the request", field)
	}
	if strings.HasPrefix(id, "http://") || strings.HasPrefix(id, "https://") {
		return nil, badRequest("failed to get HTTP URL content")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.byID[id]
	if f == nil {
		return nil, badRequest("wrong remote file identifier specified: Wrong string length")
	}
	return f, nil
}

// keep stores an upload, once the call is known to succeed.
func (s *Server) keep(f *file) *file {
	if f.id != "" {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files.add(f.upload)
}

func (s *Server) sendDocument(_ context.Context, b *bot, p params) (any, *apiError) {
	f, refused := s.attached(p, "document")
	if refused != nil {
		return nil, refused
	}
	text, entities, refused := caption(p)
	if refused != nil {
		return nil, refused
	}
	return s.send(b, p, Message{Document: s.keep(f).document(), Caption: text, CaptionEntities: entities})
}

func (s *Server) sendPhoto(_ context.Context, b *bot, p params) (any, *apiError) {
	f, refused := s.attached(p, "photo")
	if refused != nil {
		return nil, refused
	}
	size, refused := measure(f.data)
	if refused != nil {
		return nil, refused
	}
	text, entities, refused := caption(p)
	if refused != nil {
		return nil, refused
	}
	f = s.keep(f)
	size.FileID, size.FileUniqueID, size.FileSize = f.id, f.unique, len(f.data)
	return s.send(b, p, Message{Photo: []PhotoSize{size}, Caption: text, CaptionEntities: entities})
}

// measure refuses what Telegram would not take as a photo.
func measure(data []byte) (PhotoSize, *apiError) {
	if len(data) > maxPhoto {
		return PhotoSize{}, badRequest("file is too big for a photo")
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return PhotoSize{}, badRequest("IMAGE_PROCESS_FAILED")
	}
	w, h := config.Width, config.Height
	if w+h > maxSides || w > maxRatio*h || h > maxRatio*w {
		return PhotoSize{}, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
		return PhotoSize{}, badRequest("IMAGE_PROCESS_FAILED")
	}
	return PhotoSize{Width: w, Height: h}, nil
}

func (s *Server) getFile(_ context.Context, _ *bot, p params) (any, *apiError) {
	if p.str("file_id") == "" {
		return nil, badRequest("file_id not specified")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files.byID[p.str("file_id")]
	if f == nil {
		return nil, badRequest("invalid file_id")
	}
	if len(f.data) > maxDownload {
		return nil, badRequest("file is too big")
	}
	return map[string]any{"file_id": f.id, "file_unique_id": f.unique, "file_size": len(f.data), "file_path": f.path}, nil
}

// serveFile answers /file/bot<token>/<path>.
func (s *Server) serveFile(w http.ResponseWriter, token, path string) {
	s.abortIfDown()
	s.mu.Lock()
	known := s.bots[token] != nil
	var found *file
	for _, f := range s.files.order {
		if f.path == path {
			found = f
		}
	}
	s.mu.Unlock()
	switch {
	case !known:
		answer(w, nil, errUnauthorized)
	case found == nil:
		answer(w, nil, errNotFound)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write(found.data) // an error is the client's going away
	}
}
