package botapi

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxText     = 4096 // UTF-16 units after parsing
	maxCaption  = 1024 // UTF-16 units after parsing
	maxEntities = 100  // Telegram drops the rest in silence
)

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// linkTo makes e a link or a mention; false when Telegram would drop it.
func linkTo(e *Entity, target string) bool {
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil {
		return false
	}
	if u.Scheme == "tg" && u.Host == "user" {
		id, err := strconv.ParseInt(u.Query().Get("id"), 10, 64)
		if err != nil || id <= 0 {
			return false
		}
		e.Type, e.User = "text_mention", &User{ID: id}
		return true
	}
	switch u.Scheme {
	case "http", "https":
		e.URL = u.String()
		return u.Host != ""
	case "tg":
		e.URL = u.String()
		return true
	case "":
		if u, err = url.Parse("http://" + target); err != nil || !strings.Contains(u.Host, ".") {
			return false
		}
		e.URL = u.String()
		return true
	}
	return false
}

// splittable entities may overlap others, but are cut where a code or pre stands.
var splittable = map[string]bool{"bold": true, "italic": true, "underline": true, "strikethrough": true, "spoiler": true}

func isCode(e Entity) bool { return e.Type == "code" || e.Type == "pre" }

func isQuote(e Entity) bool { return e.Type == "blockquote" || e.Type == "expandable_blockquote" }

func (e Entity) end() int { return e.Offset + e.Length }

func (e Entity) overlaps(o Entity) bool { return e.Offset < o.end() && o.Offset < e.end() }

// settle applies Telegram's nesting rules, sorts, and keeps the first 100.
func settle(entities []Entity) []Entity {
	slices.SortStableFunc(entities, compare)
	entities = slices.Compact(entities)
	var solid, kept []Entity
	for _, e := range entities {
		inside := slices.ContainsFunc(entities, func(o Entity) bool {
			return o != e && isCode(o) && o.Offset <= e.Offset && e.end() <= o.end() && (!isCode(e) || o.Length > e.Length)
		})
		if isCode(e) && !inside && !slices.ContainsFunc(solid, e.overlaps) {
			e.Language = map[bool]string{true: e.Language}[e.Type == "pre"]
			solid = append(solid, e)
		}
	}
	for _, e := range entities {
		switch {
		case isCode(e):
		case splittable[e.Type]:
			kept = append(kept, cut(e, solid)...)
		case isQuote(e):
			nested := slices.ContainsFunc(entities, func(o Entity) bool {
				return o != e && isQuote(o) && o.Offset <= e.Offset && e.end() <= o.end()
			})
			if !nested && !slices.ContainsFunc(solid, func(c Entity) bool { return c.Offset <= e.Offset && e.end() <= c.end() && c.Length > e.Length }) {
				kept = append(kept, e)
			}
		case !slices.ContainsFunc(solid, e.overlaps):
			kept = append(kept, e)
		}
	}
	kept = append(kept, solid...)
	slices.SortStableFunc(kept, compare)
	kept = slices.Compact(kept)
	return kept[:min(len(kept), maxEntities)]
}

// compare puts the outer entity before the inner.
func compare(a, b Entity) int {
	return cmp.Or(a.Offset-b.Offset, b.Length-a.Length, strings.Compare(a.Type, b.Type))
}

// cut takes the solid stretches out of e.
func cut(e Entity, solid []Entity) []Entity {
	pieces := []Entity{e}
	for _, s := range solid {
		var next []Entity
		for _, p := range pieces {
			if !p.overlaps(s) {
				next = append(next, p)
				continue
			}
			if before := s.Offset - p.Offset; before > 0 {
				left := p
				left.Length = before
				next = append(next, left)
			}
			if after := p.end() - s.end(); after > 0 {
				right := p
				right.Offset, right.Length = s.end(), after
				next = append(next, right)
			}
		}
		pieces = next
	}
	return pieces
}

// trim drops what Telegram drops at both ends of a text, and moves entities along.
func trim(text string, entities []Entity) (string, []Entity) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < ' ':
			return ' '
		}
		return r
	}, text)
	front := len(text) - len(strings.TrimLeft(text, " \n"))
	for _, e := range entities { // space inside a leading entity is content
		front = min(front, e.Offset)
	}
	text = strings.TrimRight(text[front:], " \n")
	size := utf16Len(text)
	kept := entities[:0]
	for _, e := range entities {
		e.Offset -= front
		e.Length = min(e.Length, size-e.Offset)
		if e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return text, kept
}

var autoEntities = regexp.MustCompile(`https?://[^\s<>"]+|/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?|@[A-Za-z][A-Za-z0-9_]{2,31}|#[\pL\pN_]*[\pL_][\pL\pN_]*`)

// detect finds what Telegram makes tappable by itself: commands, mentions,
// hashtags and web addresses outside of code and links.
func detect(text string, entities []Entity) []Entity {
	units, last := 0, 0
	for _, at := range autoEntities.FindAllStringIndex(text, -1) {
		units += utf16Len(text[last:at[0]])
		last = at[0]
		found := text[at[0]:at[1]]
		e := Entity{Type: "url", Offset: units, Length: utf16Len(found)}
		switch found[0] {
		case '/':
			e.Type = "bot_command"
		case '@':
			e.Type = "mention"
		case '#':
			e.Type = "hashtag"
		default:
			found = strings.TrimRight(found, ".,;:!?)'")
			e.Length = utf16Len(found)
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[0]+len(found):])
		if e.Type != "url" && (isWord(before) || before == '/' || before == '<' || before == '>' || isWord(after)) {
			continue
		}
		if e.Type == "bot_command" && (after == '/' || after == '<' || after == '>') {
			continue
		}
		if !slices.ContainsFunc(entities, func(o Entity) bool { return !splittable[o.Type] && !isQuote(o) && o.overlaps(e) }) {
			entities = append(entities, e)
		}
	}
	return settle(entities)
}

func isWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
