package ssh

import (
	"context"
	"strings"

	"vigie/ops"
)

// largestAnswer bounds what is read of one answer, in bytes. A machine with 128 cores and 300 mounts tells about 150 kB of itself.
const largestAnswer = 1 << 20

// refusedByGuard is [vigie/guard.ExitRefused]: the other end is another program, perhaps of another version.
const refusedByGuard = 77

// Kernel is what the kernel says of the machine, as [KernelArgv] prints it.
func (c *Client) Kernel(ctx context.Context) (string, error) { return c.look(ctx, KernelArgv, true) }

// Disks is what df says of the file systems mounted there; with inodes, of their inodes.
func (c *Client) Disks(ctx context.Context, inodes bool, mounts []string) (string, error) {
	return c.look(ctx, DiskArgv(inodes, mounts), true) // df ends with 1 when one of them is gone meanwhile
}

// Unit is what systemd says of a unit: lines of NAME=VALUE.
func (c *Client) Unit(ctx context.Context, unit string) (string, error) {
	return c.look(ctx, UnitStatusArgv(unit), false)
}

// RestartUnit has systemd restart a unit.
func (c *Client) RestartUnit(ctx context.Context, unit string) error {
	r, err := c.Run(ctx, UnitRestartArgv(unit), largestAnswer)
	if err != nil {
		return err
	}
	return c.verdict(r, false)
}

// Command runs an argument list there, and gives what it said and the code that it ended with. Errors: those of [Client.Run], and Denied if
// the guard refuses.
func (c *Client) Command(ctx context.Context, argv []string) (out, errs string, code int, err error) {
	r, err := c.Run(ctx, argv, largestAnswer)
	if err == nil && r.Exit == refusedByGuard && c.o.Guard {
		err = c.verdict(r, false)
	}
	return string(r.Out), string(r.Err), r.Exit, err
}

// look runs what changes nothing: when nobody knows how it ended, it simply was not read.
func (c *Client) look(ctx context.Context, argv []string, partly bool) (string, error) {
	r, err := c.Run(ctx, argv, largestAnswer)
	if ops.KindOf(err) == ops.Unknown {
		return "", c.away(err)
	}
	if err == nil {
		err = c.verdict(r, partly)
	}
	return string(r.Out), err
}

// verdict makes an error of a program that did not do its work. partly says that some of an answer will do.
func (c *Client) verdict(r Result, partly bool) error {
	said := ops.Clean(strings.TrimSpace(string(r.Err)))
	said = said[:min(len(said), 200)]
	switch {
	case r.Cut:
		return ops.Fail(ops.Failed, ops.T("%s says far too much.", "%s en dit beaucoup trop.", ops.Name(c.o.Name)), nil)
	case r.Exit == 0 || partly && r.Exit <= 2 && len(r.Out) > 0:
		return nil
	case r.Exit == refusedByGuard && c.o.Guard:
		return ops.Fail(ops.Denied, ops.T("The guard of %s does not allow this. Its own file says what it lets through.", "Le garde de %s ne permet pas cela. Son propre fichier dit ce qu’il laisse passer.",
			ops.Name(c.o.Name)), nil)
	}
	return ops.Fail(ops.Failed, ops.T("%s answers with code %d: %s", "%s répond avec le code %d : %s", ops.Name(c.o.Name), r.Exit, said), nil)
}
