package ssh

import (
	"context"
	"errors"
	"net"
	"os"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"vigie/ops"
)

// mostKeys is how many keys are offered in one login: sshd counts each as a try, and ends the login after 6.
const mostKeys = 4

// signers are the keys to offer. What cannot be read is an error before anything is sent.
func (c *Client) signers(ctx context.Context) ([]xssh.Signer, func(), error) {
	var list []xssh.Signer
	for _, file := range c.o.Identity {
		signer, err := c.identity(file)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, signer)
	}
	done := func() {}
	if c.o.Agent != "" {
		wire, err := (&net.Dialer{}).DialContext(ctx, "unix", c.o.Agent)
		if err != nil {
			return nil, nil, ops.Fail(ops.Unavailable, ops.T("The ssh agent at %s does not answer.", "L’agent ssh sur %s ne répond pas.", ops.Name(c.o.Agent)), err)
		}
		done = func() { wire.Close() } // it was only asked
		held, err := agent.NewClient(wire).Signers()
		if err != nil {
			done()
			return nil, nil, ops.Fail(ops.Unavailable, ops.T("The ssh agent at %s tells no keys.", "L’agent ssh sur %s ne donne aucune clé.", ops.Name(c.o.Agent)), err)
		}
		list = append(list, held...)
	}
	if len(list) == 0 {
		done()
		return nil, nil, ops.Fail(ops.Unavailable, ops.T("There is no key for %s: name an %s, or load one into the agent.", "Il n’y a pas de clé pour %s : indique un %s, ou charge-en une dans l’agent.",
			ops.Name(c.o.Name), ops.Name("identity_file")), nil)
	}
	return list[:min(len(list), mostKeys)], done, nil
}

// identity reads one key file. Its errors hold nothing of it.
func (c *Client) identity(file string) (xssh.Signer, error) {
	name := ops.Name(file)
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("The key file %s cannot be read.", "Le fichier de clé %s est illisible.", name), err)
	}
	signer, err := xssh.ParsePrivateKey(pem)
	if errors.As(err, new(*xssh.PassphraseMissingError)) {
		if c.o.Passphrase == nil || c.o.Passphrase.IsZero() {
			return nil, ops.Fail(ops.Unavailable, ops.T("The key file %s needs a passphrase: say where it is with %s.", "Le fichier de clé %s demande une phrase de passe : indique où elle est avec %s.",
				name, ops.Name("passphrase_file")), nil)
		}
		if signer, err = xssh.ParsePrivateKeyWithPassphrase(pem, []byte(c.o.Passphrase.Reveal())); err != nil {
			return nil, ops.Fail(ops.Unavailable, ops.T("The passphrase does not open the key file %s.", "La phrase de passe n’ouvre pas le fichier de clé %s.", name), nil)
		}
	}
	if err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("%s is no private key that I can use.", "%s n’est pas une clé privée utilisable.", name), nil)
	}
	return signer, nil
}
