package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/llm/readertest"
)

// words measures reading plain words with no model: how fast, beside cutting the same sentences into words and looking each
// up, and how well, for the sentences that the reader was worked on with and for those that were held out.
func (b *bench) words(context.Context) (rows []row, err error) {
	w, err := readertest.Open()
	if err != nil {
		return nil, fmt.Errorf("making the reader: %w", err)
	}
	for _, lang := range []string{"en", "fr"} {
		cases, err := readertest.Load("llm/testdata/utterances", lang)
		if err != nil {
			return rows, fmt.Errorf("reading the sentences: %w", err)
		}
		rows = append(rows, readingTime(w, lang, cases))
		for _, held := range []bool{false, true} {
			rows = append(rows, readingGrades(w, lang, cases, held)...)
		}
	}
	return rows, nil
}

func readingTime(w *readertest.World, lang string, cases []readertest.Case) row {
	known := map[string]int{}
	for _, c := range cases {
		for _, f := range strings.Fields(c.Sentence) {
			known[f]++
		}
	}
	var got, floor []time.Duration
	found := 0
	for range 20 {
		for _, c := range cases {
			began := time.Now()
			w.Read(c)
			got = append(got, time.Since(began))
			began = time.Now()
			for _, f := range strings.Fields(c.Sentence) {
				found += known[f]
			}
			floor = append(floor, time.Since(began))
		}
	}
	return row{what: "a sentence in plain words, " + lang, n: len(got), note: fmt.Sprintf("%d sentences", len(cases)),
		got: times(got), floor: times(floor), floorIs: "its words, each looked up in a map", aim: 1, aimAtMost: true}
}

func readingGrades(w *readertest.World, lang string, cases []readertest.Case, held bool) []row {
	grades, unasked, n := map[readertest.Grade]int{}, 0, 0
	for _, c := range cases {
		if c.Held != held {
			continue
		}
		g, _, changes := w.Judge(c, w.Read(c))
		grades[g]++
		unasked += len(changes)
		n++
	}
	which := "worked on"
	if held {
		which = "held out"
	}
	share := func(k int) figure { return value(100*float64(k)/float64(n), "%") }
	return []row{
		{what: fmt.Sprintf("read right or rightly asked, %s, %s", lang, which), n: n, got: share(grades[readertest.Right] + grades[readertest.Asked]), aim: 95,
			note: fmt.Sprintf("right %d, asked %d, wrong %d", grades[readertest.Right], grades[readertest.Asked], grades[readertest.Wrong])},
		{what: fmt.Sprintf("changes proposed that nobody asked for, %s, %s", lang, which), n: n, got: count(unasked, "changes"), aimAtMost: true},
	}
}
