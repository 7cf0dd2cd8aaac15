package chattest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vigie/bot"
	"vigie/commands"
	"vigie/ops"
)

const indent = "     "

// A screen is a chat on which every message arrives: what people would see, and nothing of how it got there. The
// pace, the splitting and the faults of the real one have tests of their own, with the real one.
type screen struct {
	mu       sync.Mutex // guards all below
	messages []*message
	fresh    []said // what was said since the last look, in order
	sorted   bool   // … of the chats
	dirty    map[int]bool
	closed   chan struct{} // set: nothing is shown until it is closed
}

// setClosed keeps what is sent from arriving, until it is called again.
func (s *screen) setClosed(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if yes && s.closed == nil {
		s.closed = make(chan struct{})
	} else if !yes && s.closed != nil {
		close(s.closed)
		s.closed = nil
	}
}

// wait returns when the chats are open, or with an error when ctx ends first.
func (s *screen) wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		closed := s.closed
		s.mu.Unlock()
		if closed == nil {
			return nil
		}
		select {
		case <-closed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A said is one thing that appeared in a chat.
type said struct {
	chat ops.Place
	at   time.Time
	text string
	of   *message // the new message that it is, if it is one
}

type message struct {
	place   ops.Place
	text    string
	picture string // the line of the picture that it shows; what is edited without one keeps it, as in Telegram
	buttons []ops.Button
	labels  []string
	past    []ops.Button // buttons it had before: a phone may still show them
	pasts   []string
}

var _ commands.Screen = (*screen)(nil)

func (s *screen) Show(_ context.Context, place ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, n := s.find(place); m != nil {
		s.edit(m, n, lang, a)
		return place, nil
	}
	m := &message{place: ops.Place(fmt.Sprintf("%s:%d", place, len(s.messages)+1))}
	s.messages = append(s.messages, m)
	m.write(lang, a)
	s.fresh = append(s.fresh, said{s.Chat(place), time.Now(), block("bot> ", m.String()), m})
	return m.place, nil
}

func (s *screen) Update(place ops.Place, lang ops.Lang, a ops.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, n := s.find(place); m != nil {
		s.edit(m, n, lang, a)
	}
}

func (s *screen) edit(m *message, n int, lang ops.Lang, a ops.Answer) {
	before := m.String()
	m.write(lang, a)
	if m.String() != before {
		s.dirty[n] = true
	}
}

func (s *screen) find(place ops.Place) (*message, int) {
	for n, m := range s.messages {
		if m.place == place {
			return m, n
		}
	}
	return nil, 0
}

func (s *screen) Delete(_ context.Context, place ops.Place) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh = append(s.fresh, said{s.Chat(place), time.Now(), "bot> (deletes that message)\n", nil})
	return nil
}

func (s *screen) Pin(_ context.Context, place ops.Place) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh = append(s.fresh, said{s.Chat(place), time.Now(), "bot> (pins that message)\n", nil})
	return nil
}

func (s *screen) Forgets() {}

func (s *screen) Typing(ops.Place) {}

func (s *screen) Private(id int64) (ops.Place, bool) {
	return ops.Place(fmt.Sprintf("chat:%d", id)), true
}

// Chat cuts the message off: places are chat:<id>[:<message>].
func (s *screen) Chat(place ops.Place) ops.Place {
	parts := strings.SplitN(string(place), ":", 3)
	return ops.Place(strings.Join(parts[:min(2, len(parts))], ":"))
}

// news is what was said and changed since the last look. A message that changed several times is told once.
func (s *screen) news() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sorted { // several are told at the same instant, in no order: one chat after the other, each message as it then is
		for n, f := range s.fresh {
			if f.of != nil {
				s.fresh[n].text = block("bot> ", f.of.String())
			}
		}
		slices.SortStableFunc(s.fresh, func(a, b said) int {
			return cmp.Or(strings.Compare(string(a.chat), string(b.chat)), a.at.Compare(b.at), strings.Compare(a.text, b.text))
		})
	}
	out := ""
	for _, f := range s.fresh {
		out += f.text
	}
	order := make([]int, len(s.messages))
	for n := range order {
		order[n] = n
	}
	if s.sorted {
		slices.SortStableFunc(order, func(a, b int) int {
			return strings.Compare(string(s.Chat(s.messages[a].place)), string(s.Chat(s.messages[b].place)))
		})
	}
	for _, n := range order {
		if s.dirty[n] && !strings.Contains(out, block("bot> ", s.messages[n].String())) {
			out += block("bot~ ", s.messages[n].String())
		}
	}
	s.fresh, s.dirty = nil, map[int]bool{}
	return runID.ReplaceAllString(out, "<id>")
}

func (s *screen) toast(t commands.Toast, lang ops.Lang) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.Text.IsZero() {
		s.fresh = append(s.fresh, said{"", time.Now(), block("bot! ", t.Text.In(lang)), nil})
	}
}

// button finds the newest button so labelled: in the tapper's own chat if there is one, else anywhere; one that a
// phone may still show although it is gone, if there is no other.
func (s *screen) button(label string, chat ops.Place) (ops.Button, ops.Place, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, past := range []bool{false, true} {
		for _, own := range []bool{true, false} {
			for n := len(s.messages) - 1; n >= 0; n-- {
				m := s.messages[n]
				labels, buttons := m.labels, m.buttons
				if past {
					labels, buttons = m.pasts, m.past
				}
				if i := slices.Index(labels, label); i >= 0 && own == (s.Chat(m.place) == chat) {
					return buttons[i], m.place, true
				}
			}
		}
	}
	return ops.Button{}, "", false
}

// previews are pictures of what is half made. How large one is depends on the moment, so that is not shown.
var previews = regexp.MustCompile(`\[(preview\.jpg), [^\]]*\]`)

func (m *message) write(lang ops.Lang, a ops.Answer) {
	m.past, m.pasts = append(m.past, m.buttons...), append(m.pasts, m.labels...)
	m.text, m.buttons, m.labels = bot.Plain(a, lang, redact), nil, nil
	files := 0
	for _, b := range a.Blocks {
		if b.File == nil {
			continue
		}
		files++
		if strings.HasPrefix(b.File.Type, "image/") {
			m.picture = strings.TrimSpace(bot.Plain(ops.Answer{Blocks: []ops.Block{b}}, lang, redact))
		}
	}
	if files == 0 && m.picture != "" {
		m.text = strings.TrimRight(m.text, "\n") + "\n" + m.picture
	}
	m.text = previews.ReplaceAllString(m.text, "[$1]")
	for _, row := range a.Buttons {
		for _, b := range row {
			m.buttons, m.labels = append(m.buttons, b), append(m.labels, ops.Unmark(b.Label.In(lang)))
		}
	}
}

func (m *message) String() string {
	if len(m.labels) == 0 {
		return m.text
	}
	return strings.TrimRight(m.text, "\n") + "\n[" + strings.Join(m.labels, "] [") + "]"
}

var redact = ops.NewRedactor("hunter2-hunter2").Redact

func block(mark, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return mark + strings.Join(lines, "\n"+indent) + "\n"
}

// A line is one bot's way to the screen; cut, nothing more of what that bot says is seen.
type line struct {
	*screen
	cut atomic.Bool
}

func (l *line) Show(ctx context.Context, place ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	if l.cut.Load() {
		return place, context.Canceled
	}
	if err := l.screen.wait(ctx); err != nil {
		return place, err
	}
	return l.screen.Show(ctx, place, lang, a)
}

func (l *line) Update(place ops.Place, lang ops.Lang, a ops.Answer) {
	if !l.cut.Load() {
		l.screen.Update(place, lang, a)
	}
}
