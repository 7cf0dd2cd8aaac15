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

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == 0
}

// peek gives 0 past the end.
func (p *htmlParser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *htmlParser) skipSpace() {
	for p.pos < len(p.src) && isSpace(p.src[p.pos]) {
		p.pos++
	}
}

// until moves on to a space or one of stop, and gives what was passed.
func (p *htmlParser) until(stop string) string {
	begin := p.pos
	for p.pos < len(p.src) && !isSpace(p.src[p.pos]) && strings.IndexByte(stop, p.src[p.pos]) < 0 {
		p.pos++
	}
	return p.src[begin:p.pos]
}

func (p *htmlParser) startTag() *apiError {
	begin := p.pos
	p.pos++
	name := strings.ToLower(p.until(">"))
	if p.pos == len(p.src) {
		return cantParse("Unclosed start tag at byte offset %d", begin)
	}
	if htmlTags[name] == "" {
		return cantParse("Unsupported start tag %q at byte offset %d", name, begin)
	}
	tag := openTag{name: name, begin: p.units, from: p.out.Len()}
	for {
		p.skipSpace()
		if p.peek() == '>' {
			p.pos++
			break
		}
		if err := p.attribute(&tag, begin); err != nil {
			return err
		}
	}
	if name == "span" && tag.argument != "spoiler" {
		return cantParse("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin)
	}
	p.open = append(p.open, tag)
	return nil
}

func (p *htmlParser) attribute(tag *openTag, begin int) *apiError {
	unclosed := cantParse("Unclosed start tag %q at byte offset %d", tag.name, begin)
	if p.pos == len(p.src) {
		return unclosed
	}
	name := p.until("=>")
	if name == "" {
		return cantParse("Empty attribute name in the tag %q at byte offset %d", tag.name, begin)
	}
	p.skipSpace()
	value := ""
	if p.peek() == '=' {
		p.pos++
		p.skipSpace()
		var err *apiError
		if value, err = p.attributeValue(unclosed); err != nil {
			return err
		}
	}
	switch {
	case tag.name == "a" && name == "href":
		tag.argument = value
	case tag.name == "code" && name == "class" && strings.HasPrefix(value, "language-"):
		tag.argument = strings.TrimPrefix(value, "language-")
	case tag.name == "span" && name == "class" && strings.HasPrefix(value, "tg-"):
		tag.argument = strings.TrimPrefix(value, "tg-")
	case tag.name == "blockquote" && name == "expandable":
		tag.argument = name
	}
	return nil
}

func (p *htmlParser) attributeValue(unclosed *apiError) (string, *apiError) {
	quote := p.peek()
	if quote != '"' && quote != '\'' {
		begin := p.pos
		token := strings.ToLower(p.until(">"))
		for _, c := range token {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-') {
				return "", cantParse("Unexpected end of name token at byte offset %d", begin)
			}
		}
		return token, nil
	}
	p.pos++
	var value strings.Builder
	for p.pos < len(p.src) && p.src[p.pos] != quote {
		if p.src[p.pos] != '&' {
			value.WriteByte(p.src[p.pos])
			p.pos++
			continue
		}
		r, err := p.reference()
		if err != nil {
			return "", err
		}
		value.WriteRune(r)
	}
	if p.pos == len(p.src) {
		return "", unclosed
	}
	p.pos++
	return value.String(), nil
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
