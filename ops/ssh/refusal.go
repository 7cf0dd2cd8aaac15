package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"vigie/ops"
)

// A refusal is what asking again soon would only make worse: it looks like somebody who tries keys.
type refusal struct{ told *ops.Error }

func (r *refusal) Error() string { return r.told.Error() }
func (r *refusal) Unwrap() error { return r.told }

func refused(say ops.Text, err error) error { return &refusal{ops.Fail(ops.Unavailable, say, err)} }

// explain says why a login did not succeed.
func (c *Client) explain(err error) error {
	name := ops.Name(c.o.Name)
	var key *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		return refused(ops.T("The host key of %s is revoked: I do not connect.", "La clé d’hôte de %s est révoquée : je ne me connecte pas.", name), err)
	case errors.As(err, &key) && len(key.Want) > 0:
		return refused(ops.T("The host key of %s is not the one that is known (%s): it was installed anew, or somebody is in between. I do not connect. If you know why, check the new key on the machine itself, then replace line %d of %s.",
			"La clé d’hôte de %s n’est pas celle qui est connue (%s) : réinstallation, ou quelqu’un s’interpose. Je ne me connecte pas. Si tu sais pourquoi, vérifie la nouvelle clé sur la machine même, puis remplace la ligne %d de %s.",
			name, presented(err), key.Want[0].Line, ops.Name(key.Want[0].Filename)), err)
	case errors.As(err, &key):
		return refused(ops.T("The host key of %s is unknown (%s), so I do not connect. Compare it on the machine with %s, then add it to %s.",
			"La clé d’hôte de %s est inconnue (%s), donc je ne me connecte pas. Compare-la sur la machine avec %s, puis ajoute-la à %s.",
			name, presented(err), ops.Name("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"), ops.Name(c.o.KnownHosts[0])), err)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return refused(ops.T("%s does not accept my key for %s. Put its public half into ~/.ssh/authorized_keys there.",
			"%s n’accepte pas ma clé pour %s. Mets sa moitié publique dans ~/.ssh/authorized_keys là-bas.", name, ops.Name(c.o.User)), err)
	}
	return c.away(err)
}

// presentedKey carries the fingerprint of a key that was not accepted.
type presentedKey struct {
	error
	fingerprint string
}

func (p presentedKey) Unwrap() error { return p.error }

func presented(err error) ops.Name {
	var p presentedKey
	if errors.As(err, &p) {
		return ops.Name(p.fingerprint)
	}
	return "?"
}

// away is for a machine that does not answer, or not like an SSH server.
func (c *Client) away(err error) error {
	return ops.Fail(ops.Unavailable, ops.T("%s cannot be reached over ssh (%s).", "%s est injoignable par ssh (%s).", ops.Name(c.o.Name), cause(err)), err)
}

func cause(err error) ops.Text {
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &lookup):
		return ops.T("no such name", "nom inconnu")
	case errors.Is(err, syscall.ECONNREFUSED):
		return ops.T("nobody listens there", "personne n’écoute là")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ops.T("no answer in time", "pas de réponse à temps")
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return ops.T("it hung up", "elle a raccroché")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return ops.T("no way there", "aucun chemin jusque-là")
	}
	s := ops.Clean(err.Error())
	return ops.Raw(s[:min(len(s), 120)])
}

// hostKeys checks host keys against the files, and names the algorithms of those that are known: a server with several keys
// must show one of them, or a key that nobody wrote down would look like a changed one.
func (c *Client) hostKeys() (xssh.HostKeyCallback, []string, error) {
	check, err := knownhosts.New(c.o.KnownHosts...)
	if err != nil {
		return nil, nil, ops.Fail(ops.Unavailable, ops.T("The file of known host keys for %s cannot be read: %s.", "Le fichier des clés d’hôte connues pour %s est illisible : %s.",
			ops.Name(c.o.Name), ops.Clean(err.Error())), err)
	}
	var algorithms []string
	var known *knownhosts.KeyError
	if err := check(c.o.Addr, &net.TCPAddr{}, noKey{}); errors.As(err, &known) {
		for _, k := range known.Want {
			if kind := k.Key.Type(); kind == xssh.KeyAlgoRSA {
				algorithms = append(algorithms, xssh.KeyAlgoRSASHA512, xssh.KeyAlgoRSASHA256)
			} else {
				algorithms = append(algorithms, kind)
			}
		}
	}
	return func(addr string, remote net.Addr, key xssh.PublicKey) error {
		if err := check(addr, &net.TCPAddr{}, key); err != nil { // by its name alone: an address may pass to another machine
			return presentedKey{fmt.Errorf("checking the host key: %w", err), xssh.FingerprintSHA256(key)}
		}
		return nil
	}, algorithms, nil
}

// noKey is a key that no server has.
type noKey struct{}

func (noKey) Type() string                         { return "none" }
func (noKey) Marshal() []byte                      { return []byte("none") }
func (noKey) Verify([]byte, *xssh.Signature) error { return errors.New("no key") }
