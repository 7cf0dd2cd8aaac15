package botapi

import "strings"

// startTag reads a start tag with its attributes.
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
