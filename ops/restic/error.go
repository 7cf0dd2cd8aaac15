package restic

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// Exit codes, from restic's manual («Scripting»). Before 0.17 all failures are 1, and only what is said tells them apart.
const (
	exitPartial     = 3 // a snapshot was made, and some files could not be read
	exitNoRepo      = 10
	exitLocked      = 11
	exitPassword    = 12
	exitInterrupted = 130
)

// unreachable is what is said where a server does not answer.
var unreachable = regexp.MustCompile(`(?i)connection refused|no such host|no route to host|network is unreachable|i/o timeout|connection reset|server misbehaving|TLS handshake timeout|context deadline exceeded`)

// signs are what restic, its backends and Go's network say, in any version, and what it means. The first that is found counts:
// "Is there a repository" follows every failure to read the first file, whatever its cause.
var signs = []struct {
	sign   *regexp.Regexp
	en, fr string
}{
	{regexp.MustCompile(`(?i)wrong password or no key found`), "the password of %s is wrong: restic finds no key that it opens", "le mot de passe de %s est faux : restic ne trouve aucune clé qu’il ouvre"},
	{unreachable, "the server of %s does not answer: is it up, and the way to it (VPN, DNS)?", "le serveur de %s ne répond pas : tourne-t-il, le chemin vers lui est-il ouvert (VPN, DNS) ?"},
	{regexp.MustCompile(`(?i)x509|certificate`), "the certificate of the server of %s is not accepted", "le certificat du serveur de %s n’est pas accepté"},
	{regexp.MustCompile(`(?i)Access ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch|HTTP response \(40[13]\)|\b40[13] (Unauthorized|Forbidden)|permission denied`),
		"%s may not be read with these credentials: is the access key right, and does the folder belong to me?", "%s n’est pas lisible avec ces identifiants : la clé d’accès est-elle bonne, le dossier m’appartient-il ?"},
	{regexp.MustCompile(`(?i)no space left on device|disk quota exceeded`), "no space is left while working on %s: free some first", "il ne reste plus de place en travaillant sur %s : libères-en d’abord"},
	{regexp.MustCompile(`(?i)Is there a repository at the following location|repository does not exist|unable to open config file|does not exist.*config`),
		"there is no repository where %s should be: is its url right, its disk mounted?", "il n’y a pas de dépôt là où devrait être %s : son url est-elle bonne, son disque monté ?"},
	{regexp.MustCompile(`(?i)no snapshot found|no matching ID found|returned error, all attempts failed: no snapshot`), "%s has no such snapshot", "%s n’a pas ce cliché"},
}

// explain says in words why restic failed. What it returns holds no secret.
func (s *System) explain(r *Repository, got result) *ops.Error {
	behind := errors.New("restic ended with " + strconv.Itoa(got.exit) + ": " + clip(strings.TrimSpace(got.said), 1000))
	name := ops.Name(r.Name)
	if l, ok := lockIn(got.said, time.Now()); ok || got.exit == exitLocked {
		return ops.Fail(ops.Unavailable, s.lockedText(r, l), behind)
	}
	kind := ops.Unavailable
	switch got.exit {
	case exitNoRepo:
		return ops.Fail(kind, ops.T(signs[5].en, signs[5].fr, name), behind)
	case exitPassword:
		return ops.Fail(kind, ops.T(signs[0].en, signs[0].fr, name), behind)
	case exitInterrupted:
		return ops.Fail(ops.Failed, ops.T("restic was told to stop while it worked on %s", "restic a reçu l’ordre de s’arrêter pendant son travail sur %s", name), behind)
	case -1:
		return ops.Fail(ops.Failed, ops.T("restic was killed while it worked on %s: out of memory, or somebody did it", "restic a été tué pendant son travail sur %s : mémoire épuisée, ou quelqu’un l’a fait", name), behind)
	}
	for _, sign := range signs {
		if sign.sign.MatchString(got.said) {
			return ops.Fail(kind, ops.T(sign.en, sign.fr, name), behind)
		}
	}
	return ops.Fail(ops.Failed, ops.T("restic failed on %s: «%s»", "restic a échoué sur %s : « %s »", name, reason(got.said)), behind)
}

// reason is the line of restic's complaints that says most: the first that is no hint or frame of another one.
func reason(said string) string {
	var last string
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		var fatal struct {
			Type    string `json:"message_type"`
			Message string `json:"message"`
		}
		if json.Unmarshal([]byte(line), &fatal) == nil && fatal.Type == "exit_error" {
			line = fatal.Message
		}
		switch {
		case line == "" || strings.HasPrefix(line, "{"):
		case strings.HasPrefix(line, "Fatal: There were"), strings.HasPrefix(line, "Fatal: repository contains errors"), strings.HasPrefix(line, "Fatal: LoadIndex"):
			if last == "" {
				last = line
			}
		default:
			return clip(strings.TrimPrefix(line, "Fatal: "), 200)
		}
	}
	if last == "" {
		return "…"
	}
	return clip(strings.TrimPrefix(last, "Fatal: "), 200)
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
