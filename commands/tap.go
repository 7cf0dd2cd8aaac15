package commands

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vigie/ops"
)

// MaxTap is how many bytes a button may carry: Telegram's limit.
const MaxTap = 64

// LiveTap begins the data of a button that stops a live answer.
const LiveTap = "l:"

// asking begins the data of a button that asks for an op; what begins otherwise is for the conversation.
const asking = "a:"

// EncodeTap gives what a button carries: its Data, or its Ask as «a:docker.logs?lines=200&service=n8n».
// ok says that it fits into [MaxTap]; a transport with that limit keeps what does not fit, and carries its
// key instead. One ask has exactly one encoding.
func EncodeTap(b ops.Button) (data string, ok bool) {
	if b.Ask == nil {
		return b.Data, b.Data != "" && len(b.Data) <= MaxTap
	}
	var s strings.Builder
	s.WriteString(asking)
	escape(&s, b.Ask.Op)
	for i, name := range slices.Sorted(maps.Keys(b.Ask.Args)) {
		s.WriteByte("?&"[min(i, 1)])
		escape(&s, name)
		s.WriteByte('=')
		escape(&s, b.Ask.Args[name])
	}
	return s.String(), b.Ask.Op != "" && s.Len() <= MaxTap
}

// DecodeTap reads what a tapped button carried: an ask, or else rest, which is for the conversation. The
// data comes from outside, where anybody can write anything into it: only what [EncodeTap] makes is read.
func DecodeTap(data string) (ask *ops.Ask, rest string, err error) {
	body, isAsk := strings.CutPrefix(data, asking)
	if !isAsk {
		if data == "" || !utf8.ValidString(data) {
			return nil, "", errors.New("reading a tap: it carries nothing readable")
		}
		return nil, data, nil
	}
	name, list, hasArgs := strings.Cut(body, "?")
	ask = &ops.Ask{Op: unescape(name)}
	if hasArgs {
		ask.Args = ops.Args{}
		for pair := range strings.SplitSeq(list, "&") {
			name, value, _ := strings.Cut(pair, "=")
			ask.Args[unescape(name)] = unescape(value)
		}
	}
	if again, _ := EncodeTap(ops.Button{Ask: ask}); ask.Op == "" || again != data {
		return nil, "", fmt.Errorf("reading a tap: %q is no ask of ours", data)
	}
	return ask, "", nil
}

// escape writes text with a %XX for each byte that has a meaning here, that does not show, or that is no UTF-8.
func escape(to *strings.Builder, text string) {
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r < ' ' || r == 0x7f || strings.ContainsRune("%?&=", r) || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(to, "%%%02X", text[0])
		} else {
			to.WriteString(text[:size])
		}
		text = text[size:]
	}
}

// unescape leaves what it cannot read as it is: it then encodes to something else, and is refused.
func unescape(text string) string {
	var s strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				s.WriteByte(byte(b))
				i += 2
				continue
			}
		}
		s.WriteByte(text[i])
	}
	return s.String()
}
