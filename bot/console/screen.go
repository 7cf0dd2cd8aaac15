package console

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/bot"
	"vigie/ops"
)

const (
	lineWidth = 78               // of the line that is rewritten
	sparsely  = 30 * time.Second // between lines of progress, where none can be rewritten
)

// A message is what was printed of one message, so that only what changes is printed again.
type message struct {
	lines   []string // as they are compared: see linesOf
	labels  []string
	numbers []int
	at      time.Time // when something of it was printed last
	picture string    // the file that holds its picture while that moves
}

// Show prints a whole answer.
func (c *Console) Show(_ context.Context, at ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, m := c.find(at)
	shown, compared := c.linesOf(a, lang)
	c.print(strings.Join(shown, "\n") + "\n")
	c.keepFiles(a, lang)
	m.lines, m.at, m.picture = compared, time.Now(), ""
	c.showButtons(id, m, a, lang, true)
	if c.writeErr != nil {
		return at, c.writeErr
	}
	return place(id), nil
}

// Update prints what is new of an answer: the lines that were not there before. Where only figures of its
// first line change, that line is rewritten on a terminal, and elsewhere printed now and then.
func (c *Console) Update(at ops.Place, lang ops.Lang, a ops.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, m := c.find(at)
	shown, now := c.linesOf(a, lang)
	fresh := news(m.lines, now, shown)
	m.lines = now
	switch {
	case len(fresh) > 0:
		c.print(strings.Join(fresh, "\n") + "\n")
		m.at = time.Now()
	case len(shown) == 0:
	case c.o.Terminal:
		c.rewrite(shown[0])
	case time.Since(m.at) >= sparsely:
		c.print(shown[0] + "\n")
		m.at = time.Now()
	}
	c.movePicture(m, a, lang)
	c.showButtons(id, m, a, lang, false)
}

// movePicture keeps the newest picture of a message that is being brought up to date in one file, which whoever looks at it sees
// change. Where it is, is printed once.
func (c *Console) movePicture(m *message, a ops.Answer, lang ops.Lang) {
	for _, f := range bot.Files(a, lang, c.o.Redact) {
		if !strings.HasPrefix(f.Type, "image/") {
			continue
		}
		if m.picture != "" {
			if err := replaceFile(m.picture, f.Data); err == nil { // else a new one is made, and said
				continue
			}
		}
		path, err := c.keepFile(f)
		if err != nil {
			c.print("  " + ops.T("not kept: %s", "pas gardé : %s", err).In(lang) + "\n")
			continue
		}
		m.picture = path
		c.print("  → " + path + "\n")
	}
}

// replaceFile gives a file other content, whole at every moment.
func replaceFile(path string, data []byte) error {
	beside := path + ".new"
	if err := os.WriteFile(beside, data, 0o600); err != nil {
		return err
	}
	return os.Rename(beside, path)
}

// find gives the message at a place, or a new one.
func (c *Console) find(at ops.Place) (id int, m *message) {
	if _, err := fmt.Sscanf(string(at), Name+":%d", &id); err == nil && c.messages[id] != nil {
		return id, c.messages[id]
	}
	id, m = c.nextID, &message{}
	c.nextID++
	c.messages[id] = m
	delete(c.messages, id-1000) // a terminal is not read that far back
	return id, m
}

// linesOf gives the lines of an answer, and the same as something to compare by: they differ when something
// happened, not when only a clock went on. Quoted text differs by every letter.
func (c *Console) linesOf(a ops.Answer, lang ops.Lang) (shown, compared []string) {
	for _, b := range a.Blocks {
		text := bot.Plain(ops.Answer{Blocks: []ops.Block{b}}, lang, c.o.Redact)
		if text == "" {
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			shown = append(shown, line)
			if b.Code == "" && b.Table == nil {
				line = strings.Map(withoutDigits, line)
			}
			compared = append(compared, line)
		}
	}
	return shown, compared
}

func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// news gives those of the shown lines that were not there before.
func news(before, now, shown []string) (fresh []string) {
	left := map[string]int{}
	for _, line := range before {
		left[line]++
	}
	for i, line := range now {
		if left[line]--; left[line] < 0 {
			fresh = append(fresh, shown[i])
		}
	}
	return fresh
}

// showButtons numbers the buttons of a message, unless they are as before, and prints them.
func (c *Console) showButtons(id int, m *message, a ops.Answer, lang ops.Lang, always bool) {
	var labels []string
	var all []ops.Button
	for _, row := range bot.Labels(a, lang, c.o.Redact) {
		for _, b := range row {
			label := b.Label
			if b.Bad {
				label += " (!)"
			}
			labels, all = append(labels, label), append(all, b.Button)
		}
	}
	taken := func(no int) bool { return c.buttons[no].message != id } // by a newer button
	changed := !slices.Equal(labels, m.labels) || slices.ContainsFunc(m.numbers, taken)
	if changed {
		for _, no := range m.numbers {
			if !taken(no) {
				delete(c.buttons, no)
			}
		}
		m.labels, m.numbers = labels, nil
		for range labels {
			m.numbers = append(m.numbers, c.nextNo)
			c.nextNo = c.nextNo%numbers + 1
		}
	}
	var line []string
	for i, no := range m.numbers {
		c.buttons[no] = tappable{id, all[i]}
		line = append(line, fmt.Sprintf("[%d] %s", no, labels[i]))
	}
	if len(line) > 0 && (changed || always) {
		c.print("  " + strings.Join(line, "  ") + "\n")
	}
}

// keepFiles writes the files of an answer to disk and says where.
func (c *Console) keepFiles(a ops.Answer, lang ops.Lang) {
	for _, f := range bot.Files(a, lang, c.o.Redact) {
		path, err := c.keepFile(f)
		if err != nil {
			c.print("  " + ops.T("not kept: %s", "pas gardé : %s", err).In(lang) + "\n")
			continue
		}
		c.print("  → " + path + "\n")
	}
}

func (c *Console) keepFile(f ops.File) (path string, err error) {
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp(c.o.Dir, "vigie-"); err != nil {
			return "", err
		}
	}
	name := filepath.Base(filepath.Clean("/" + f.Name))
	for n := 1; ; n++ {
		path = filepath.Join(c.dir, name)
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if os.IsExist(err) {
			name = fmt.Sprintf("%d-%s", n, filepath.Base(filepath.Clean("/"+f.Name)))
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(f.Data)
		if closed := file.Close(); err == nil {
			err = closed
		}
		return path, err
	}
}

// print writes; c.mu is held. What was being rewritten stays as it stands.
func (c *Console) print(text string) {
	if c.running > 0 {
		text, c.running = "\n"+text, 0
	}
	c.write(text)
}

// rewrite puts line in the place of the one that was rewritten before.
func (c *Console) rewrite(line string) {
	line = bot.Short(ops.Raw(line), c.o.Lang, nil, lineWidth)
	pad := max(0, c.running-bot.Columns(line))
	c.write("\r" + line + strings.Repeat(" ", pad))
	c.running = bot.Columns(line)
}

func (c *Console) write(text string) {
	if _, err := fmt.Fprint(c.o.Out, text); err != nil && c.writeErr == nil {
		c.writeErr = fmt.Errorf("writing to the terminal: %w", err)
	}
}

// Delete does nothing: what stands in a terminal stands there.
func (c *Console) Delete(context.Context, ops.Place) error { return nil }

// Typing does nothing: whoever sits there sees that nothing is there yet.
func (c *Console) Typing(ops.Place) {}

// Private is the console of the one person at it.
func (c *Console) Private(id int64) (ops.Place, bool) { return place(0), id == c.o.Caller.ID }

// Chat is the console itself.
func (c *Console) Chat(ops.Place) ops.Place { return place(0) }
