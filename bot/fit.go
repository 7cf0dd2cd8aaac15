package bot

import (
	"fmt"
	"strings"

	"vigie/ops"
)

// What stays inline of a block that became a file.
const (
	headLines = 15
	headUnits = 800
)

// fit makes at most so many messages. What is too long for that goes into files, the longest blocks first.
func (w *writer) fit(most int) []Part {
	var whole []string
	for _, c := range w.chunks {
		whole = append(whole, c.full)
	}
	given := len(w.files)
	pages := pack(w.chunks, most+1)
	for n := 1; len(pages) > most; n++ {
		i := w.longest()
		if i < 0 {
			pages = w.all(strings.Join(whole, "\n"), given)
			break
		}
		w.offload(&w.chunks[i], fileName("output", n))
		pages = pack(w.chunks, most+1)
	}
	var parts []Part
	for _, page := range pages {
		if p := markup(page); !blank(p.Text) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		text := ops.T("⚪ nothing to show", "⚪ rien à montrer").In(w.lang)
		if len(w.files) > 0 {
			text = w.files[0].Name
		}
		parts = append(parts, Part{HTML: escaper.Replace(text), Text: text})
	}
	return parts
}

func fileName(stem string, n int) string {
	if n == 1 {
		return stem + ".txt"
	}
	return fmt.Sprintf("%s-%d.txt", stem, n)
}

// longest finds the chunk that makes most room when it becomes a file; -1 if none makes any.
func (w *writer) longest() int {
	best, at := 2*headUnits, -1
	for i, c := range w.chunks {
		if n := c.units(); n > best {
			best, at = n, i
		}
	}
	return at
}

func (c chunk) units() (n int) {
	for _, l := range c.lines {
		n += l.units() + 1
	}
	return n
}

func (l line) units() (n int) {
	for _, p := range l {
		n += units(p.text)
	}
	return n
}

// offload turns c into a file, and leaves its first lines.
func (w *writer) offload(c *chunk, name string) {
	w.files = append(w.files, ops.File{Name: name, Type: "text/plain", Data: []byte(c.full)})
	c.lines = append(head(c.lines, headLines, headUnits), w.rest(c.full))
}

// all turns the whole answer into one file, for one of very many blocks.
func (w *writer) all(whole string, given int) [][]chunk {
	w.files = append(w.files[:given:given], ops.File{Name: "answer.txt", Type: "text/plain", Data: []byte(whole)})
	room := 3 * headUnits
	var kept []chunk
	for _, c := range w.chunks {
		c.lines = head(c.lines, headLines, room)
		if room -= c.units(); room < 0 {
			break
		}
		kept = append(kept, c)
	}
	kept = append(kept, chunk{lines: []line{w.rest(whole)}})
	return pack(kept, 2)[:1]
}

// rest says where the whole of a shortened text is.
func (w *writer) rest(full string) line {
	n := strings.Count(strings.TrimSuffix(full, "\n"), "\n") + 1
	lines := ops.Count{N: n, EnOne: "line", EnMany: "lines", FrOne: "ligne", FrMany: "lignes"}
	return line{{text: ops.T("… all of it (%s) is in the file", "… tout (%s) est dans le fichier", lines).In(w.lang)}}
}

// head gives the first lines, and of a very long line its beginning.
func head(lines []line, most, room int) (kept []line) {
	for _, l := range lines[:min(most, len(lines))] {
		if n := l.units(); n < room {
			kept, room = append(kept, l), room-n-1
			continue
		}
		if room > headUnits/4 {
			first, _ := l.cut(room)
			kept = append(kept, first)
		}
		break
	}
	return kept
}

// pack fills messages with lines in order, and stops after most of them.
func pack(chunks []chunk, most int) [][]chunk {
	p := packer{most: most, room: MaxUnits}
	for _, c := range chunks {
		p.open = false
		for _, l := range c.lines {
			for rest := p.put(c, l); rest != nil && len(p.pages) < most; {
				rest = p.put(c, rest)
			}
		}
	}
	p.turn()
	return p.pages
}

type packer struct {
	most  int
	pages [][]chunk
	page  []chunk
	room  int  // units left on the page
	open  bool // the page's last chunk is the one whose lines are coming
}

func (p *packer) turn() {
	if len(p.page) > 0 && len(p.pages) < p.most {
		p.pages, p.page, p.room, p.open = append(p.pages, p.page), nil, MaxUnits, false
	}
}

// put adds a line to the page, and gives what of it must go to the next one. A line is broken only if no
// page can hold it.
func (p *packer) put(c chunk, l line) (rest line) {
	n, end := l.units(), min(1, len(p.page)) // the line end before it
	if n+end > p.room {
		if len(p.page) > 0 && (n <= MaxUnits || p.room < headUnits) {
			p.turn()
			return l
		}
		l, rest = l.cut(p.room - end)
		n = l.units()
	}
	if !p.open {
		p.page, p.open = append(p.page, chunk{pre: c.pre, fold: c.fold}), true
	}
	last := &p.page[len(p.page)-1]
	last.lines = append(last.lines, l)
	if p.room -= n + end; rest != nil {
		p.turn()
	}
	return rest
}

// cut breaks a line after so many units, between two characters.
func (l line) cut(most int) (first, rest line) {
	for i, p := range l {
		n := units(p.text)
		if n <= most {
			first, most = append(first, p), most-n
			continue
		}
		at := 0
		if most > 0 {
			at = firstUnits(p.text, most)
		}
		if units(p.text[:at]) > most { // one character is longer than what is left
			at = 0
		}
		if at > 0 {
			first = append(first, span{p.text[:at], p.name})
		}
		return first, append(line{{p.text[at:], p.name}}, l[i+1:]...)
	}
	return first, nil
}
