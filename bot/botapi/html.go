package botapi

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseHTML reads Telegram's HTML subset: the text without tags, and entities
// whose offsets are UTF-16 units. Errors are Telegram's.
func parseHTML(source string) (string, []Entity, *apiError) {
	if !utf8.ValidString(source) {
		return "", nil, badRequest("text must be encoded in UTF-8")
	}
	p := htmlParser{src: source}
	for p.pos < len(p.src) {
		var err *apiError
		switch c := p.src[p.pos]; {
		case c == '&':
			var r rune
			if r, err = p.reference(); err == nil {
				p.write(r)
			}
		case c == '<' && strings.HasPrefix(p.src[p.pos:], "</"):
			err = p.endTag()
		case c == '<':
			err = p.startTag()
		default:
			r, size := utf8.DecodeRuneInString(p.src[p.pos:])
			p.pos += size
			p.write(r)
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, cantParse("Can't find end tag corresponding to start tag %q", p.open[n-1].name)
	}
	return p.out.String(), p.entities, nil
}

func cantParse(format string, args ...any) *apiError {
	return badRequest("can't parse entities: "+format, args...)
}

// htmlTags gives the entity that each tag makes.
var htmlTags = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
	"tg-spoiler": "spoiler", "span": "spoiler", "code": "code", "pre": "pre",
	"a": "text_link", "blockquote": "blockquote",
}

type htmlParser struct {
	src      string
	pos      int
	out      strings.Builder
	units    int // UTF-16 length of out
	open     []openTag
	entities []Entity
}

type openTag struct {
	name     string
	argument string // href, language, or "expandable"
	begin    int    // UTF-16
	from     int    // bytes of out
}

func (p *htmlParser) write(r rune) {
	p.out.WriteRune(r)
	p.units++
	if r > 0xffff {
		p.units++
	}
}

// reference reads a character reference at '&'.
func (p *htmlParser) reference() (rune, *apiError) {
	begin := p.pos
	end := strings.IndexByte(p.src[begin:], ';')
	if end < 0 || end > 9 {
		return 0, cantParse("Unescaped \"&\" at byte offset %d", begin)
	}
	name := p.src[begin+1 : begin+end]
	p.pos = begin + end + 1
	switch name {
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "amp":
		return '&', nil
	case "quot":
		return '"', nil
	}
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
			base, digits = 16, hex
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err == nil && n > 0 && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) {
			return rune(n), nil
		}
	}
	return 0, cantParse("Unsupported character reference \"&%s;\" at byte offset %d", name, begin)
}

func (p *htmlParser) endTag() *apiError {
	begin := p.pos
	if len(p.open) == 0 {
		return cantParse("Unexpected end tag at byte offset %d", begin)
	}
	p.pos += len("</")
	name := strings.ToLower(p.until(">"))
	p.skipSpace()
	if p.peek() != '>' {
		return cantParse("Unclosed end tag at byte offset %d", begin)
	}
	p.pos++
	tag := p.open[len(p.open)-1]
	if name != tag.name {
		return cantParse("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", begin, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	if p.units > tag.begin {
		p.close(tag)
	}
	return nil
}

// close adds the entity of a tag that held something.
func (p *htmlParser) close(tag openTag) {
	e := Entity{Type: htmlTags[tag.name], Offset: tag.begin, Length: p.units - tag.begin}
	same := func() *Entity { // the entity just inside, when it covers the same text
		if n := len(p.entities); n > 0 && p.entities[n-1].Offset == e.Offset && p.entities[n-1].Length == e.Length {
			return &p.entities[n-1]
		}
		return &Entity{}
	}
	switch tag.name {
	case "pre":
		if inner := same(); inner.Type == "code" && inner.Language != "" {
			inner.Type = "pre"
			return
		}
	case "code":
		e.Language = tag.argument
		if inner := same(); inner.Type == "pre" && e.Language != "" {
			inner.Language = e.Language
			return
		}
	case "blockquote":
		if tag.argument != "" {
			e.Type = "expandable_blockquote"
		}
	case "a":
		if tag.argument == "" {
			tag.argument = p.out.String()[tag.from:]
		}
		if !linkTo(&e, tag.argument) {
			return
		}
	}
	p.entities = append(p.entities, e)
}
