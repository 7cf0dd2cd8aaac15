package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"vigie/ops"
)

var (
	containerNoun = ops.T("container", "de conteneur")
	imageNoun     = ops.T("image", "d’image")
)

// explain says what a failed call means, and what to do next.
func (e *Engine) explain(c call, w *wire, err error) *ops.Error {
	sent, dial := w.state()
	err = fmt.Errorf("%s: %w", c.doing, err)
	var way *ops.Error
	switch {
	case e.dial != nil && !sent && errors.As(err, &way):
		return ops.Fail(way.Kind, way.Say, err) // the way there is closed: it says why itself
	case proxySays(err) != "":
		return denied(c, err)
	case c.changes && w.lost(err):
		return ops.Fail(ops.Unknown, ops.T(
			"Docker was asked and did not answer: it may or may not have happened. Look before you ask again.",
			"Docker a reçu la demande et n’a pas répondu : c’est peut-être fait, peut-être pas. Regarde avant de redemander."), err)
	case errors.Is(err, context.Canceled):
		return ops.Fail(ops.Unavailable, ops.T("Stopped before Docker answered.", "Arrêté avant la réponse de Docker."), err)
	case errors.Is(err, context.DeadlineExceeded):
		return ops.Fail(ops.Unavailable, ops.T(
			"Docker took the question and did not answer in time. It may be busy: try again, or look at %s on the host.",
			"Docker a reçu la question mais n’a pas répondu à temps. Il est peut-être occupé : réessaie, ou regarde %s sur l’hôte.",
			ops.Name("journalctl -u docker")), err)
	case client.IsErrConnectionFailed(err) && !sent:
		return unreachable(e.host, dial, err)
	case client.IsErrConnectionFailed(err), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), isNet(err):
		return ops.Fail(ops.Unavailable, ops.T(
			"Docker hung up before it answered; it may be restarting. Try again in a moment.",
			"Docker a raccroché avant de répondre ; il redémarre peut-être. Réessaie dans un instant."), err)
	case errdefs.IsNotFound(err) && c.object != "" && !isRegistry(err):
		return ops.Fail(ops.NotFound, ops.T("There is no %s %s.", "Il n’y a pas %s %s.", c.what, ops.Name(c.object)), err)
	}
	return refusal(c, err)
}

// notSent is for a context that had ended before anything was asked.
func notSent(c call, err error) *ops.Error {
	return ops.Fail(ops.Unavailable, ops.T("Stopped before Docker was asked.", "Arrêté avant d’avoir interrogé Docker."), fmt.Errorf("%s: %w", c.doing, err))
}

// unreachable tells apart the three ways in which an engine is not there, because each has its own cure.
func unreachable(host string, dial, err error) *ops.Error {
	where := ops.Name(strings.TrimPrefix(host, "unix://"))
	if dial == nil {
		dial = err
	}
	var lookup *net.DNSError
	switch {
	case errors.Is(dial, fs.ErrNotExist):
		return ops.Fail(ops.Unavailable, ops.T(
			"Docker’s socket %s does not exist: the engine is not running, not installed, or the socket is not mounted here. Start it with %s.",
			"Le socket de Docker %s n’existe pas : le moteur est arrêté, pas installé, ou le socket n’est pas monté ici. Démarre-le avec %s.",
			where, ops.Name("systemctl start docker")), err)
	case errors.Is(dial, fs.ErrPermission), errors.Is(err, fs.ErrPermission):
		return ops.Fail(ops.Unavailable, ops.T(
			"I may not open Docker’s socket %s: permission denied. Give my user the group that owns it (%s), then restart me.",
			"Je n’ai pas le droit d’ouvrir le socket de Docker %s. Donne à mon utilisateur le groupe qui le possède (%s), puis redémarre-moi.",
			where, ops.Name("usermod -aG docker")), err)
	case errors.Is(dial, syscall.ECONNREFUSED):
		return ops.Fail(ops.Unavailable, ops.T(
			"Docker is not running: nobody listens at %s. See %s on the host.",
			"Docker ne tourne pas : personne n’écoute sur %s. Regarde %s sur l’hôte.",
			where, ops.Name("systemctl status docker")), err)
	case errors.As(dial, &lookup):
		return ops.Fail(ops.Unavailable, ops.T(
			"Docker’s host %s is unknown to the name server. Is the proxy on the same network as me?",
			"L’hôte de Docker %s est inconnu du serveur de noms. Le proxy est-il sur le même réseau que moi ?", ops.Name(lookup.Name)), err)
	}
	return ops.Fail(ops.Unavailable, ops.T("Docker cannot be reached at %s: %s", "Docker est injoignable sur %s : %s", where, ops.Clean(dial.Error())), err)
}

// proxySays returns the word of a proxy that refused a call, "" if the engine itself spoke. Engines answer in JSON.
func proxySays(err error) string {
	if !errdefs.IsPermissionDenied(err) && !strings.Contains(err.Error(), "405 Method Not Allowed") {
		return ""
	}
	s := strings.ToLower(err.Error())
	for _, sign := range []string{"<html", "403 forbidden", "administrative rules", "method not allowed"} {
		if strings.Contains(s, sign) {
			return sign
		}
	}
	return ""
}

func denied(c call, err error) *ops.Error {
	return ops.Fail(ops.Denied, ops.T(
		"The Docker proxy forbids %s: it needs %s. Add that to the proxy’s environment, or do this on the host.",
		"Le proxy Docker interdit %s : il lui faut %s. Ajoute-le à l’environnement du proxy, ou fais-le sur l’hôte.",
		doingText(c), ops.Name(c.needs)), err)
}

func doingText(c call) ops.Text {
	if t, ok := doings[c.doing]; ok {
		return t
	}
	return ops.T("this call", "cet appel")
}

// doings says in both languages what a call was for.
var doings = map[string]ops.Text{
	doList:     ops.T("listing containers", "de lister les conteneurs"),
	doInspect:  ops.T("inspecting a container", "d’inspecter un conteneur"),
	doLogs:     ops.T("reading logs", "de lire les journaux"),
	doStats:    ops.T("measuring containers", "de mesurer les conteneurs"),
	doEvents:   ops.T("following events", "de suivre les événements"),
	doStart:    ops.T("starting containers", "de démarrer des conteneurs"),
	doStop:     ops.T("stopping containers", "d’arrêter des conteneurs"),
	doRestart:  ops.T("restarting containers", "de redémarrer des conteneurs"),
	doImage:    ops.T("looking at images", "de regarder les images"),
	doPull:     ops.T("pulling images", "de télécharger des images"),
	doPullable: ops.T("asking the registry", "d’interroger le registre"),
	doDiscard:  ops.T("removing containers", "de retirer des conteneurs"),
	doTag:      ops.T("tagging images", "d’étiqueter des images"),
	doRemove:   ops.T("removing images", "de supprimer des images"),
	doDisk:     ops.T("measuring the disk", "de mesurer le disque"),
	doCache:    ops.T("clearing the build cache", "de vider le cache de construction"),
	doCompose:  ops.T("running compose", "de lancer compose"),
	doInfo:     ops.T("asking which engine this is", "de demander quel moteur c’est"),
}

const (
	doList     = "listing the containers"
	doInspect  = "inspecting a container"
	doLogs     = "reading a container's log"
	doStats    = "measuring a container"
	doEvents   = "following Docker's events"
	doStart    = "starting a container"
	doStop     = "stopping a container"
	doRestart  = "restarting a container"
	doImage    = "looking at an image"
	doPull     = "pulling an image"
	doPullable = "asking the registry for an image"
	doTag      = "tagging an image"
	doDiscard  = "removing a container that never started"
	doRemove   = "removing an image"
	doDisk     = "measuring Docker's disk"
	doCache    = "clearing the build cache"
	doInfo     = "asking which engine this is"
)

// refusal is an answer of the engine itself, in its own words where they are not known.
func refusal(c call, err error) *ops.Error {
	words := engineWords(err)
	if e := registryError(c, words, err); e != nil {
		return e
	}
	if strings.Contains(words, "invalid reference format") {
		return ops.Fail(ops.Invalid, ops.T("%s is not the name of an image.", "%s n’est pas un nom d’image.", ops.Name(c.object)), err)
	}
	if say, kind := known(words); !say.IsZero() {
		return ops.Fail(kind, say, err)
	}
	return ops.Fail(ops.Failed, ops.T("Docker refused: %s", "Docker a refusé : %s", words), err)
}

// engineWords is the engine's own message, without what the client put before it.
func engineWords(err error) string {
	s := err.Error()
	if at := strings.LastIndex(s, "Error response from daemon: "); at >= 0 {
		s = s[at+len("Error response from daemon: "):]
	}
	s = strings.TrimSpace(ops.Clean(s))
	if len(s) > 600 {
		s = strings.ToValidUTF8(s[:600], "") + "…"
	}
	return s
}
