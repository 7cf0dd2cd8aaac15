package docker

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// Evidence is what a close look at one service brought together.
type evidence struct {
	row
	d        Detail
	lines    []Line // the newest of its log, oldest first
	usage    Usage
	measured bool
	image    Image // what the container was made from
	local    Image // what its image's name stands for now, on this machine
	needs    []row
	env      time.Time // when the newest of its env files was written; zero if unknown
	file     time.Time // when its compose file was written; zero if unknown
}

// A cause is one rule: what the evidence must show, and what is then likely.
type cause func(e evidence) ops.Text

// causes are tried in order; the first that has something to say is the likely one. What is certain comes
// first, then what the service itself complains of, then what surrounds it, then what merely came before.
var causes = []cause{
	memory, neverStarted, staleEnv, complaint(ownSigns), dependency, complaint(netSigns), command, recreated, lastError,
}

// likely is the probable cause of what is wrong, in one sentence; nothing where nothing is wrong or known.
func (e evidence) likely() ops.Text {
	if !e.is.needsYou() || e.box == nil || e.is == paused || e.is == stopped {
		return ops.Text{}
	}
	for _, c := range causes {
		if t := c(e); !t.IsZero() {
			return t
		}
	}
	return ops.Text{}
}

// full reports whether it uses nearly all the memory it may have.
func (e evidence) full() bool {
	return e.measured && e.d.Memory > 0 && e.usage.Memory >= e.d.Memory/100*95
}

// starved reports whether lack of memory ended it, as far as the engine can be trusted: its flag outlives a restart,
// and it is only raised for the first process.
func (e evidence) starved() bool {
	return e.d.OOM && e.d.ExitCode == 137 || e.d.OOM && e.is == looping || e.d.ExitCode == 137 && e.full()
}

func memory(e evidence) ops.Text {
	switch {
	case e.starved() && e.d.Memory > 0:
		return ops.T("it needs more memory than its limit of %s", "il lui faut plus de mémoire que sa limite de %s", ops.Size(e.d.Memory))
	case e.starved():
		return ops.T("the machine ran out of memory", "la machine n’avait plus de mémoire")
	case e.full():
		return ops.T("it is at its memory limit of %s", "il est à sa limite de mémoire de %s", ops.Size(e.d.Memory))
	}
	return ops.Text{}
}

func neverStarted(e evidence) ops.Text {
	if e.d.Error == "" {
		return ops.Text{}
	}
	for _, s := range ownSigns {
		if s.found.MatchString(e.d.Error) {
			return s.means
		}
	}
	return ops.T("the engine could not start it: %s", "le moteur n’a pas pu le lancer : %s", quote(clip(e.d.Error, 160)))
}

// stale reports whether its env file was written after the container was made: a restart does not apply it.
func (e evidence) stale() bool { return e.env.After(e.d.Created) && e.box != nil }

func staleEnv(e evidence) ops.Text {
	if !e.stale() {
		return ops.Text{}
	}
	return ops.T("its env file is newer than the container: it needs a recreate, a restart will not do",
		"son fichier env est plus récent que le conteneur : il faut le recréer, un redémarrage ne suffit pas")
}

// A sign is a complaint that means the same in every program's log.
type sign struct {
	found *regexp.Regexp
	means ops.Text
}

var ownSigns = []sign{
	{regexp.MustCompile(`(?i)no space left on device|disk quota exceeded`), ops.T("the disk is full", "le disque est plein")},
	{regexp.MustCompile(`(?i)address already in use|port is already allocated|EADDRINUSE`), ops.T("its port is taken by something else", "son port est déjà pris")},
	{regexp.MustCompile(`(?i)password authentication failed|authentication failed|WRONGPASS|NOAUTH|access denied for user|invalid api key|\b401 unauthorized`),
		ops.T("its password or key is refused", "son mot de passe ou sa clé est refusé")},
	{regexp.MustCompile(`(?i)missing ?env|environment variables? .{0,60}(not set|required|missing|undefined)|missing required (env|config|setting)`),
		ops.T("a setting is missing from its environment", "il manque un réglage dans son environnement")},
	{regexp.MustCompile(`(?i)permission denied|EACCES|operation not permitted|read-only file system`), ops.T("it may not read or write a file", "il n’a pas le droit de lire ou d’écrire un fichier")},
	{regexp.MustCompile(`(?i)exec format error`), ops.T("its image is for another kind of processor", "son image est faite pour un autre processeur")},
	{regexp.MustCompile(`(?i)heap out of memory|cannot allocate memory|OutOfMemoryError`), ops.T("it runs out of memory by itself", "il manque de mémoire de lui-même")},
	{regexp.MustCompile(`(?i)certificate (has expired|verify failed|is not valid)|x509:`), ops.T("a certificate is refused", "un certificat est refusé")},
	{regexp.MustCompile(`(?i)(config|yaml|toml|json|caddyfile).{0,40}(error|invalid|parse|unexpected)|(invalid|unknown|bad) (configuration|config|option|directive)`),
		ops.T("its configuration has a mistake", "sa configuration contient une erreur")},
	{regexp.MustCompile(`(?i)no such file or directory|ENOENT|cannot find module|ModuleNotFoundError`), ops.T("a file that it needs is not there", "un fichier dont il a besoin est absent")},
}

var netSigns = []sign{
	{regexp.MustCompile(`(?i)no such host|ENOTFOUND|name or service not known|temporary failure in name resolution|could not translate host name`),
		ops.T("it cannot find another service by its name", "il ne trouve pas un autre service par son nom")},
	{regexp.MustCompile(`(?i)connection refused|ECONNREFUSED|network is unreachable|no route to host`), ops.T("something that it calls does not answer", "ce qu’il appelle ne répond pas")},
	{regexp.MustCompile(`(?i)i/o timeout|ETIMEDOUT|timed? ?out`), ops.T("something that it calls answers too late", "ce qu’il appelle répond trop tard")},
}

// complained is how many of its newest lines count as its last words.
const complained = 60

// complaint looks for signs in the failing health check's output and in the last words of the log, newest first.
func complaint(signs []sign) cause {
	return func(e evidence) ops.Text {
		words := []string{}
		if e.is == unhealthy {
			words = append(words, strings.Split(e.d.sickness(), "\n")...)
		}
		for _, l := range slices.Backward(e.lines[max(0, len(e.lines)-complained):]) {
			words = append(words, l.Text)
		}
		for _, s := range signs {
			if i := slices.IndexFunc(words, s.found.MatchString); i >= 0 {
				return ops.T("%s: %s", "%s : %s", s.means, quote(clip(words[i], 120)))
			}
		}
		return ops.Text{}
	}
}

func dependency(e evidence) ops.Text {
	for _, n := range e.needs {
		if n.is.needsYou() || n.is == off {
			return ops.T("it needs %s, which is not well: %s", "il a besoin de %s, qui ne va pas bien : %s", ops.Name(n.name), n.says())
		}
	}
	return ops.Text{}
}

func command(e evidence) ops.Text {
	if c := e.d.ExitCode; (c == 126 || c == 127) && e.is != unhealthy {
		return exitMeaning(c, false)
	}
	return ops.Text{}
}

// justMade is how long after it was made a container's trouble points at what it was made from.
const justMade = time.Hour

func recreated(e evidence) ops.Text {
	age := time.Since(e.d.Created)
	if e.d.Created.IsZero() || age > justMade {
		return ops.Text{}
	}
	return ops.T("it was made anew %s ago and has not been well since: look at what changed (image, settings)",
		"il a été recréé il y a %s et ne va pas bien depuis : vois ce qui a changé (image, réglages)", ops.Span(age))
}

func lastError(e evidence) ops.Text {
	for _, l := range slices.Backward(e.lines) {
		if troubled(l.Text) {
			return ops.T("its last complaint: %s", "sa dernière plainte : %s", quote(clip(l.Text, 120)))
		}
	}
	return ops.Text{}
}

var (
	troubleWords = regexp.MustCompile(`(?i)\b(errors?|err|fatal|panic|exceptions?|critical|crit|traceback|fail(ed|ure)?|denied|refused|unable to|cannot|can't|could not|segfault|out of memory)\b|\bE(CONN|ADDR|ACCES|NOENT|PERM|TIMEDOUT|PIPE|NOTFOUND|HOSTUNREACH)`)
	innocent     = regexp.MustCompile(`(?i)\b(no|0|without) errors?\b|\berr(or)?s?[=:] ?(nil|null|none|0|""|false)|level=("?)(info|debug|trace)\b|"level":"(info|debug|trace)"`)
)

// troubled reports whether a log line looks like an error.
func troubled(line string) bool { return troubleWords.MatchString(line) && !innocent.MatchString(line) }

// A quote is foreign text between quotation marks, which differ by language.
type quote string

func (q quote) In(l ops.Lang) string {
	if l == ops.French {
		return "«\u00a0" + string(q) + "\u00a0»"
	}
	return "«" + string(q) + "»"
}
