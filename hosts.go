package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"vigie/config"
	"vigie/ops/docker"
	"vigie/ops/ssh"
)

// The reach is how other machines are reached: one connection to each, and what stands here for their Docker.
type reach struct {
	clients map[string]*ssh.Client // by the name of the host, or the address of a jump that is no host
	sockets []*ssh.Socket
}

func (r *reach) Close() error {
	var failed []error
	for _, s := range r.sockets {
		failed = append(failed, s.Close())
	}
	for _, c := range r.clients {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}

// reachHosts prepares the ways to all hosts with ssh; nothing connects yet.
func (b *bot) reachHosts() error {
	b.reach = &reach{clients: map[string]*ssh.Client{}}
	for name, h := range b.cfg.Hosts {
		if h.SSH != "" {
			if _, err := b.client(name, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// client makes the client of a host, and first those on the way to it. The configuration has checked that the way ends.
func (b *bot) client(name string, h config.Host) (*ssh.Client, error) {
	if c := b.reach.clients[name]; c != nil {
		return c, nil
	}
	o := ssh.Options{Name: name, Passphrase: h.Passphrase, Agent: h.Agent, Guard: h.Guard, Docker: strings.TrimPrefix(h.Docker, "unix://"),
		Failed: func(err error) { b.log.Warn().Err(err).Str("host", name).Msg("ssh") }}
	home, err := os.UserHomeDir()
	if err != nil && (h.KnownHosts == "" || h.IdentityFile == "" && h.Agent == "") {
		return nil, fmt.Errorf("hosts.%s: there is no home directory to find keys in: set identity_file and known_hosts: %w", name, err)
	}
	o.KnownHosts = []string{cmp.Or(h.KnownHosts, filepath.Join(home, ".ssh/known_hosts"))}
	if h.IdentityFile != "" || h.Agent == "" {
		o.Identity = []string{cmp.Or(h.IdentityFile, filepath.Join(home, ".ssh/id_ed25519"))}
	}
	if o.User, o.Addr, err = sshAddress(h.SSH); err != nil {
		return nil, fmt.Errorf("hosts.%s: %w", name, err)
	}
	if h.Jump != "" {
		via, listed := b.cfg.Hosts[h.Jump]
		if !listed { // an address: the same keys as for the machine behind it
			via = config.Host{SSH: h.Jump, IdentityFile: h.IdentityFile, Passphrase: h.Passphrase, KnownHosts: h.KnownHosts, Agent: h.Agent}
		}
		if o.Jump, err = b.client(h.Jump, via); err != nil {
			return nil, err
		}
	}
	c, err := ssh.New(o)
	if err != nil {
		return nil, fmt.Errorf("hosts.%s: %w", name, err)
	}
	b.reach.clients[name] = c
	return c, nil
}

// sshAddress takes user@host:port apart; the user is ours and the port 22 where they are left out.
func sshAddress(s string) (name, addr string, err error) {
	name, host, named := strings.Cut(s, "@")
	if !named {
		u, err := user.Current()
		if err != nil {
			return "", "", fmt.Errorf("who am I? write ssh = \"user@%s\": %w", s, err)
		}
		name, host = u.Username, s
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return name, host, nil
	}
	return name, net.JoinHostPort(strings.Trim(host, "[]"), "22"), nil
}

// openEngine prepares the engine of the stack's host, and says at which address compose finds it.
func (b *bot) openEngine(host config.Host) (*docker.Engine, string, error) {
	if host.SSH == "" {
		engine, err := docker.Dial(host.Docker)
		return engine, host.Docker, err
	}
	c := b.reach.clients[b.cfg.Stack.Host]
	engine, err := docker.DialThrough(c.Name(), c.DialDocker)
	if err != nil {
		return nil, "", err
	}
	socket, err := c.Listen("")
	if err != nil {
		return nil, "", err
	}
	b.reach.sockets = append(b.reach.sockets, socket)
	return engine, socket.Address(), nil
}

// DockerVersion is the engine's own word for what it is.
func (d diskOf) DockerVersion(ctx context.Context) (string, error) {
	info, err := d.engine.Info(ctx)
	return info.Version, err
}
