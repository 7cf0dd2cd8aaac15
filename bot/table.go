package bot

import (
	"strings"
	"unicode"
)

// phone is how many columns of monospace a phone shows without breaking lines.
const phone = 42

const narrowest = 6 // columns that a table's column keeps

// table adds rows as aligned columns. Where they are too wide for a phone, the widest cells go over several lines.
func (w *writer) table(rows [][]string, fold bool) {
	var cells [][]string
	n := 0
	for _, row := range rows {
		var worded []string
		for _, cell := range row {
			worded = append(worded, strings.Join(strings.Fields(w.clean(cell)), " "))
		}
		if n = max(n, len(row)); len(row) > 0 {
			cells = append(cells, worded)
		}
	}
	widths, right := measure(cells, n)
	gap := "  "
	if sum(widths)+2*(n-1) > phone {
		gap = " "
		shrink(widths, phone-(n-1))
	}
	var lines []string
	for _, row := range cells {
		lines = append(lines, layRow(row, widths, right, gap)...)
	}
	if len(lines) > 0 {
		text := strings.Join(lines, "\n")
		w.add(chunk{lines: plainLines(text), pre: true, fold: fold, full: text})
	}
}

// measure gives the width of every column, and which hold figures.
func measure(cells [][]string, n int) (widths []int, right []bool) {
	widths, right = make([]int, n), make([]bool, n)
	for c := range n {
		figures, others := 0, 0
		for r, row := range cells {
			if c >= len(row) || row[c] == "" {
				continue
			}
			widths[c] = max(widths[c], columns(row[c]))
			if first := rune(row[c][0]); unicode.IsDigit(first) {
				figures++
			} else if r > 0 && row[c] != "-" && row[c] != "–" { // the first row may be the heading
				others++
			}
		}
		right[c] = figures > 0 && others == 0
	}
	return widths, right
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}

// shrink takes from the widest column until all fit, or none can give any more.
func shrink(widths []int, room int) {
	for sum(widths) > room {
		widest := 0
		for i, v := range widths {
			if v > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			return
		}
		widths[widest]--
	}
}

func layRow(row []string, widths []int, right []bool, gap string) (lines []string) {
	parts, height := make([][]string, len(row)), 1
	for c, cell := range row {
		parts[c] = wrap(cell, widths[c])
		height = max(height, len(parts[c]))
	}
	for i := range height {
		var out strings.Builder
		for c := range row {
			cell := ""
			if i < len(parts[c]) {
				cell = parts[c][i]
			}
			if c > 0 {
				out.WriteString(gap)
			}
			pad := strings.Repeat(" ", max(0, widths[c]-columns(cell)))
			if right[c] {
				cell, pad = pad, cell
			}
			out.WriteString(cell + pad)
		}
		lines = append(lines, strings.TrimRight(out.String(), " "))
	}
	return lines
}

// wrap breaks a cell into lines of at most so many columns: at a space, or after one of -_/.:, or anywhere.
func wrap(s string, most int) (lines []string) {
	for columns(s) > most {
		at, good, n := 0, 0, 0
		for at < len(s) {
			size := glyph(s[at:])
			if n += width(s[at : at+size]); n > most && at > 0 {
				break
			}
			at += size
			if strings.ContainsAny(s[at-1:at], " -_/.:,") {
				good = at
			}
		}
		if at < len(s) && s[at] == ' ' { // it ends with a word
			good = at
		}
		if good > at/3 {
			at = good
		}
		lines = append(lines, strings.TrimRight(s[:at], " "))
		s = strings.TrimLeft(s[at:], " ")
		if s == "" {
			return lines
		}
	}
	return append(lines, s)
}
