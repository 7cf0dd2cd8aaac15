package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"vigie/ops"
)

func noFile(file string) error {
	return ops.Fail(ops.NotFound, ops.T("The project has no compose file %s.", "Le projet n’a pas de fichier compose %s.", ops.Name(filepath.Base(file))), nil)
}

func noService(name, file string) error {
	return ops.Fail(ops.NotFound, ops.T("%s has no service %s.", "%s n’a pas de service %s.", ops.Name(filepath.Base(file)), ops.Name(name)), nil)
}

func missingImage(ref string, err error) error {
	return ops.Fail(ops.NotFound, ops.T("The image %s is not on the host, and I do not pull by surprise. Pull it first: %s",
		"L’image %s n’est pas sur l’hôte, et je ne télécharge rien par surprise. Télécharge-la d’abord : %s", ops.Name(ref), ops.Name("/pull")), err)
}

var (
	noImageSaid    = regexp.MustCompile(`(?i)no such image: ([^\s"]+)|image "([^"]+)" not found|unable to get image '([^']+)'`)
	nameTaken      = regexp.MustCompile(`container name "/?([^"]+)" is already in use`)
	dependencySaid = regexp.MustCompile(`dependency failed to start: container ([^ ]+) (is unhealthy|exited \((\d+)\)|has no healthcheck configured)`)
	incomplete     = regexp.MustCompile(`service "([^"]+)" didn't complete successfully: exit (\d+)`)
	noEnvFile      = regexp.MustCompile(`env file ([^ ]+) not found`)
	unknownWord    = regexp.MustCompile(`no such service: ([^ ]+)`)
	timestampWord  = regexp.MustCompile(`^time="[^"]*" level=(\w+) msg="(.*)"$`)
)

// explainCompose says what the end of `docker compose` means. A run that was cut short may have done its work.
func explainCompose(ctx context.Context, c call, o ComposeOptions, lines []string, err error) error {
	if err == nil {
		return nil
	}
	words := composeSaid(lines)
	err = fmt.Errorf("%s: %w: %s", c.doing, err, words)
	if ctx.Err() != nil {
		return ops.Fail(ops.Unknown, ops.T("Compose was stopped in the middle: some of it may be done. Look at %s.",
			"Compose a été arrêté en plein travail : une partie est peut-être faite. Regarde %s.", ops.Name("/status")), errors.Join(err, ctx.Err()))
	}
	if slices.ContainsFunc(lines, func(l string) bool {
		return strings.Contains(l, "administrative rules") || strings.Contains(l, "403 Forbidden")
	}) {
		return denied(c, err) // in HTML, over several lines
	}
	if words == "" {
		return ops.Fail(ops.Failed, ops.T("Compose failed and did not say why.", "Compose a échoué sans dire pourquoi."), err)
	}
	if e := composeKnown(c, o, words, err); e != nil {
		return e
	}
	return ops.Fail(ops.Failed, ops.T("Compose failed: %s", "Compose a échoué : %s", words), err)
}

func composeKnown(c call, o ComposeOptions, words string, err error) *ops.Error {
	low := strings.ToLower(words)
	switch {
	case strings.Contains(low, "permission denied while trying to connect"):
		return unreachable(o.Docker, fs.ErrPermission, err)
	case strings.Contains(low, "cannot connect to the docker daemon"), strings.Contains(low, "error during connect"), strings.Contains(low, "failed to connect to the docker api"):
		return unreachable(o.Docker, syscall.ECONNREFUSED, err)
	}
	if m := noImageSaid.FindStringSubmatch(words); m != nil {
		var e *ops.Error
		errors.As(missingImage(strings.TrimRight(m[1]+m[2]+m[3], ".,:"), err), &e)
		return e
	}
	if m := nameTaken.FindStringSubmatch(words); m != nil {
		return ops.Fail(ops.Failed, ops.T("Another container has the name %s already, and this project did not make it. Remove or rename that one on the host.",
			"Un autre conteneur porte déjà le nom %s, et ce projet ne l’a pas créé. Retire-le ou renomme-le sur l’hôte.", ops.Name(m[1])), err)
	}
	if m := dependencySaid.FindStringSubmatch(words); m != nil {
		return ops.Fail(ops.Failed, ops.T("It waits for %s, and that one %s. See its logs first.",
			"Il attend %s, et celui-ci %s. Regarde d’abord ses journaux.", ops.Name(m[1]), dependencySays(m)), err)
	}
	if m := incomplete.FindStringSubmatch(words); m != nil {
		return ops.Fail(ops.Failed, ops.T("%s had to finish first, and ended with exit %s. See its logs.",
			"%s devait d’abord finir, et s’est arrêté avec le code %s. Regarde ses journaux.", ops.Name(m[1]), m[2]), err)
	}
	if m := noEnvFile.FindStringSubmatch(words); m != nil {
		return ops.Fail(ops.Failed, ops.T("The env file %s does not exist.", "Le fichier d’environnement %s n’existe pas.", ops.Name(m[1])), err)
	}
	if m := unknownWord.FindStringSubmatch(words); m != nil {
		return ops.Fail(ops.NotFound, ops.T("Compose knows no service %s.", "Compose ne connaît pas de service %s.", ops.Name(m[1])), err)
	}
	if e := registryError(c, words, err); e != nil {
		return e
	}
	if say, kind := known(words); !say.IsZero() {
		return ops.Fail(kind, say, err)
	}
	return nil
}

func dependencySays(m []string) ops.Text {
	switch {
	case m[3] != "":
		return ops.T("exited with %s", "s’est arrêté avec le code %s", m[3])
	case m[2] == "is unhealthy":
		return ops.T("is unhealthy", "est en mauvaise santé")
	}
	return ops.T("has no health check", "n’a pas de test de santé")
}

// composeSaid is the last line in which Compose tells of an error; it says progress and warnings on the same stream.
func composeSaid(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		s := lines[i]
		if m := timestampWord.FindStringSubmatch(s); m != nil {
			if m[1] == "warning" || m[1] == "info" || m[1] == "debug" {
				continue
			}
			s = m[2]
		}
		for _, skip := range []string{"Container ", "Network ", "Volume ", "Image ", "Going to remove "} {
			if rest, ok := strings.CutPrefix(s, skip); ok && len(strings.Fields(rest)) <= 2 {
				s = ""
			}
		}
		if s != "" {
			return strings.TrimPrefix(strings.TrimPrefix(s, "Error response from daemon: "), "Error: ")
		}
	}
	return ""
}
