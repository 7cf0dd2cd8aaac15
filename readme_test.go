package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestReadmeIsATranscript checks that the README's first screen is a conversation that a test plays.
func TestReadmeIsATranscript(t *testing.T) {
	ar, err := txtar.ParseFile("bot/chattest/testdata/readme.txtar")
	if err != nil {
		t.Fatal(err)
	}
	chat := ""
	for _, f := range ar.Files {
		if f.Name == "chat" {
			chat = strings.TrimSpace(string(f.Data))
		}
	}
	if b := readme(t); chat == "" || !strings.Contains(b, "```\n"+chat+"\n```") {
		t.Errorf("README.md does not show this:\n```\n%s\n```", chat)
	}
}

// TestDocsAreThere checks that every file that the docs link to or name exists, and every make target.
func TestDocsAreThere(t *testing.T) {
	files, err := filepath.Glob("docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no docs: %v", err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	targets := regexp.MustCompile("`make ([a-z-]+)`")
	seen := 0
	for _, file := range append(files, "README.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(b), -1) {
			seen++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
		for _, m := range targets.FindAllStringSubmatch(string(b), -1) {
			seen++
			if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
				t.Errorf("%s names make %s, which there is not", file, m[1])
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d links and targets were found", seen)
	}
}

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
