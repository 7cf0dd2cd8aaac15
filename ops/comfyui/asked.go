package comfyui

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What is asked of another machine about its folder of checkpoints, as argument lists. `vigie guard` compares with them to the
// letter. A file is always named by its whole path, an address comes last.

const (
	busyCode = 75 // flock's, for a file that another one writes
	// legTime is how long one download may take before it is gone on with: what a machine goes on doing when we are gone ends by then.
	legTime = 5 * time.Minute
	// wholeTime is how long it may take from a server that gives no parts.
	wholeTime = 2 * time.Hour
	mostHead  = 65536 // bytes that are read of an answer which is only asked for its head
)

func roomArgv(dir string) []string { return []string{"df", "-Pk", "--", dir} }

func findArgv(dir, name string) []string {
	return []string{"find", "-H", dir, "-mindepth", "1", "-maxdepth", "1", "-name", name, "-printf", `%s %y\n`}
}

// curlArgv is how curl is always run: without anybody's settings, over https alone, and following nothing.
func curlArgv(more ...string) []string {
	return append([]string{"curl", "-q", "-sS", "--proto", "=https", "--max-redirs", "0", "--connect-timeout", "15", "-A", agent}, more...)
}

func askArgv(address string) []string {
	return curlArgv("--max-time", "20", "--max-filesize", strconv.Itoa(mostHead), "-r", "0-0", "-D", "-", "-o", "/dev/null", "--url", address)
}

func fetchArgv(dir string, address string, f fetching) []string {
	limit := wholeTime
	if f.ranges {
		limit = legTime
	}
	file := path.Join(dir, f.file)
	return append(alone(0, file), curlArgv("-f", "--speed-limit", "1", "--speed-time", fmt.Sprint(int(stallAfter.Seconds())), "--max-time", fmt.Sprint(int(limit.Seconds())),
		"--max-filesize", fmt.Sprint(f.size-f.from), "-w", "%{http_code}", "-C", fmt.Sprint(f.from), "-o", file, "--url", address)...)
}

// alone runs what follows while nobody else writes the file, and waits for that at most so long.
func alone(wait time.Duration, file string) []string {
	return []string{"flock", "-w", fmt.Sprint(int(wait.Seconds())), "-E", strconv.Itoa(busyCode), file}
}

func sumArgv(dir, name string) []string { return []string{"sha256sum", "--", path.Join(dir, name)} }

func placeArgv(dir, from, to string) []string {
	return []string{"mv", "-n", "-T", "--", path.Join(dir, from), path.Join(dir, to)}
}

func dropArgv(dir, name string) []string {
	file := path.Join(dir, name)
	return append(alone(dropWait, file), "rm", "-f", "--", file)
}

// endArgv ends the download of a file, and nothing else: no other program has that file between those words. sshd ends nothing when
// we hang up, and passes a signal on only where it has kept its rights.
func endArgv(dir, file string) []string {
	return []string{"pkill", "-TERM", "-f", "--", "-o " + regexp.QuoteMeta(path.Join(dir, file)) + " --url"}
}

// An Allowance is what a machine lets be done in its folder of checkpoints: see [vigie/guard].
type Allowance struct {
	Dir   string
	Hosts []string // that may be downloaded from; see [AllowedURL]
	Names []string // of the checkpoints that may be put there and taken away
}

// Check says what is wrong with a.
func (a Allowance) Check() error {
	var wrong []error
	if !path.IsAbs(a.Dir) || path.Clean(a.Dir) != a.Dir || a.Dir == "/" {
		wrong = append(wrong, errors.New("dir is an absolute path of a folder"))
	}
	if len(a.Hosts) == 0 || len(a.Names) == 0 {
		wrong = append(wrong, errors.New("hosts and names are needed: what is not named is not allowed"))
	}
	for _, h := range a.Hosts {
		if !hostForm.MatchString(h) {
			wrong = append(wrong, fmt.Errorf("%q is no host", h))
		}
	}
	for _, n := range a.Names {
		if !nameForm.MatchString(n) {
			wrong = append(wrong, fmt.Errorf("%q is no name of a checkpoint", n))
		}
	}
	return errors.Join(wrong...)
}

// Allows reports whether argv is one of those above, in that folder, about one of those checkpoints, from one of those hosts. What
// it may take at most is limit; what says it for a log, without the rest of an address.
func (a Allowance) Allows(argv []string) (what string, limit time.Duration, ok bool) {
	if a.Dir == "" || len(argv) < 3 {
		return "", 0, false
	}
	last := argv[len(argv)-1]
	switch argv[0] {
	case "df":
		return "checkpoints: room", time.Minute, slices.Equal(argv, roomArgv(a.Dir))
	case "find":
		name := argv[len(argv)-3]
		return "checkpoints: find " + name, time.Minute, a.knows(name) && slices.Equal(argv, findArgv(a.Dir, name))
	case "pkill":
		file, _ := strings.CutSuffix(path.Base(strings.ReplaceAll(last, `\`, "")), " --url")
		return "checkpoints: end " + file, time.Minute, partOf(file) != "" && a.knows(file) && slices.Equal(argv, endArgv(a.Dir, file))
	case "curl":
		return "checkpoints: ask " + string(hostOf(last)), time.Minute, AllowedURL(last, a.Hosts) && slices.Equal(argv, askArgv(last))
	case "sha256sum":
		name := path.Base(last)
		return "checkpoints: sum of " + name, time.Hour, a.knows(name) && slices.Equal(argv, sumArgv(a.Dir, name))
	case "mv":
		from, to := path.Base(argv[len(argv)-2]), path.Base(last)
		return "checkpoints: put " + to + " into place", time.Minute, slices.Contains(a.Names, to) && partOf(from) == to && slices.Equal(argv, placeArgv(a.Dir, from, to))
	case "flock":
		if slices.Contains(argv, "rm") {
			name := path.Base(last)
			return "checkpoints: take away " + name, time.Minute, a.knows(name) && slices.Equal(argv, dropArgv(a.Dir, name))
		}
		f, ok := fetchingOf(argv)
		ok = ok && slices.Contains(a.Names, partOf(f.file)) && AllowedURL(last, a.Hosts) && slices.Equal(argv, fetchArgv(a.Dir, last, f))
		return "checkpoints: get " + f.file + " from " + string(hostOf(last)), wholeTime + time.Minute, ok
	}
	return "", 0, false
}

// knows reports whether name is a checkpoint's, or that of one that is not whole.
func (a Allowance) knows(name string) bool {
	return slices.Contains(a.Names, name) || slices.Contains(a.Names, partOf(name))
}

// partOf is the checkpoint that a file which is not whole will be; "" if it is none. See [Checkpoint.part].
func partOf(file string) string {
	rest, ok := strings.CutPrefix(file, ".vigie-")
	if !ok || len(rest) < 13 || rest[12] != '-' || strings.Trim(rest[:12], "0123456789abcdef") != "" {
		return ""
	}
	name, ok := strings.CutSuffix(rest[13:], ".part")
	if !ok {
		return ""
	}
	return name
}

// fetchingOf reads a fetching back from its argument list.
func fetchingOf(argv []string) (f fetching, ok bool) {
	after := func(flag string) string {
		if i := slices.Index(argv, flag); i > 0 && i+1 < len(argv) {
			return argv[i+1]
		}
		return ""
	}
	left, err := strconv.ParseInt(after("--max-filesize"), 10, 64)
	if err != nil || left < 1 || len(argv) < 6 {
		return f, false
	}
	if f.from, err = strconv.ParseInt(after("-C"), 10, 64); err != nil || f.from < 0 {
		return f, false
	}
	f.file, f.size = path.Base(argv[5]), f.from+left
	f.ranges = after("--max-time") == fmt.Sprint(int(legTime.Seconds()))
	return f, true
}
