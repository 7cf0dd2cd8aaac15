package botapi

import (
	"context"
	"encoding/json"
	"strings"
)

// An inputMedia is what a message shall show instead. This server knows photos and documents.
type inputMedia struct {
	Type            string          `json:"type"`
	Media           string          `json:"media"` // attach://<field>, or a file_id
	Caption         string          `json:"caption"`
	ParseMode       string          `json:"parse_mode"`
	CaptionEntities json.RawMessage `json:"caption_entities"`
}

// editMessageMedia gives a message another photo or document, and a text one its first: its words are a caption from then on. A
// photo never becomes text again. What it refuses, and in which order, is the Bot API server's.
func (s *Server) editMessageMedia(_ context.Context, b *bot, p params) (any, *apiError) {
	if p.str("media") == "" {
		return nil, badRequest(`parameter "media" is required`)
	}
	if !json.Valid([]byte(p.str("media"))) {
		return nil, badRequest("can't parse input media JSON object")
	}
	var in inputMedia
	if err := json.Unmarshal([]byte(p.str("media")), &in); err != nil {
		return nil, badRequest("can't parse InputMedia: expected an Object")
	}
	words := params{values: map[string]string{"caption": in.Caption, "parse_mode": in.ParseMode, "caption_entities": string(in.CaptionEntities)}}
	text, entities, refused := formatted(words, "caption", "caption_entities")
	if refused != nil {
		return nil, badRequest("can't parse InputMedia: %s", strings.TrimPrefix(refused.Description, "Bad Request: "))
	}
	if utf16Len(text) > maxCaption {
		return nil, badRequest("message caption is too long")
	}
	change, refused := s.newMedia(in, p)
	if refused != nil {
		return nil, refused
	}
	return s.edit(b, p, func(m *Message) *apiError {
		if m.Text != "" && s.old || m.Text == "" && m.Photo == nil && m.Document == nil {
			return badRequest("there is no media in the message to edit")
		}
		m.Text, m.Entities, m.LinkPreviewOptions, m.Photo, m.Document = "", nil, nil, nil, nil
		m.Caption, m.CaptionEntities = text, s.knownMentions(entities)
		change(m)
		return nil
	})
}

// newMedia checks the photo or document, and gives what puts it into a message.
func (s *Server) newMedia(in inputMedia, p params) (func(*Message), *apiError) {
	switch {
	case in.Type == "":
		return nil, badRequest(`can't parse InputMedia: can't find field "type"`)
	case in.Type != "photo" && in.Type != "document":
		return nil, badRequest("can't parse InputMedia: type \"%s\" is unsupported", in.Type)
	case in.Media == "":
		return nil, badRequest("can't parse InputMedia: media not found")
	}
	if name, ok := strings.CutPrefix(in.Media, "attach://"); ok {
		if _, there := p.files[name]; !there {
			return nil, badRequest("can't parse InputMedia: media not found")
		}
	}
	f, refused := s.attached(params{values: map[string]string{in.Type: in.Media}, files: p.files}.without(in.Type), in.Type)
	if refused != nil {
		return nil, refused
	}
	if in.Type == "document" {
		f = s.keep(f)
		return func(m *Message) { m.Document = f.document() }, nil
	}
	size, refused := measure(f.data)
	if refused != nil {
		return nil, refused
	}
	f = s.keep(f)
	size.FileID, size.FileUniqueID, size.FileSize = f.id, f.unique, len(f.data)
	return func(m *Message) { m.Photo = []PhotoSize{size} }, nil
}

// without leaves a file out unless the media names it: being uploaded under the right name is not enough.
func (p params) without(field string) params {
	if p.values[field] == "attach://"+field {
		return p
	}
	files := map[string]upload{}
	for name, f := range p.files {
		if name != field {
			files[name] = f
		}
	}
	p.files = files
	return p
}
