package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "vigie/"

// allowed says which of our packages each package may import. Reading it top to bottom is reading the architecture.
var allowed = []struct{ pkg, imports string }{
	{"ops/docker/dockertest", "ops ops/docker"},             // what the fake and the real engine both pass
	{"ops/*/*test", "ops"},                                  // what measures and tests share of one
	{"ops/opstest", "ops data data/runs"},                   // a gate for the tests of operated systems
	{"ops/chart", ""},                                       // pictures of figures
	{"ops/*", "ops ops/chart"},                              // an operated system knows the kernel
	{"guard", "ops/ssh ops/comfyui"},                        // the other end compares with what is asked of it, to the letter
	{"ops", ""},                                             // the kernel knows nobody
	{"policies", "ops"},                                     // a policy judges plans
	{"data/datatest", "data ops data/sqlite data/postgres"}, // what every store passes
	{"data/runs", "data data/sqlite data/postgres ops"},     // runs live on a store
	{"data/*", "ops"},                                       // a dialect
	{"data", "ops data/sqlite data/postgres"},               // a store keeps what the kernel gives it
	{"alerts/hooks/realtest", "alerts/hooks ops"},           // tests only
	{"alerts/hooks", "ops"},                                 // what other programs tell becomes troubles
	{"llm/realtest", "llm llm/script ops"},                  // tests only
	{"llm/script", ""},                                      // the stand-in for LiteLLM knows nothing of Vigie
	{"llm", "ops"},                                          // words become asks
	{"alerts", "ops"},                                       // troubles become incidents, and incidents messages
	{"config", "ops policies"},                              // a file becomes settings and rules
	// a file becomes settings and rules
	{"llm/readertest", "*"},        // what measures and tests share of the reader
	{"commands", "ops llm"},        // words become asks
	{"bot/botapi", ""},             // the stand-in Bot API knows nothing of Vigie
	{"bot/botapi/*", "bot/botapi"}, //
	{"bot/chattest", "*"},          // transcripts put a whole bot together
	{"bot/*", "bot commands ops"},  // a transport
	{"bot", "ops commands"},        // answers become what transports send
	{"demo/*", "bot/botapi ops/comfyui/comfytest ops/creative/creativetest ops/openclaw/openclawtest ops/n8n/n8ntest ops/qdrant/qdranttest ops/models/modelstest"}, // the demo's helpers: stand-ins for what it cannot run, the same that tests use
	{"bench", "*"}, // measures all of it
	{"e2e", ""},    // tests only
	{".", "*"},     // main wires it all
}

func TestDependencyDirection(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(file, pkg string, f *ast.File, _ *token.FileSet) {
		for _, rule := range allowed {
			if ok, _ := path.Match(rule.pkg, pkg); !ok {
				continue
			}
			seen[rule.pkg] = true
			for _, imp := range f.Imports {
				p, _ := strconv.Unquote(imp.Path.Value)
				ours, ok := strings.CutPrefix(p, module)
				if ok && rule.imports != "*" && !strings.Contains(" "+rule.imports+" ", " "+ours+" ") {
					t.Errorf("%s imports %s; %s may import only %q", file, ours, rule.pkg, rule.imports)
				}
				if pkg == "ops" && strings.Contains(p, ".") {
					t.Errorf("%s imports %s; the kernel has only the standard library", file, p)
				}
				if strings.HasPrefix(p, "github.com/docker/") || strings.HasPrefix(p, "github.com/compose-spec/") {
					if !strings.HasPrefix(pkg, "ops/docker") && pkg != "bench" {
						t.Errorf("%s imports %s; Docker's code stays inside ops/docker", file, p)
					}
				}
			}
			return
		}
		t.Errorf("%s: package %s has no rule", file, pkg)
	})
	if len(seen) < 10 {
		t.Errorf("only %d rules were met", len(seen))
	}
}

// TestOneDoor checks that steps are run in one place: the kernel's drive.go.
func TestOneDoor(t *testing.T) {
	calls := 0
	eachFile(t, func(file, pkg string, f *ast.File, _ *token.FileSet) {
		if pkg != "ops" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "run" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "k" {
					calls++
					if path.Base(file) != "drive.go" {
						t.Errorf("%s runs a step; only drive.go may", file)
					}
				}
			}
			return true
		})
	})
	if calls != 2 { // a run's step, and a glance, which runs checks only
		t.Errorf("steps are run in %d places", calls)
	}
}

// TestBothLanguages checks that every sentence that Vigie says has both languages, with the same arguments.
func TestBothLanguages(t *testing.T) {
	sentences := 0
	eachFile(t, func(file, pkg string, f *ast.File, fset *token.FileSet) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isT(call.Fun, pkg) || len(call.Args) < 2 {
				return true
			}
			en, fr := literal(call.Args[0]), literal(call.Args[1])
			if en == "" && fr == "" {
				return true // texts handed on
			}
			sentences++
			where := fset.Position(call.Pos())
			if en == "" || fr == "" {
				t.Errorf("%s: %q has no other language", where, en+fr)
			}
			if verbs(en) != verbs(fr) && !strings.Contains(en+fr, "%[") || verbs(en) != len(call.Args)-2 && !strings.Contains(en+fr, "%[") && call.Ellipsis == 0 {
				t.Errorf("%s: %q and %q take %d and %d arguments, given %d", where, en, fr, verbs(en), verbs(fr), len(call.Args)-2)
			}
			return true
		})
	})
	if sentences < 100 {
		t.Errorf("only %d sentences were found", sentences)
	}
}

func isT(fun ast.Expr, pkg string) bool {
	switch f := fun.(type) {
	case *ast.Ident:
		return pkg == "ops" && f.Name == "T"
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return ok && x.Name == "ops" && f.Sel.Name == "T"
	}
	return false
}

func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	}
	return ""
}

func verbs(s string) int { return strings.Count(strings.ReplaceAll(s, "%%", ""), "%") }

// eachFile parses every Go file of the module that is not a test.
func eachFile(t *testing.T, do func(file, pkg string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != "." {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		seen++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		do(file, path.Dir(filepath.ToSlash(file)), f, fset)
		return nil
	})
	if err != nil || seen < 20 {
		t.Fatalf("walked %d files: %v", seen, err)
	}
}
